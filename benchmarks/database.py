"""What bare PostgreSQL does with the same rows: COPY, one INSERT at a time, and large values.

Every statement commits for itself with the durability settings of the gateway's own connections.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import asyncpg
import uvloop
from gateway.storage.columns import PASSAGE_COLUMNS

from benchmarks.load.frames import PICTURE
from benchmarks.stats import percentile

BATCH = 500
WRITERS = 8
BLOB_BATCH = 16
_ID = PASSAGE_COLUMNS.index("id")
_BEYOND = 1 << 40
"""Added to the number of a copied row, so that it is never a number of the gateway's."""

Rows = list[tuple[object, ...]]
Answer = TypeVar("Answer")


class Bare:
    """Measures on the database at ``dsn``."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._shift = 0

    def latest(self, count: int) -> Rows:
        """Return the passages stored last, under fresh numbers."""
        self._shift += _BEYOND
        shift = self._shift

        async def fetch(connection: asyncpg.Connection) -> Rows:
            found = await connection.fetch(
                f"select {', '.join(PASSAGE_COLUMNS)} from passage"
                f" where id < {_BEYOND} order by id desc limit {count}"
            )
            return [(row[_ID] + shift, *tuple(row)[1:]) for row in found]

        return self._run(fetch)

    def copy(self, rows: Rows) -> float:
        """Return the rows per second that COPY brings into the same table, 500 a commit."""

        async def work(connection: asyncpg.Connection) -> float:
            began = time.perf_counter()
            for at in range(0, len(rows), BATCH):
                await connection.copy_records_to_table(
                    "passage", records=rows[at : at + BATCH], columns=PASSAGE_COLUMNS
                )
            return len(rows) / (time.perf_counter() - began)

        return self._run(work)

    def single_inserts(self, rows: Rows) -> float:
        """Return the 99th percentile in seconds of one INSERT a row over 8 connections."""
        places = ", ".join(f"${at + 1}" for at in range(len(PASSAGE_COLUMNS)))
        insert = f"insert into passage ({', '.join(PASSAGE_COLUMNS)}) values ({places})"
        late: list[float] = []

        async def writer(mine: Rows) -> None:
            connection = await asyncpg.connect(self._dsn)
            try:
                statement = await connection.prepare(insert)
                for row in mine:
                    began = time.perf_counter()
                    await statement.fetch(*row)
                    late.append(time.perf_counter() - began)
            finally:
                await connection.close()

        async def work(connection: asyncpg.Connection) -> float:
            del connection
            await asyncio.gather(*(writer(rows[at::WRITERS]) for at in range(WRITERS)))
            return percentile(late, 0.99)

        return self._run(work)

    def blobs(self, count: int) -> float:
        """Return how many values of 50 KB per second an INSERT of 16 makes durable."""
        data = [os.urandom(PICTURE) for _ in range(BLOB_BATCH)]

        async def work(connection: asyncpg.Connection) -> float:
            await connection.execute(
                "create table if not exists bench_blob (id bigserial primary key, data bytea);"
                "alter table bench_blob alter data set storage external"
            )
            statement = await connection.prepare(
                "insert into bench_blob (data) select unnest($1::bytea[])"
            )
            began = time.perf_counter()
            for _ in range(count // BLOB_BATCH):
                await statement.fetch(data)
            return count // BLOB_BATCH * BLOB_BATCH / (time.perf_counter() - began)

        return self._run(work)

    def rows_in(self, table: str) -> int:
        """Count the rows of a table."""

        async def ask(connection: asyncpg.Connection) -> int:
            found: int = await connection.fetchval(f"select count(*) from {table}")
            return found

        return self._run(ask)

    def _run(self, work: Callable[[asyncpg.Connection], Awaitable[Answer]]) -> Answer:
        async def main() -> Answer:
            connection = await asyncpg.connect(self._dsn)
            try:
                return await work(connection)
            finally:
                await connection.close()

        return uvloop.run(main())
