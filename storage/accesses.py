"""Where terminals that are servers are reached: addresses at rest, passwords sealed."""

from __future__ import annotations

from collections.abc import Callable

from gateway.storage.audit import append
from gateway.storage.crypto import Place
from gateway.storage.failures import row_refused
from gateway.storage.keyring import DEVICE, Keyring
from gateway.storage.months import wall_ms
from gateway.storage.pool import Connection, Database

from gateway.domain.access import Access
from gateway.domain.audit import AuditEntry
from gateway.domain.ids import DeviceId

KEEP = """
insert into device_access
    (device, host, port, secure, account, password, password_key, fingerprint)
values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict (device) do update set host = excluded.host, port = excluded.port,
    secure = excluded.secure, account = excluded.account, password = excluded.password,
    password_key = excluded.password_key, fingerprint = excluded.fingerprint
"""


class PostgresAccessStore:
    """Writes addresses and accounts; the directory reads them. Each change is audited."""

    def __init__(
        self, database: Database, keyring: Keyring, *, wall: Callable[[], int] = wall_ms
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._wall = wall

    async def keep(self, device: DeviceId, access: Access, by: str) -> None:
        """Put or replace how a device is reached."""
        now_ms = self._wall()
        sealer = await self._keyring.sealer(DEVICE, now_ms)
        sealed = sealer.seal(password_place(device), access.password.encode())
        with row_refused():
            async with self._database.transaction() as connection:
                await connection.execute(
                    KEEP, device, access.host, access.port, access.secure, access.user, sealed,
                    sealer.name, access.fingerprint or None,
                )  # fmt: skip
                detail = f"{access.url} as {access.user}"
                await append(connection, _entry(now_ms, by, "ACCESS", device, detail))

    async def forget(self, device: DeviceId, by: str) -> bool:
        """Forget how a device is reached; False where nothing was known."""
        async with self._database.transaction() as connection:
            gone = await connection.fetchval(
                "delete from device_access where device = $1 returning true", device
            )
            if gone:
                await append(connection, _entry(self._wall(), by, "ACCESS_FORGOTTEN", device, ""))
        return bool(gone)


async def read_accesses(connection: Connection, keyring: Keyring) -> dict[DeviceId, Access]:
    """Read all of them, within the reader's transaction."""
    found = {}
    for row in await connection.fetch("select * from device_access"):
        device = DeviceId(row["device"])
        opener = await keyring.opener(connection, row["password_key"])
        found[device] = Access(
            host=row["host"],
            port=row["port"],
            secure=row["secure"],
            user=row["account"],
            password=opener.open(password_place(device), row["password"]).decode(),
            fingerprint=row["fingerprint"] or b"",
        )
    return found


def password_place(device: DeviceId) -> Place:
    """Where the password of a device's account lies."""
    return Place(table="device_access", row=device, column="password")


def _entry(at_ms: int, by: str, action: str, device: DeviceId, detail: str) -> AuditEntry:
    return AuditEntry(
        at_ms=at_ms, actor=by, action=action, subject=f"device {device}", detail=detail
    )
