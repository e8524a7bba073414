"""Raw bytes of records: sealed once a batch on the way in, read back slice by slice."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import asyncpg
from gateway.storage.columns import Row
from gateway.storage.crypto import Place, Sealer
from gateway.storage.keyring import Keyring
from gateway.storage.pool import Connection, Database

from gateway.domain.ids import PassageId

SLICES = """
select id, received_ms, adapter, raw_batch, raw_offset, raw_length from {table}
where id = any($1::bigint[])
"""
BATCHES = "select id, key, data from raw_batch where id = any($1::bigint[])"


@dataclass(frozen=True, slots=True, kw_only=True)
class RawRecord:
    """A record as it came."""

    received_ms: int
    adapter: str
    raw: bytes = field(repr=False)


async def write_raw(
    connection: Connection, sealer: Sealer, rows: Sequence[Row]
) -> list[tuple[PassageId, int, int]]:
    """Store the rows' raw bytes as one sealed row; return (batch, offset, length) of each.

    The batch is named after its first record, whose number is used only once.
    """
    first = rows[0].record
    pieces = [row.record.report.raw for row in rows]
    slices = []
    offset = 0
    for piece in pieces:
        slices.append((first.id, offset, len(piece)))
        offset += len(piece)
    await connection.execute(
        "insert into raw_batch (id, received_ms, key, data) values ($1, $2, $3, $4)",
        first.id,
        first.received_ms,
        sealer.name,
        sealer.seal(batch_place(first.id), b"".join(pieces)),
    )
    return slices


async def find_raw(
    connection: Connection, keyring: Keyring, records: Collection[int]
) -> dict[int, RawRecord]:
    """Read the raw bytes of stored passages and faults, without those that are gone or never were.

    Each batch is fetched and opened once, however many of its records are wanted.
    """
    slices = []
    for table in ("passage", "fault_report"):
        slices += await connection.fetch(SLICES.format(table=table), records)
    wanted = {row["raw_batch"] for row in slices}
    batches = {}
    for row in await connection.fetch(BATCHES, wanted):
        opener = await keyring.opener(connection, row["key"])
        batches[row["id"]] = opener.open(batch_place(row["id"]), row["data"])
    return {
        row["id"]: _cut(row, batches[row["raw_batch"]])
        for row in slices
        if row["raw_batch"] in batches
    }


def _cut(row: asyncpg.Record, batch: bytes) -> RawRecord:
    start = row["raw_offset"]
    return RawRecord(
        received_ms=row["received_ms"],
        adapter=row["adapter"],
        raw=batch[start : start + row["raw_length"]],
    )


class RawReader:
    """Reads raw bytes for disputes and for decoding history again."""

    def __init__(self, database: Database, keyring: Keyring) -> None:
        self._database = database
        self._keyring = keyring

    async def raw(self, record: PassageId) -> RawRecord | None:
        """Return a record as it came, or None when it is unknown or its raw bytes were erased."""
        async with self._database.use() as connection:
            return (await find_raw(connection, self._keyring, (record,))).get(record)


def batch_place(batch: int) -> Place:
    """Where a raw batch lies."""
    return Place(table="raw_batch", row=batch, column="data")
