-- What identity cards say beside number and name, sealed under the key of their person's identity;
-- null where nobody said anything.
alter table person add column card bytea;

-- What terminals captured of people, until somebody approved or rejected it (R-092). The templates are
-- sealed under the key of their person's biometrics; they are gone once that is decided, when consent
-- is withdrawn, the person leaves or the project keeps no templates, and as soon as photos are.
create sequence local_enrolment_number as bigint;

create table local_enrolment (
    id bigint primary key,
    person bigint not null references person,
    project integer not null references project,
    device integer not null references device,
    received_ms bigint not null,
    -- Who gave the order to capture; empty where nobody did.
    ordered_by text not null,
    faces smallint not null,
    irises smallint not null,
    state text not null default 'waiting'
        check (state in ('waiting', 'approved', 'rejected', 'destroyed')),
    decided_ms bigint,
    decided_by text not null default '',
    key bigint references person_key,
    sealed bytea,
    check ((state = 'waiting') = (sealed is not null)),
    check ((key is null) = (sealed is null))
);
alter table local_enrolment alter column sealed set storage external;
create index local_enrolment_by_key on local_enrolment (key);
create index local_enrolment_waiting on local_enrolment (person, project) where state = 'waiting';
