-- Where terminals that are servers are reached, and as whom. Passwords are sealed like device keys.
create table device_access (
    device integer primary key references device,
    host text not null check (host <> ''),
    port integer not null check (port between 1 and 65535),
    secure boolean not null,
    account text not null check (account <> ''),
    password bytea not null,
    password_key integer not null references data_key,
    -- SHA-256 of the certificate a secure one shows.
    fingerprint bytea check (length(fingerprint) = 32),
    check (secure = (fingerprint is not null))
);
