"""Reads people for operators; numbers and names are masked before they leave the store."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import asyncpg
from gateway.storage.consents import read_ledger
from gateway.storage.crypto import Sealer
from gateway.storage.keyring import Keyring
from gateway.storage.people import engagement_of, opened_card, opened_identity
from gateway.storage.person_keys import IDENTITY, find_sealers
from gateway.storage.pool import Connection, Database, Turn

from gateway.domain.identity_numbers import masked_name, masked_number
from gateway.domain.ids import PersonId, ProjectId
from gateway.domain.workers import Consent, Engagement

KEPT_IN_LISTS = 4
"""Leading characters of a number that lists show; a single person's page shows six."""
PEOPLE = """
select id, id_type, id_number, name, card from person where id = any($1::bigint[]) order by id
"""
ON_PROJECT = "select distinct person from engagement where project = $1"
ENGAGEMENTS = """
select person, project, from_ms, to_ms from engagement
where person = any($1::bigint[]) order by from_ms
"""
COUNTS = """
select p.id as person,
    (select count(*) from template t where t.person = p.id) as templates,
    array(select source from enrolment_photo f where f.person = p.id order by source) as pictures
from unnest($1::bigint[]) as p (id)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonSummary:
    """What an operator is shown of a person."""

    person: PersonId
    id_type: str
    number: str
    """Masked; empty after the identity was erased, as is the name."""
    name: str
    card: Mapping[str, str]
    """What else the paper says, masked; see `gateway.domain.id_cards.CardDetails.masked`."""
    engagements: Sequence[Engagement]
    consents: Sequence[Consent]
    templates: int
    pictures: Sequence[str]
    """Sources of the enrolment pictures that are kept at present."""


class PeopleReader:
    """Lists and shows people."""

    def __init__(self, database: Database, keyring: Keyring) -> None:
        self._database = database
        self._keyring = keyring

    async def on_project(self, project: ProjectId) -> list[PersonSummary]:
        """Return everybody who ever was engaged on a project."""
        async with self._database.use(turn=Turn.SLOW) as connection:
            rows = await connection.fetch(ON_PROJECT, project)
            people = [PersonId(row["person"]) for row in rows]
            return await self._read(connection, people, KEPT_IN_LISTS)

    async def person(self, person: PersonId) -> PersonSummary | None:
        """Return one person, None where there is none of this number."""
        async with self._database.use() as connection:
            found = await self._read(connection, [person], 6)
        return found[0] if found else None

    async def _read(
        self, connection: Connection, people: list[PersonId], keep: int
    ) -> list[PersonSummary]:
        sealers = await find_sealers(connection, self._keyring, IDENTITY, people)
        engagements = await _engagements(connection, people)
        ledger = await read_ledger(connection, people)
        counts = {row["person"]: row for row in await connection.fetch(COUNTS, people)}
        rows = await connection.fetch(PEOPLE, people)
        masked = await asyncio.to_thread(_masked, rows, sealers, keep)  # there may be thousands
        return [
            PersonSummary(
                person=id_,
                id_type=row["id_type"],
                number=number,
                name=name,
                card=card,
                engagements=engagements[id_],
                consents=ledger[id_],
                templates=counts[id_]["templates"],
                pictures=counts[id_]["pictures"],
            )
            for row, (id_, number, name, card) in zip(rows, masked, strict=True)
        ]


def _masked(
    rows: Sequence[asyncpg.Record], sealers: Mapping[PersonId, Sealer], keep: int
) -> list[tuple[PersonId, str, str, Mapping[str, str]]]:
    found: list[tuple[PersonId, str, str, Mapping[str, str]]] = []
    for row in rows:
        id_ = PersonId(row["id"])
        if id_ in sealers:
            number, name = opened_identity(row, sealers[id_])
            card = opened_card(id_, row["card"], sealers[id_])
            shown = {} if card is None else card.masked()
            found.append((id_, masked_number(number, keep), masked_name(name), shown))
        else:
            found.append((id_, "", "", {}))
    return found


async def _engagements(
    connection: Connection, people: list[PersonId]
) -> dict[PersonId, list[Engagement]]:
    found: dict[PersonId, list[Engagement]] = defaultdict(list)
    for row in await connection.fetch(ENGAGEMENTS, people):
        found[PersonId(row["person"])].append(engagement_of(row))
    return found
