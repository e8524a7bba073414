"""Keeps what is not stored as a passage: disputed records, and records the database refuses."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.storage.columns import Kind, Row
from gateway.storage.crypto import Place, Sealer
from gateway.storage.failures import describe
from gateway.storage.identities import Known
from gateway.storage.keyring import Keyring
from gateway.storage.pool import Connection, Database
from gateway.storage.raw import RawRecord, find_raw

from gateway.domain.ids import DeviceId, PassageId

IDENTITY_BYTES = 64
"""Longest identity a dialect may declare (`RecordBase.identity`); a longer one fits no index."""

QUARANTINE = """
insert into quarantined_record
    (device, identity, digest, record, first_version, received_ms, adapter, key, raw)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
on conflict do nothing
"""


async def quarantine(
    connection: Connection, keyring: Keyring, sealer: Sealer, disputed: Sequence[tuple[Row, Known]]
) -> None:
    """Keep both versions of each record with their bytes; the same second version is kept once.

    The first version stays a passage too: which of the two is true is for people to decide.
    """
    if not disputed:
        return
    firsts = await find_raw(connection, keyring, {known.record for _, known in disputed})
    versions = []
    for row, known in disputed:
        record = row.record
        first = firsts.get(known.record)
        if first is not None:
            versions.append(_version(sealer, row, known, known.digest, first))
        second = RawRecord(
            received_ms=record.received_ms, adapter=record.adapter, raw=record.report.raw
        )
        versions.append(_version(sealer, row, known, record.report.digest, second))
    await connection.executemany(QUARANTINE, versions)
    await connection.executemany(
        "update record_identity set kind = $3 where device = $1 and identity = $2",
        [(*row.key, Kind.QUARANTINED) for row, _ in disputed],
    )


def _version(
    sealer: Sealer, row: Row, known: Known, digest: bytes, version: RawRecord
) -> tuple[object, ...]:
    device, identity = row.key
    return (
        device, identity, digest, known.record, digest == known.digest, version.received_ms,
        version.adapter, sealer.name, sealer.seal(_place(device, identity, digest), version.raw),
    )  # fmt: skip


async def reject(connection: Connection, sealer: Sealer, row: Row, error: BaseException) -> None:
    """Keep a record no table takes, as bytes, and hold its identity so that it is not awaited."""
    record = row.record
    report = record.report
    device, identity = row.key
    if len(identity) <= IDENTITY_BYTES:
        await connection.execute(
            "insert into record_identity (device, identity, digest, record, kind)"
            " values ($1, $2, $3, $4, $5) on conflict do nothing",
            device,
            identity,
            report.digest,
            record.id,
            Kind.REJECTED,
        )
    await connection.execute(
        "insert into rejected_record"
        " (id, device, identity, digest, kind, received_ms, adapter, error, key, raw)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict do nothing",
        record.id,
        device,
        identity,
        report.digest,
        row.kind,
        record.received_ms,
        record.adapter,
        describe(error),
        sealer.name,
        sealer.seal(_rejected(record.id), report.raw),
    )


class AsideReader:
    """Reads back, with their bytes, the records somebody has to decide about."""

    def __init__(self, database: Database, keyring: Keyring) -> None:
        self._database = database
        self._keyring = keyring

    async def versions(self, device: DeviceId, identity: bytes) -> list[RawRecord]:
        """Return the versions of a disputed record, the first one first; empty without dispute."""
        async with self._database.use() as connection:
            rows = await connection.fetch(
                "select digest, received_ms, adapter, key, raw from quarantined_record"
                " where device = $1 and identity = $2 order by id",
                device,
                identity,
            )
            found = []
            for row in rows:
                opener = await self._keyring.opener(connection, row["key"])
                place = _place(device, identity, row["digest"])
                raw = opener.open(place, row["raw"])
                found.append(
                    RawRecord(received_ms=row["received_ms"], adapter=row["adapter"], raw=raw)
                )
        return found

    async def rejected(self, record: PassageId) -> RawRecord | None:
        """Return a rejected record, or None when there is none of this id."""
        async with self._database.use() as connection:
            row = await connection.fetchrow(
                "select received_ms, adapter, key, raw from rejected_record where id = $1", record
            )
            if row is None:
                return None
            opener = await self._keyring.opener(connection, row["key"])
            raw = opener.open(_rejected(record), row["raw"])
        return RawRecord(received_ms=row["received_ms"], adapter=row["adapter"], raw=raw)


def _rejected(record: PassageId) -> Place:
    return Place(table="rejected_record", row=record, column="raw")


def _place(device: int, identity: bytes, digest: bytes) -> Place:
    name = f"{device}/{identity.hex()}/{digest.hex()}"
    return Place(table="quarantined_record", row=name, column="raw")
