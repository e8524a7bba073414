-- What identity cards say beside number and name, sealed under the key of their person's identity;
-- null where nobody said anything.
alter table person add column card bytea;
