"""Monthly partitions: made ahead, made on demand, and never dropped by the gateway.

There is no default partition: one would have to be searched, locked, before each new month could
be attached, and rows in it would block the month they belong to.
"""

from __future__ import annotations

from collections.abc import Iterable

from gateway.storage.months import month_of, next_month, start_ms
from gateway.storage.pool import SLOW_LIMIT_S, Connection, Database

TABLES = ("passage", "fault_report", "picture", "raw_batch")
LOCK = 0x6761_7465
"""Advisory lock of everything that changes the schema."""


class Partitions:
    """Knows which months exist, and makes those that are missing."""

    def __init__(self, database: Database, *, ahead: int = 2) -> None:
        self._database = database
        self._ahead = ahead
        """Months made beyond the present one, so that a new month never begins with a lock."""
        self._known: set[int] = set()
        self._sure = range(0)
        """Milliseconds of the month last asked for: the everyday answer without a calendar."""

    async def ensure(self, received_ms: Iterable[int]) -> None:
        """Make sure rows received at these instants have a place."""
        wanted = {month_of(ms) for ms in received_ms if ms not in self._sure}
        missing = wanted - self._known
        if missing:
            async with self._database.transaction(SLOW_LIMIT_S) as connection:
                await make_months(connection, missing)
            self._known |= missing
        if len(wanted) == 1:
            (month,) = wanted
            self._sure = range(start_ms(month), start_ms(next_month(month)))

    async def make_ahead(self, now_ms: int) -> None:
        """Make the present month and the next ones; to be called daily or more often."""
        month = month_of(now_ms)
        starts = []
        for _ in range(self._ahead + 1):
            starts.append(start_ms(month))
            month = next_month(month)
        await self.ensure(starts)

    def forget(self) -> None:
        """Doubt everything: somebody else changed the partitions."""
        self._known.clear()
        self._sure = range(0)


async def make_months(connection: Connection, months: Iterable[int]) -> None:
    """Make all tables' partitions for ``months`` inside the caller's transaction."""
    await connection.execute("select pg_advisory_xact_lock($1)", LOCK)
    for month in sorted(months):
        first, end = start_ms(month), start_ms(next_month(month))
        for table in TABLES:
            name = f"{table}_{month}"
            await connection.execute(
                f"create table if not exists {name} partition of {table}"
                f" for values from ({first}) to ({end})"
            )
