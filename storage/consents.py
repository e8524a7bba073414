"""The consent ledger inside a transaction, and what its withdrawal takes along."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import asyncpg
from gateway.storage.city_templates import erase_from_city
from gateway.storage.person_keys import BIOMETRIC
from gateway.storage.pool import Connection

from gateway.domain.ids import PersonId
from gateway.domain.workers import Consent, Subject

INSERT = """
insert into consent (person, subject, given_ms, text_version, text_digest, how, taken_by,
    withdrawn_ms)
values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict (person, subject, given_ms, text_version, text_digest) do nothing
"""
WITHDRAW = """
update consent set withdrawn_ms = greatest($3, given_ms)
where person = $1 and subject = $2 and withdrawn_ms is null
"""
IN_FORCE = """
select distinct person, subject from consent
where person = any($1::bigint[]) and given_ms <= $2 and (withdrawn_ms is null or withdrawn_ms > $2)
"""
FORGET_CAPTURED = """
update local_enrolment set state = 'destroyed', key = null, sealed = null
where state = 'waiting' and
"""
"""What a terminal captured and nobody decided on goes with other things; a condition follows."""
LEDGER = "select * from consent where person = any($1::bigint[]) order by given_ms, id"


async def write_consent(connection: Connection, consent: Consent) -> bool:
    """Add an entry; the same one twice is one. Returns whether it is new."""
    done = await connection.execute(
        INSERT, consent.person, consent.subject.value, consent.given_ms, consent.text_version,
        consent.text_digest, consent.how, consent.taken_by, consent.withdrawn_ms,
    )  # fmt: skip
    return done == "INSERT 0 1"


async def write_withdrawal(
    connection: Connection, person: PersonId, subject: Subject, at_ms: int
) -> str:
    """Mark the entries in force; of BIO_NETWORK and CITY_GALLERY, destroy all that rested on it.

    Returns what was destroyed, in words for the audit trail.
    """
    await connection.execute(WITHDRAW, person, subject.value, at_ms)
    if subject is Subject.CITY_GALLERY:
        return f", {await erase_from_city(connection, person)} templates of the city destroyed"
    if subject is not Subject.BIO_NETWORK:
        return ""
    return await destroy_biometrics(connection, person)


async def destroy_biometrics(connection: Connection, person: PersonId) -> str:
    """Destroy a person's templates and photos in all projects and in the city-wide gallery, and
    the keys that sealed them.
    """
    city = await erase_from_city(connection, person)
    templates = await connection.execute("delete from template where person = $1", person)
    photos = await connection.execute("delete from enrolment_photo where person = $1", person)
    await connection.execute(f"{FORGET_CAPTURED} person = $1", person)
    await connection.execute(
        "delete from person_key where person = $1 and class = $2", person, BIOMETRIC
    )
    count = int(templates.split()[-1]) + city
    return f", {count} templates and {photos.split()[-1]} photos destroyed"


async def in_force(
    connection: Connection, people: Iterable[PersonId], at_ms: int
) -> dict[PersonId, frozenset[Subject]]:
    """Return what each of these people agreed to at a moment; empty for who agreed to nothing."""
    agreed: dict[PersonId, set[Subject]] = defaultdict(set)
    wanted = list(people)
    for row in await connection.fetch(IN_FORCE, wanted, at_ms):
        agreed[PersonId(row["person"])].add(Subject(row["subject"]))
    return {person: frozenset(agreed[person]) for person in wanted}


async def read_ledger(
    connection: Connection, people: Iterable[PersonId]
) -> dict[PersonId, list[Consent]]:
    """Return every entry of these people, withdrawn ones too, oldest first."""
    found: dict[PersonId, list[Consent]] = defaultdict(list)
    for row in await connection.fetch(LEDGER, list(people)):
        found[PersonId(row["person"])].append(_consent(row))
    return found


def _consent(row: asyncpg.Record) -> Consent:
    return Consent(
        person=PersonId(row["person"]),
        subject=Subject(row["subject"]),
        given_ms=row["given_ms"],
        text_version=row["text_version"],
        text_digest=row["text_digest"],
        how=row["how"],
        taken_by=row["taken_by"],
        withdrawn_ms=row["withdrawn_ms"],
    )
