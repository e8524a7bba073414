"""Which firmware terminals run, at rest: a row each, and each change a line of the audit trail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.storage.audit import append
from gateway.storage.pool import Database, Turn

from gateway.domain.audit import AuditEntry
from gateway.domain.firmware import Running
from gateway.domain.ids import DeviceId

KEEP = """
insert into device_firmware (device, version, unproven, quirks, since_ms)
values ($1, $2, $3, $4, $5)
on conflict (device) do update
set version = excluded.version, unproven = excluded.unproven, quirks = excluded.quirks,
    since_ms = case when device_firmware.version = excluded.version
        then device_firmware.since_ms else excluded.since_ms end
"""
BEFORE = """
select d.id, f.version from device d left join device_firmware f on f.device = d.id
where d.id = any($1::int[])
"""
ACTOR, ACTION = "terminal", "FIRMWARE_CHANGED"


class PostgresFirmwareStore:
    """`gateway.domain.firmware.FirmwareStore` on PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> Mapping[DeviceId, Running]:
        """Read what every terminal runs."""
        async with self._database.use(turn=Turn.SLOW) as connection:
            rows = await connection.fetch("select * from device_firmware")
        return {DeviceId(row["device"]): _running(row) for row in rows}

    async def show(self, device: DeviceId) -> dict[str, Any] | None:
        """Return what a terminal runs and since when, for operators; None if it never said."""
        async with self._database.use() as connection:
            row = await connection.fetchrow(
                "select version, unproven, quirks, since_ms from device_firmware where device = $1",
                device,
            )
        return None if row is None else dict(row)

    async def keep(self, changes: Sequence[tuple[DeviceId, Running]], now_ms: int) -> None:
        """See `FirmwareStore.keep`; a device that is gone is left out."""
        async with self._database.transaction() as connection:
            rows = await connection.fetch(BEFORE, [device for device, _ in changes])
            known = {row["id"]: row for row in rows}
            kept = [(device, one) for device, one in changes if device in known]
            await connection.executemany(
                KEEP,
                [(d, one.version, one.unproven, list(one.quirks), now_ms) for d, one in kept],
            )
            for device, one in kept:
                before = known[device]["version"]
                if before not in (None, one.version):
                    entry = AuditEntry(
                        at_ms=now_ms,
                        actor=ACTOR,
                        action=ACTION,
                        subject=f"device {device}",
                        detail=f"{before} -> {one.version}{' unproven' * one.unproven}",
                    )
                    await append(connection, entry)


def _running(row: Any) -> Running:
    return Running(version=row["version"], unproven=row["unproven"], quirks=tuple(row["quirks"]))
