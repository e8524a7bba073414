"""Numbered forward migrations: applied once, in order, and never changed afterwards."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable

from gateway.storage.partitions import LOCK
from gateway.storage.pool import Connection, Database, Turn

from gateway.domain.errors import GatepostError

FILE_NAME = re.compile(r"(\d{4})_([a-z_]+)\.sql")


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One step of the schema."""

    number: int
    name: str
    sql: str

    @property
    def checksum(self) -> bytes:
        """SHA-256 of the text, line ends as they are."""
        return hashlib.sha256(self.sql.encode()).digest()


def known_migrations(folder: Traversable | None = None) -> list[Migration]:
    """Read the migrations of this release, ascending."""
    found = []
    for entry in (folder or files("gateway.storage.schema")).iterdir():
        named = FILE_NAME.fullmatch(entry.name)
        if named:
            sql = entry.read_text(encoding="utf-8")
            found.append(Migration(number=int(named[1]), name=named[2], sql=sql))
    return sorted(found, key=lambda migration: migration.number)


async def migrate(database: Database, migrations: list[Migration] | None = None) -> list[int]:
    """Bring the schema up to date and return the numbers applied, none when it was.

    All in one transaction under a lock, so that of two gateways that start together one waits, and
    a step that fails leaves nothing behind. Raises GatepostError ``schema.drift`` when an applied
    migration is not the one of this release, and ``schema.newer`` when there are more of them.
    """
    wanted = known_migrations() if migrations is None else migrations
    async with database.transaction(turn=Turn.SLOW) as connection:
        await connection.execute("select pg_advisory_xact_lock($1)", LOCK)
        applied = await _applied(connection)
        _compare(wanted, applied)
        missing = [migration for migration in wanted if migration.number not in applied]
        for migration in missing:
            await connection.execute(migration.sql)
            await connection.execute(
                "insert into schema_migration (number, name, checksum) values ($1, $2, $3)",
                migration.number,
                migration.name,
                migration.checksum,
            )
    return [migration.number for migration in missing]


async def _applied(connection: Connection) -> dict[int, bytes]:
    await connection.execute(
        "create table if not exists schema_migration (number integer primary key,"
        " name text not null, checksum bytea not null,"
        " applied_at timestamptz not null default now())"
    )
    rows = await connection.fetch("select number, checksum from schema_migration")
    return {row["number"]: row["checksum"] for row in rows}


def _compare(wanted: list[Migration], applied: dict[int, bytes]) -> None:
    known = {migration.number: migration for migration in wanted}
    for number, checksum in sorted(applied.items()):
        migration = known.get(number)
        if migration is None:
            raise GatepostError(
                "schema.newer",
                f"migration {number:04d} was applied by a newer release.",
                place="database",
                remedy="Start that release; migrations are never taken back.",
            )
        if migration.checksum != checksum:
            raise GatepostError(
                "schema.drift",
                f"migration {number:04d} ({migration.name}) is not the text that was applied.",
                place="database",
                remedy="Restore the released file; a change belongs into a new migration.",
            )
