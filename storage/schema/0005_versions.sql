-- What a corrected codec reads in the stored bytes of a passage. The passage itself is never edited:
-- version 1 is its row, later versions stand here, and the highest one counts.

create table passage_version (
    passage bigint not null,
    version integer not null check (version > 1),
    decoded_ms bigint not null,
    adapter text not null,
    device_ms bigint not null,
    corrected_ms bigint not null,
    claim text,
    score real,
    liveness real,
    temperature_c real,
    means integer not null,
    direction smallint not null,
    decision smallint not null,
    verified_by smallint not null,
    door integer,
    helmet boolean,
    clock_synchronised boolean,
    primary key (passage, version)
);
