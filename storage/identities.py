"""Claims identities: decides, inside a transaction, which records of a batch are new."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.storage.columns import IDENTITY_COLUMNS, Row
from gateway.storage.pool import Connection

# Sorted, so that two batches with the same records wait for each other instead of deadlocking.
CLAIM = """
insert into record_identity (device, identity, digest, record, kind)
select * from unnest($1::integer[], $2::bytea[], $3::bytea[], $4::bigint[], $5::smallint[])
    as t (device, identity, digest, record, kind)
order by device, identity
on conflict do nothing
returning record
"""
LOOK_UP = """
select device, identity, i.digest, i.record from record_identity i
join unnest($1::integer[], $2::bytea[]) as t (device, identity) using (device, identity)
"""


@dataclass(frozen=True, slots=True)
class Known:
    """What is stored under an identity."""

    digest: bytes
    record: int


@dataclass(frozen=True, slots=True)
class Claims:
    """The rows of one batch that are no duplicates."""

    fresh: list[Row]
    disputed: list[tuple[Row, Known]]
    """Rows that repeat an identity with another digest, and what is stored under it."""


async def claim_boldly(connection: Connection, rows: Sequence[Row]) -> Claims:
    """Claim all identities by COPY, in half the time of the careful way.

    One known identity fails the whole transaction with a unique violation: then nothing is done
    yet, and the batch goes the careful way.
    """
    await connection.copy_records_to_table(
        "record_identity",
        records=sorted(row.identity for row in rows),
        columns=IDENTITY_COLUMNS,
    )
    return Claims(list(rows), [])


async def claim_carefully(connection: Connection, rows: Sequence[Row]) -> Claims:
    """Claim the identities that are free and look up the others, repeats in the batch too."""
    columns = [list(column) for column in zip(*(row.identity for row in rows), strict=True)]
    claimed = {row["record"] for row in await connection.fetch(CLAIM, *columns)}
    claims = Claims([row for row in rows if row.record.id in claimed], [])
    if len(claims.fresh) == len(rows):
        return claims
    known = {
        (row["device"], row["identity"]): Known(row["digest"], row["record"])
        for row in await connection.fetch(LOOK_UP, *columns[:2])
    }
    for row in rows:
        holder = known[row.key]
        if row.record.id not in claimed and holder.digest != row.record.report.digest:
            claims.disputed.append((row, holder))
    return claims
