"""Templates of the city-wide gallery at rest, inside a transaction: who may have one, what goes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from gateway.storage.keyring import Keyring
from gateway.storage.person_keys import CITY, person_sealers
from gateway.storage.pool import Connection
from gateway.storage.templates import Shelf, opened

from gateway.domain.enrolments import Enrolled
from gateway.domain.ids import PersonId

CITY_SHELF = Shelf("city_template", CITY)
# Both consents, and work on a project that keeps templates, now or later.
MAY_HAVE = """
select p.id from person p where p.id = any($1::bigint[])
and (
    select count(distinct c.subject) from consent c where c.person = p.id
    and c.subject in ('bio_network', 'city_gallery')
    and c.given_ms <= $2 and (c.withdrawn_ms is null or c.withdrawn_ms > $2)
) = 2
and exists (
    select from engagement e join project j on j.id = e.project where e.person = p.id
    and j.verification_mode <> 'device_only' and (e.to_ms is null or e.to_ms > $2)
)
"""
REPLACED = """
delete from city_template t
using unnest($1::bigint[], $2::text[], $3::integer[], $4::text[])
    as n (person, trait, algorithm, source)
where t.person = n.person and t.trait = n.trait and t.algorithm = n.algorithm
and t.source = n.source
"""
MEMBERS = """
select t.id, t.person, t.reference, t.trait, t.algorithm, t.source, t.quality, t.sealed,
    t.key, k.wrapped
from city_template t join person_key k on k.id = t.key
"""
OF_PEOPLE = f"{MEMBERS} where t.person = any($1::bigint[])"
NUMBERS = "select nextval('city_template_number') as id from generate_series(1, $1)"
COLUMNS = (
    *("id", "person", "reference", "trait", "algorithm", "source", "quality"),
    *("enrolled_ms", "key", "sealed"),
)
LAPSED = """
delete from city_template t where ($2::bigint is null or t.person = $2) and not exists (
    select from engagement e join project j on j.id = e.project where e.person = t.person
    and j.verification_mode <> 'device_only' and (e.to_ms is null or e.to_ms > $1)
) returning t.person
"""
# Of people of such a project who work on no other that keeps templates, now or later.
FORBIDDEN = """
delete from city_template t where exists (
    select from engagement e join project j on j.id = e.project where e.person = t.person
    and j.code = any($1::text[]) and j.verification_mode = 'device_only'
) and not exists (
    select from engagement e join project j on j.id = e.project where e.person = t.person
    and j.verification_mode <> 'device_only' and (e.to_ms is null or e.to_ms > $2)
) returning t.person
"""
# A likeness is of templates that are there.
CASES_LEFT = """
delete from city_double d where not (
    exists (select from city_template t where t.person = d.person)
    and exists (select from city_template t where t.person = d.other)
)
"""


async def may_have_city(
    connection: Connection, people: Sequence[PersonId], now_ms: int
) -> set[PersonId]:
    """Return those who agreed to this gallery and work where templates are kept."""
    return {PersonId(row["id"]) for row in await connection.fetch(MAY_HAVE, people, now_ms)}


async def city_templates_of(
    connection: Connection, keyring: Keyring, people: Sequence[PersonId]
) -> list[Enrolled]:
    """Return every template of these people."""
    rows = await connection.fetch(OF_PEOPLE, people)
    return await asyncio.to_thread(opened, keyring, rows, CITY_SHELF)


async def delete_replaced_in_city(connection: Connection, entries: Sequence[Enrolled]) -> None:
    """Destroy what the same source gave before, of the same trait and algorithm."""
    await connection.execute(
        REPLACED,
        [one.person for one in entries],
        [one.template.trait.value for one in entries],
        [one.template.algorithm for one in entries],
        [one.source for one in entries],
    )


async def write_city_templates(
    connection: Connection, keyring: Keyring, entries: Sequence[Enrolled], now_ms: int
) -> None:
    """Seal and store templates of people whose rows the caller holds locked."""
    people = list(dict.fromkeys(one.person for one in entries))
    sealers = await person_sealers(connection, keyring, CITY, people)
    numbers = [row["id"] for row in await connection.fetch(NUMBERS, len(entries))]

    def sealed() -> list[tuple[object, ...]]:
        rows: list[tuple[object, ...]] = []
        for number, one in zip(numbers, entries, strict=True):
            sealer, template = sealers[one.person], one.template
            data = sealer.seal(CITY_SHELF.place(number), template.data)
            head = (number, one.person, one.reference, template.trait.value, template.algorithm)
            rows.append((*head, one.source, list(one.quality), now_ms, sealer.name, data))
        return rows

    rows = await asyncio.to_thread(sealed)  # a whole city takes seconds
    await connection.copy_records_to_table("city_template", records=rows, columns=COLUMNS)


async def erase_from_city(connection: Connection, person: PersonId) -> int:
    """Destroy everything of a person here, and the key that sealed it; return how many templates.

    The caller holds the person's row locked.
    """
    done = await connection.execute("delete from city_template where person = $1", person)
    await connection.execute("delete from city_double where $1 in (person, other)", person)
    await connection.execute(
        "delete from person_key where person = $1 and class = $2", person, CITY
    )
    return int(done.split()[-1])


async def erase_city_lapsed(
    connection: Connection, ended_ms: int, person: PersonId | None = None
) -> list[PersonId]:
    """Destroy templates of people whose last engagement where templates are kept ended by then.

    Of everybody, or of ``person``; returns whose each one was.
    """
    return await _erased(connection, LAPSED, ended_ms, person)


async def erase_city_forbidden(
    connection: Connection, codes: Sequence[str], now_ms: int
) -> list[PersonId]:
    """Destroy templates of people of those of these projects that are device_only, unless they work
    elsewhere where templates are kept; returns whose each one was.
    """
    return await _erased(connection, FORBIDDEN, codes, now_ms)


async def _erased(connection: Connection, statement: str, *values: object) -> list[PersonId]:
    rows = await connection.fetch(statement, *values)
    if rows:
        await connection.execute(CASES_LEFT)
    return [PersonId(row["person"]) for row in rows]
