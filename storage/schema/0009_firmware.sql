-- What each terminal said last that it runs. Changes are lines of the audit trail.
create table device_firmware (
    device integer primary key references device,
    version text not null,
    -- Its codec has no recording of this version and takes it for the nearest lower one.
    unproven boolean not null,
    -- Names of the deviations that the codec allows for.
    quirks text[] not null,
    since_ms bigint not null
);
