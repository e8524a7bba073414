"""Monthly partitions: made ahead, made on demand, and never dropped by the gateway.

There is no default partition: one would have to be searched, locked, before each new month could
be attached, and rows in it would block the month they belong to.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TypeVar

from gateway.storage.failures import lacks_partition
from gateway.storage.months import month_of, next_month, start_ms
from gateway.storage.pool import SLOW_LIMIT_S, Connection, Database, Turn

TABLES = ("passage", "fault_report", "picture", "raw_batch", "decision")
LOCK = 0x6761_7465
"""Advisory lock of everything that changes the schema."""
ATTACHED = """
select i.inhrelid is not null as attached from pg_class c
left join pg_inherits i on i.inhrelid = c.oid where c.oid = to_regclass($1)
"""


T = TypeVar("T")


class Partitions:
    """Knows which months exist, and makes those that are missing."""

    def __init__(self, database: Database, *, ahead: int = 2) -> None:
        self._database = database
        self._ahead = ahead
        """Months made beyond the present one, so that a new month never begins with a lock."""
        self._making = asyncio.Lock()
        """Callers that miss the same month make it once."""
        self._known: set[int] = set()
        self._sure = range(0)
        """Milliseconds of the month last asked for: the everyday answer without a calendar."""

    async def ensure(self, received_ms: Iterable[int], *, turn: Turn = Turn.RECORDS) -> None:
        """Make sure rows received at these instants have a place."""
        wanted = {month_of(ms) for ms in received_ms if ms not in self._sure}
        if wanted - self._known:
            async with self._making:
                await self._make(wanted - self._known, turn)
        if len(wanted) == 1:
            (month,) = wanted
            self._sure = range(start_ms(month), start_ms(next_month(month)))

    async def placed(self, received_ms: Sequence[int], write: Callable[[], Awaitable[T]]) -> T:
        """Write rows received at these instants; for a partition that is gone they try twice."""
        await self.ensure(received_ms)
        try:
            return await write()
        except Exception as error:
            if not lacks_partition(error):
                raise
        self.forget()  # somebody detached one behind our back
        await self.ensure(received_ms)
        return await write()

    async def make_ahead(self, now_ms: int) -> None:
        """Make the present month and the next ones; to be called daily or more often."""
        month = month_of(now_ms)
        starts = []
        for _ in range(self._ahead + 1):
            starts.append(start_ms(month))
            month = next_month(month)
        await self.ensure(starts, turn=Turn.SLOW)

    async def _make(self, missing: set[int], turn: Turn) -> None:
        if missing:
            async with self._database.transaction(SLOW_LIMIT_S, turn=turn) as connection:
                await make_months(connection, missing)
            self._known |= missing

    def forget(self) -> None:
        """Doubt everything: somebody else changed the partitions."""
        self._known.clear()
        self._sure = range(0)


async def make_months(connection: Connection, months: Iterable[int]) -> None:
    """Make all tables' partitions for ``months`` inside the caller's transaction."""
    await connection.execute("select pg_advisory_xact_lock($1)", LOCK)
    for month in sorted(months):
        for table in TABLES:
            await _make_partition(connection, table, month)


async def _make_partition(connection: Connection, table: str, month: int) -> None:
    """Make a table and attach it, which locks nobody out.

    ``create table … partition of`` would wait for every reader of the whole table, a backup that
    runs for an hour included, and every record would wait behind it. One that is there but detached
    is attached again, with the rows it has.
    """
    name = f"{table}_{month}"
    attached = await connection.fetchval(ATTACHED, name)
    if attached is None:
        await connection.execute(f"create table {name} (like {table} including all)")
    if not attached:
        first, end = start_ms(month), start_ms(next_month(month))
        await connection.execute(
            f"alter table {table} attach partition {name} for values from ({first}) to ({end})"
        )
