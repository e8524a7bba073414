"""Puts the store together: checks the server, brings the schema up to date, opens the keys."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gateway.storage.accesses import PostgresAccessStore
from gateway.storage.audit import AuditReader
from gateway.storage.captures import PostgresCaptureStore
from gateway.storage.city import PostgresCityStore
from gateway.storage.city_cases import CityCases
from gateway.storage.commands import PostgresCommandStore
from gateway.storage.decisions import PostgresDecisionStore
from gateway.storage.directory import PostgresDirectoryStore
from gateway.storage.filings import FilingStore
from gateway.storage.firmwares import PostgresFirmwareStore
from gateway.storage.galleries import PostgresGalleryStore
from gateway.storage.keyring import Keyring, open_keyring
from gateway.storage.leavers import Leavers
from gateway.storage.local_enrolments import PostgresLocalEnrolments
from gateway.storage.migrate import migrate
from gateway.storage.people import PostgresWorkerStore
from gateway.storage.people_reader import PeopleReader
from gateway.storage.person_sheets import PersonSheets
from gateway.storage.photos import PhotoStore
from gateway.storage.pictures import PictureReader
from gateway.storage.pool import LIMIT_S, PROBE_S, Database
from gateway.storage.proofs import StoreProofs
from gateway.storage.raw import RawReader
from gateway.storage.records import PostgresRecordStore
from gateway.storage.set_aside import AsideReader
from gateway.storage.versions import Versions

from gateway.domain.ports import no_probe


@dataclass(frozen=True, slots=True, kw_only=True)
class Storage:
    """Everything the gateway asks of its database."""

    database: Database
    records: PostgresRecordStore
    directory: PostgresDirectoryStore
    accesses: PostgresAccessStore
    proofs: StoreProofs
    pictures: PictureReader
    raw: RawReader
    aside: AsideReader
    captures: PostgresCaptureStore
    versions: Versions
    commands: PostgresCommandStore
    audit: AuditReader
    workers: PostgresWorkerStore
    galleries: PostgresGalleryStore
    photos: PhotoStore
    decisions: PostgresDecisionStore
    people: PeopleReader
    sheets: PersonSheets
    leavers: Leavers
    firmwares: PostgresFirmwareStore
    city: PostgresCityStore
    city_cases: CityCases
    filings: FilingStore
    local_enrolments: PostgresLocalEnrolments

    async def close(self) -> None:
        """End all connections."""
        await self.database.close()


async def open_storage(
    dsn: str,
    master_key: Path,
    *,
    limit_s: float = LIMIT_S,
    connections: int = 4,
    probe_every_s: float = PROBE_S,
    partitions_ahead: int = 2,
    probe: Callable[[str], None] = no_probe,
) -> Storage:
    """Open the database at ``dsn`` and make it ready for records.

    Raises StoreUnavailable, or a GatepostError of `Database.check`, `migrate` or `open_keyring`.
    """
    database = Database(dsn, limit_s=limit_s, connections=connections, probe_every_s=probe_every_s)
    try:
        await database.check()
        await migrate(database)
        keyring = await open_keyring(database, master_key)
        records = PostgresRecordStore(
            database, keyring, partitions_ahead=partitions_ahead, probe=probe
        )
        await records.prepare()
    except BaseException:
        await database.close()
        raise
    return _assemble(database, keyring, records, partitions_ahead)


def _assemble(
    database: Database, keyring: Keyring, records: PostgresRecordStore, partitions_ahead: int
) -> Storage:
    return Storage(
        database=database,
        records=records,
        directory=PostgresDirectoryStore(database, keyring),
        accesses=PostgresAccessStore(database, keyring),
        proofs=StoreProofs(database),
        pictures=PictureReader(database, keyring),
        raw=RawReader(database, keyring),
        aside=AsideReader(database, keyring),
        captures=PostgresCaptureStore(database, keyring),
        versions=Versions(database, keyring),
        commands=PostgresCommandStore(database),
        audit=AuditReader(database),
        workers=PostgresWorkerStore(database, keyring),
        galleries=PostgresGalleryStore(database, keyring),
        photos=PhotoStore(database, keyring),
        decisions=PostgresDecisionStore(database, partitions_ahead=partitions_ahead),
        people=PeopleReader(database, keyring),
        sheets=PersonSheets(database, keyring),
        leavers=Leavers(database),
        firmwares=PostgresFirmwareStore(database),
        city=PostgresCityStore(database, keyring),
        city_cases=CityCases(database),
        filings=FilingStore(database),
        local_enrolments=PostgresLocalEnrolments(database, keyring),
    )
