"""Streams many rows as of one moment, without holding them all and without a clock on the reader.

A connection is lent for a limited time, and whoever builds an index between two batches may take
longer. So a task of its own reads ahead by a batch or two, and every answer of the database has its
limit, however slow the reader is.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence

import asyncpg
from gateway.storage.pool import SLOW_LIMIT_S, Database, Turn

AHEAD = 2
"""Batches that wait for the reader."""
WHOLE_LIMIT_S = 3_600.0
"""Longest stream, seconds; a reader that hangs must not hold its connection for ever."""

Batch = Sequence[asyncpg.Record]


async def rows_of(
    database: Database, query: str, *args: object, batch: int
) -> AsyncGenerator[Batch, None]:
    """Yield the rows of a query in batches; raises StoreUnavailable.

    Whoever leaves early closes it. There is one stream at a time: another one waits for its end, so
    nobody may begin a second one inside a first.
    """
    ready: asyncio.Queue[Batch | None] = asyncio.Queue(AHEAD)
    reading = asyncio.create_task(_read(database, query, args, batch, ready), name="stream of rows")
    try:
        while True:
            rows = await _next(ready, reading)
            if rows is None:
                break
            yield rows
        await reading
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)


async def _next(ready: asyncio.Queue[Batch | None], reading: asyncio.Task[None]) -> Batch | None:
    """Return the next batch, or raise what ended the reading."""
    getting = asyncio.ensure_future(ready.get())
    try:
        await asyncio.wait({getting, reading}, return_when=asyncio.FIRST_COMPLETED)
        if not getting.done():
            reading.result()  # raises: a reading that ended well has put None
        return await getting
    finally:
        getting.cancel()


async def _read(
    database: Database,
    query: str,
    args: tuple[object, ...],
    batch: int,
    ready: asyncio.Queue[Batch | None],
) -> None:
    async with database.transaction(WHOLE_LIMIT_S, turn=Turn.STREAM) as connection:
        await connection.execute("set transaction isolation level repeatable read read only")
        await connection.execute("set local idle_in_transaction_session_timeout = 0")
        cursor = await connection.cursor(query, *args, timeout=SLOW_LIMIT_S)
        while rows := await cursor.fetch(batch, timeout=SLOW_LIMIT_S):
            await ready.put(rows)
    await ready.put(None)
