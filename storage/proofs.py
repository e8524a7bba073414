"""What the store holds of a device, counted and listed: for proving that sent equals stored."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.storage.numbering import identity_of
from gateway.storage.pool import Database, Turn

from gateway.domain.ids import DeviceId
from gateway.domain.ports import Stored

COUNTS = """
select
    (select count(*) from passage where device = $1) as passages,
    (select count(*) from fault_report where device = $1) as faults,
    (select count(distinct identity) from quarantined_record where device = $1) as quarantined,
    (select count(*) from rejected_record where device = $1) as rejected,
    (select count(*) from picture_identity where device = $1) as pictures
"""
TOTALS = """
select
    (select count(*) from passage) as passages,
    (select count(*) from fault_report) as faults,
    (select count(distinct (device, identity)) from quarantined_record) as quarantined,
    (select count(*) from rejected_record) as rejected,
    (select count(*) from picture_identity) as pictures,
    (select count(*) from outbox) as queued
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """What the store holds altogether."""

    passages: int
    faults: int
    quarantined: int
    """Identities in dispute; the first version of each is counted as a passage or fault too."""
    rejected: int
    pictures: int
    queued: int
    """Rows waiting to be forwarded."""


class StoreProofs:
    """Answers what a load generator or an auditor asks; slow questions, nothing waits for them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def counts(self, device: DeviceId) -> Stored:
        """Count what is stored of one device."""
        async with self._database.use(turn=Turn.SLOW) as connection:
            row = await connection.fetchrow(COUNTS, device)
        assert row is not None
        return Stored(device=device, **dict(row))

    async def totals(self) -> Totals:
        """Count what is stored of all devices."""
        async with self._database.use(turn=Turn.SLOW) as connection:
            row = await connection.fetchrow(TOTALS)
        assert row is not None
        return Totals(**dict(row))

    async def names(self, device: DeviceId) -> set[bytes]:
        """List the identities of all records held, for a dialect that does not number them."""
        async with self._database.use(turn=Turn.SLOW) as connection:
            rows = await connection.fetch(
                "select identity from record_identity where device = $1", device
            )
        return {row["identity"] for row in rows}

    async def identities(self, device: DeviceId, series: int) -> set[int]:
        """List the numbers held of one series, whatever became of each record."""
        async with self._database.use(turn=Turn.SLOW) as connection:
            rows = await connection.fetch(
                "select identity from record_identity where device = $1"
                " and identity between $2 and $3 and octet_length(identity) = 8",
                device,
                identity_of(series, 0),
                identity_of(series, 0xFFFF_FFFF),
            )
        return {int.from_bytes(row["identity"][4:], "big") for row in rows}

    async def picture_digests(self, device: DeviceId) -> set[bytes]:
        """List the digests of the pictures held."""
        async with self._database.use(turn=Turn.SLOW) as connection:
            rows = await connection.fetch(
                "select digest from picture_identity where device = $1", device
            )
        return {row["digest"] for row in rows}
