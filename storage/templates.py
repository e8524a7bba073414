"""Templates at rest: who may have one, how rows are sealed, and how whole galleries are opened."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

import asyncpg
from gateway.storage.crypto import Place, Sealer
from gateway.storage.keyring import Keyring
from gateway.storage.person_keys import BIOMETRIC, person_sealers, unwrapped
from gateway.storage.pool import Connection

from gateway.domain.enrolments import Enrolled
from gateway.domain.ids import PersonId, ProjectId
from gateway.domain.matching import ProtectedTemplate, Reference, Trait

MAY_HAVE = """
select p.id from person p where p.id = any($1::bigint[])
and exists (
    select from consent c where c.person = p.id and c.subject = 'bio_network'
    and c.given_ms <= $3 and (c.withdrawn_ms is null or c.withdrawn_ms > $3)
)
and exists (
    select from engagement e where e.person = p.id and e.project = $2
    and (e.to_ms is null or e.to_ms > $3)
)
"""
REPLACED = """
delete from template t
using unnest($2::bigint[], $3::text[], $4::integer[], $5::text[])
    as n (person, trait, algorithm, source)
where t.project = $1 and t.person = n.person and t.trait = n.trait
and t.algorithm = n.algorithm and t.source = n.source
"""
NUMBERS = "select nextval('template_number') as id from generate_series(1, $1)"
COLUMNS = (
    *("id", "project", "person", "reference", "trait", "algorithm", "source", "quality"),
    *("enrolled_ms", "key", "sealed"),
)
MEMBERS = """
select t.id, t.person, t.reference, t.trait, t.algorithm, t.source, t.quality, t.sealed,
    t.key, k.wrapped
from template t join person_key k on k.id = t.key where t.project = $1
"""
OTHERS = f"{MEMBERS} and t.person = any($2::bigint[])"
_TRAITS = {trait.value: trait for trait in Trait}


async def who_may_have(
    connection: Connection, project: ProjectId, people: Sequence[PersonId], now_ms: int
) -> set[PersonId]:
    """Return those who agreed and are engaged now or later: nobody else has a template."""
    rows = await connection.fetch(MAY_HAVE, people, project, now_ms)
    return {PersonId(row["id"]) for row in rows}


async def write_templates(
    connection: Connection,
    keyring: Keyring,
    project: ProjectId,
    entries: Sequence[Enrolled],
    now_ms: int,
) -> None:
    """Seal and store templates of people whose rows the caller holds locked."""
    people = list(dict.fromkeys(one.person for one in entries))
    sealers = await person_sealers(connection, keyring, BIOMETRIC, people)
    numbers = [row["id"] for row in await connection.fetch(NUMBERS, len(entries))]

    def sealed() -> list[tuple[object, ...]]:
        return [
            _row(number, project, one, sealers[one.person], now_ms)
            for number, one in zip(numbers, entries, strict=True)
        ]

    rows = await asyncio.to_thread(sealed)  # a whole gallery takes a second
    await connection.copy_records_to_table("template", records=rows, columns=COLUMNS)


async def delete_replaced(
    connection: Connection, project: ProjectId, entries: Sequence[Enrolled]
) -> None:
    """Destroy what the same source gave before, of the same trait and algorithm."""
    await connection.execute(
        REPLACED,
        project,
        [one.person for one in entries],
        [one.template.trait.value for one in entries],
        [one.template.algorithm for one in entries],
        [one.source for one in entries],
    )


class Shelf(NamedTuple):
    """A table of templates, and the class of the keys that seal them."""

    table: str
    class_: str

    def place(self, number: int) -> Place:
        """Where a template lies."""
        return Place(table=self.table, row=number, column="sealed")


PROJECTS = Shelf("template", BIOMETRIC)


def opened(
    keyring: Keyring, rows: Sequence[asyncpg.Record], shelf: Shelf = PROJECTS
) -> list[Enrolled]:
    """Open rows such as those of `MEMBERS`; raises GatepostError ``key.mismatch`` for a damaged
    one.
    """
    sealers: dict[int, Sealer] = {}
    return [_opened(keyring, row, sealers, shelf) for row in rows]


def _opened(
    keyring: Keyring, row: asyncpg.Record, sealers: dict[int, Sealer], shelf: Shelf
) -> Enrolled:
    id_, person, reference, trait, algorithm, source, quality, sealed, key, wrapped = row.values()
    sealer = sealers.get(key)
    if sealer is None:
        sealer = sealers[key] = unwrapped(keyring, shelf.class_, person, key, wrapped)
    return Enrolled(
        person=PersonId(person),
        reference=Reference(reference),
        template=ProtectedTemplate(
            trait=_TRAITS[trait], algorithm=algorithm, data=sealer.open(shelf.place(id_), sealed)
        ),
        quality=tuple(quality),
        source=source,
    )


def _row(
    number: int, project: ProjectId, one: Enrolled, sealer: Sealer, now_ms: int
) -> tuple[object, ...]:
    sealed = sealer.seal(PROJECTS.place(number), one.template.data)
    return (
        number, project, one.person, one.reference, one.template.trait.value,
        one.template.algorithm, one.source, list(one.quality), now_ms, sealer.name, sealed,
    )  # fmt: skip
