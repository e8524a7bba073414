-- Who did what, one line an event, each chained to the one before by its hash. Rows are only added:
-- a line that was changed or removed breaks the chain at a place that can be named.
create table audit (
    seq bigint primary key,
    at_ms bigint not null,
    actor text not null,
    action text not null,
    subject text not null,
    detail text not null,
    hash bytea not null check (length(hash) = 32)
);
