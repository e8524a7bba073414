"""Who a person is, in clear: read for one order that leaves now, and kept nowhere."""

from __future__ import annotations

import asyncio

from gateway.storage.consents import in_force
from gateway.storage.keyring import Keyring
from gateway.storage.people import engagement_of, name_place
from gateway.storage.person_keys import BIOMETRIC, IDENTITY, find_sealers
from gateway.storage.photos import photo_place
from gateway.storage.pool import Connection, Database

from gateway.domain.ids import PersonId, ProjectId
from gateway.domain.workers import Engagement, PersonSheet

NAME = "select name from person where id = $1"
ENGAGED = """
select person, project, from_ms, to_ms from engagement
where person = $1 and project = $2 and from_ms <= $3 and (to_ms is null or to_ms > $3)
"""
PHOTO = "select id, sealed from enrolment_photo where person = $1 and source = 'photo'"


class PersonSheets:
    """`gateway.domain.workers.SheetReader` on PostgreSQL."""

    def __init__(self, database: Database, keyring: Keyring) -> None:
        self._database = database
        self._keyring = keyring

    async def sheet(self, person: PersonId, project: ProjectId, at_ms: int) -> PersonSheet | None:
        """See `SheetReader.sheet`."""
        async with self._database.transaction() as connection:
            # One snapshot: a withdrawal is in all of it or in nothing.
            await connection.execute("set transaction isolation level repeatable read read only")
            name = await self._name(connection, person)
            if name is None:
                return None
            agreed = await in_force(connection, [person], at_ms)
            return PersonSheet(
                name=name,
                engagement=await _engagement(connection, person, project, at_ms),
                agreed=agreed[person],
                photo=await self._photo(connection, person),
            )

    async def _name(self, connection: Connection, person: PersonId) -> str | None:
        sealed = await connection.fetchval(NAME, person)
        sealer = (await find_sealers(connection, self._keyring, IDENTITY, [person])).get(person)
        if sealed is None or sealer is None:
            return None
        return sealer.open(name_place(person), sealed).decode()

    async def _photo(self, connection: Connection, person: PersonId) -> bytes | None:
        row = await connection.fetchrow(PHOTO, person)
        sealer = (await find_sealers(connection, self._keyring, BIOMETRIC, [person])).get(person)
        if row is None or sealer is None:
            return None
        return await asyncio.to_thread(sealer.open, photo_place(row["id"]), row["sealed"])


async def _engagement(
    connection: Connection, person: PersonId, project: ProjectId, at_ms: int
) -> Engagement | None:
    row = await connection.fetchrow(ENGAGED, person, project, at_ms)
    return None if row is None else engagement_of(row)
