"""What bare PostgreSQL does with the same rows: COPY, one INSERT at a time, and large values.

Every commit has the durability settings of the gateway's own connections. What is sent is made
before the clock starts.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Sequence
from itertools import count
from typing import NamedTuple, TypeVar

import asyncpg
import uvloop
from gateway.storage.columns import IDENTITY_COLUMNS, PASSAGE_COLUMNS, Kind
from gateway.storage.numbering import identity_of

from benchmarks.load.frames import PICTURE
from benchmarks.stats import percentile

BATCH = 500
WRITERS = 8
BLOB_BATCH = 16
DIGEST, SEALING = 16, 28
"""Bytes of a record's digest, and bytes that sealing adds to a raw batch."""
RAW_COLUMNS = ("id", "received_ms", "key", "data")
_PLACE = {name: at for at, name in enumerate(PASSAGE_COLUMNS)}
_BEYOND = 1 << 40
"""Added to the number of a copied row, so that it is never a number of the gateway's."""
_series = count(0x0F00_0001)

Row = tuple[object, ...]
Rows = list[Row]
Answer = TypeVar("Answer")


class Portion(NamedTuple):
    """Everything that 500 records became, by table."""

    identities: Rows
    raw: Rows
    passages: Rows
    outbox: Rows


class Bare:
    """Measures on the database at ``dsn``."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._shift = 0

    def latest(self, wanted: int) -> Rows:
        """Return the passages stored last, under fresh numbers and in a fresh series."""
        self._shift += _BEYOND
        id_, series = _PLACE["id"], _PLACE["series"]
        fresh = (self._shift, next(_series))

        async def fetch(connection: asyncpg.Connection) -> Rows:
            found = await connection.fetch(
                f"select {', '.join(PASSAGE_COLUMNS)} from passage"
                f" where id < {_BEYOND} order by id desc limit {wanted}"
            )
            rows = [list(row) for row in found]
            for row in rows:
                row[id_] += fresh[0]
                row[series] = fresh[1]
            return [tuple(row) for row in rows]

        return self._run(fetch)

    def copy_everything(self, passages: Rows) -> float:
        """Return the records per second that COPY brings into all tables a record has rows in.

        Identity, passage and outbox row of each, and for 500 of them the raw bytes as one value:
        one transaction.
        """
        portions = [portion(part) for part in _parts(passages)]

        async def work(connection: asyncpg.Connection) -> float:
            copy = connection.copy_records_to_table
            began = time.perf_counter()
            for each in portions:
                async with connection.transaction():
                    await copy("record_identity", records=each.identities, columns=IDENTITY_COLUMNS)
                    await copy("raw_batch", records=each.raw, columns=RAW_COLUMNS)
                    await copy("passage", records=each.passages, columns=PASSAGE_COLUMNS)
                    await copy("outbox", records=each.outbox, columns=("record",))
            return len(passages) / (time.perf_counter() - began)

        return self._run(work)

    def copy_passages(self, passages: Rows) -> float:
        """Return the rows per second that COPY brings into the passage table alone."""

        async def work(connection: asyncpg.Connection) -> float:
            began = time.perf_counter()
            for part in _parts(passages):
                await connection.copy_records_to_table(
                    "passage", records=part, columns=PASSAGE_COLUMNS
                )
            return len(passages) / (time.perf_counter() - began)

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

    def blobs(self, wanted: int) -> float:
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
            for _ in range(wanted // BLOB_BATCH):
                await statement.fetch(data)
            return wanted // BLOB_BATCH * BLOB_BATCH / (time.perf_counter() - began)

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


def portion(passages: Sequence[Row]) -> Portion:
    """Make the rows that come with these passages, as the gateway's transaction has them."""
    identities = sorted(
        (
            _whole(row, "device"),
            identity_of(_whole(row, "series"), _whole(row, "number")),
            os.urandom(DIGEST),
            row[_PLACE["id"]],
            Kind.PASSAGE,
        )
        for row in passages
    )
    size = sum(_whole(row, "raw_length") for row in passages) + SEALING
    first = passages[0]
    return Portion(
        identities=list(identities),
        raw=[(first[_PLACE["id"]], first[_PLACE["received_ms"]], 1, os.urandom(size))],
        passages=list(passages),
        outbox=[(row[_PLACE["id"]],) for row in passages],
    )


def _whole(row: Row, column: str) -> int:
    value = row[_PLACE[column]]
    assert isinstance(value, int)
    return value


def _parts(rows: Rows) -> list[Rows]:
    return [rows[at : at + BATCH] for at in range(0, len(rows), BATCH)]
