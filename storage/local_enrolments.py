"""Captures of terminals at rest: sealed like photos, and gone as soon as somebody decided."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import asyncpg
from gateway.storage.audit import append
from gateway.storage.consents import FORGET_CAPTURED
from gateway.storage.crypto import Place
from gateway.storage.failures import row_refused
from gateway.storage.galleries import enrol_in, lock_permitted
from gateway.storage.keyring import Keyring
from gateway.storage.months import wall_ms
from gateway.storage.person_keys import BIOMETRIC, find_sealers, person_sealers
from gateway.storage.pool import Connection, Database

from gateway.domain.audit import AuditEntry
from gateway.domain.enrolments import Enrolled
from gateway.domain.errors import StoreRefused
from gateway.domain.ids import DeviceId, PersonId, ProjectId
from gateway.domain.local_enrolments import Captured, LocalEnrolment, LocalState

ORDER_DAYS_MS = 86_400_000
"""What was sent more than a day ago has nothing to do with what comes now."""
ORDERED_BY = """
select issued_by from command
where device = $1 and kind = 'enrol' and args ->> 'person' = $2::text and sent_ms > $3
and state in ('sent', 'done', 'unknown') order by id desc limit 1
"""
REPLACED = f"{FORGET_CAPTURED} person = $1 and project = $2 and device = $3"
INSERT = """
insert into local_enrolment
    (id, person, project, device, received_ms, ordered_by, faces, irises, key, sealed)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""
SELECT = """
select id, person, project, device, received_ms, ordered_by, faces, irises, state, decided_by,
    sealed from local_enrolment
"""
SETTLE = """
update local_enrolment set state = $2, decided_ms = $3, decided_by = $4, key = null, sealed = null
where id = $1 and state = 'waiting' returning person, device
"""


class PostgresLocalEnrolments:
    """`gateway.domain.local_enrolments.LocalEnrolmentStore` on PostgreSQL."""

    def __init__(
        self, database: Database, keyring: Keyring, *, wall: Callable[[], int] = wall_ms
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._wall = wall

    async def keep(
        self, person: PersonId, project: ProjectId, device: DeviceId, captured: Captured
    ) -> int:
        """See `LocalEnrolmentStore.keep`."""
        now_ms = self._wall()
        with row_refused():
            async with self._database.transaction() as connection:
                await lock_permitted(connection, project, [person], now_ms)
                sealers = await person_sealers(connection, self._keyring, BIOMETRIC, [person])
                since = now_ms - ORDER_DAYS_MS
                giver = await connection.fetchval(ORDERED_BY, device, str(person), since)
                number: int = await connection.fetchval("select nextval('local_enrolment_number')")
                await connection.execute(REPLACED, person, project, device)
                await connection.execute(
                    INSERT, number, person, project, device, now_ms, giver or "",
                    len(captured.faces), len(captured.irises), sealers[person].name,
                    sealers[person].seal(captured_place(number), captured.to_bytes()),
                )  # fmt: skip
        return number

    async def waiting(self) -> Sequence[LocalEnrolment]:
        """See `LocalEnrolmentStore.waiting`."""
        async with self._database.use() as connection:
            rows = await connection.fetch(f"{SELECT} where state = 'waiting' order by id")
        return [_listed(row) for row in rows]

    async def show(self, number: int) -> tuple[LocalEnrolment, Captured | None] | None:
        """See `LocalEnrolmentStore.show`."""
        async with self._database.use() as connection:
            row = await connection.fetchrow(f"{SELECT} where id = $1", number)
            if row is None:
                return None
            found = _listed(row)
            if row["sealed"] is None:
                return found, None
            keys = await find_sealers(connection, self._keyring, BIOMETRIC, [found.person])
        opened = keys[found.person].open(captured_place(number), row["sealed"])
        return found, Captured.from_bytes(opened)

    async def settle(self, number: int, state: LocalState, *, by: str, reason: str) -> bool:
        """See `LocalEnrolmentStore.settle`."""
        async with self._database.transaction() as connection:
            return await self._settled(connection, number, state, by, reason)

    async def approve(
        self, number: int, project: ProjectId, entries: Sequence[Enrolled], *, by: str, reason: str
    ) -> Sequence[Enrolled]:
        """See `LocalEnrolmentStore.approve`."""
        with row_refused():
            async with self._database.transaction() as connection:
                # People first, as whoever destroys captures does, so that nobody deadlocks.
                held = await enrol_in(connection, self._keyring, project, entries, self._wall())
                state = LocalState.APPROVED
                if not await self._settled(connection, number, state, by, reason):
                    raise StoreRefused("this capture does not wait any more.", place=f"{number}")
        return held

    async def _settled(
        self, connection: Connection, number: int, state: LocalState, by: str, reason: str
    ) -> bool:
        row = await connection.fetchrow(SETTLE, number, state.value, self._wall(), by)
        if row is None:
            return False
        entry = AuditEntry(
            at_ms=self._wall(),
            actor=by,
            action=f"ENROLMENT_{state.name}",
            subject=f"person {row['person']}",
            detail=f"capture {number} of device {row['device']}: {reason}",
        )
        await append(connection, entry)
        return True


def captured_place(number: int) -> Place:
    """Where a capture lies."""
    return Place(table="local_enrolment", row=number, column="sealed")


def _listed(row: asyncpg.Record) -> LocalEnrolment:
    return LocalEnrolment(
        number=row["id"],
        person=PersonId(row["person"]),
        project=ProjectId(row["project"]),
        device=DeviceId(row["device"]),
        received_ms=row["received_ms"],
        ordered_by=row["ordered_by"],
        faces=row["faces"],
        irises=row["irises"],
        state=LocalState(row["state"]),
        decided_by=row["decided_by"],
    )
