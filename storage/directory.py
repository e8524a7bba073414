"""The directory store: reads everything into one value, and takes documents in.

Importing is idempotent: the same document twice changes nothing the second time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

from gateway.storage.accesses import read_accesses
from gateway.storage.document import DeviceEntry, DirectoryDocument
from gateway.storage.failures import blames_row, describe
from gateway.storage.importing import forget_templates, import_document, secret_place
from gateway.storage.keyring import DEVICE, Keyring
from gateway.storage.months import wall_ms
from gateway.storage.pool import Connection, Database, Turn

from gateway.domain.directory import (
    Area,
    Corp,
    Device,
    DeviceModel,
    DeviceState,
    Directory,
    Listing,
    Mounting,
    Project,
    Supplier,
)
from gateway.domain.directory import Channel as ChannelPlace
from gateway.domain.errors import GatepostError
from gateway.domain.ids import ChannelId, DeviceId, MountingId, ProjectId, Serial
from gateway.domain.vocabulary import Direction
from gateway.domain.workers import VerificationMode


class PostgresDirectoryStore:
    """`gateway.domain.ports.DirectoryStore` on PostgreSQL, and the writing side of it."""

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        *,
        wall: Callable[[], int] = wall_ms,
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._wall = wall

    async def load(self) -> Directory:
        """Read everything into one immutable value, as of one moment."""
        async with self._database.transaction(turn=Turn.SLOW) as connection:
            await connection.execute("set transaction isolation level repeatable read read only")
            devices, secrets = await self._devices(connection)
            return Directory(
                areas={
                    row["code"]: Area(code=row["code"], name=row["name"], parent=row["parent"])
                    for row in await connection.fetch("select * from area")
                },
                corps={
                    row["code"]: Corp(code=row["code"], name=row["name"])
                    for row in await connection.fetch("select * from corp")
                },
                suppliers=await _suppliers(connection),
                models=await _models(connection),
                projects=await _projects(connection),
                channels=await _channels(connection),
                devices=devices,
                mountings=await _mountings(connection),
                secrets=secrets,
                accesses=await read_accesses(connection, self._keyring),
            )

    async def import_directory(self, document: DirectoryDocument) -> None:
        """Add and update what the document names, all of it or nothing.

        Raises GatepostError ``directory.refused`` for an entry that contradicts the rest.
        """
        now_ms = self._wall()
        sealer = await self._keyring.sealer(DEVICE, now_ms)
        try:
            async with self._database.transaction(turn=Turn.SLOW) as connection:
                await import_document(connection, sealer, document)
                await forget_templates(connection, document, now_ms)
        except Exception as error:
            if not blames_row(error):
                raise
            raise GatepostError(
                "directory.refused",
                f"the database refuses an entry ({describe(error)}).",
                place="directory document",
                remedy="Name areas, suppliers and models before what refers to them.",
            ) from error

    async def add_device(self, entry: DeviceEntry) -> Device:
        """Add or update one device whose supplier, model and channel are known."""
        await self.import_directory(DirectoryDocument(devices=(entry,)))
        return (await self.load()).devices[Serial(entry.serial)]

    async def _devices(
        self, connection: Connection
    ) -> tuple[dict[Serial, Device], dict[DeviceId, bytes]]:
        devices = {}
        secrets = {}
        for row in await connection.fetch("select * from device"):
            device = Device(
                id=DeviceId(row["id"]),
                serial=Serial(row["serial"]),
                supplier=row["supplier"],
                model=row["model"],
                dialect=row["dialect"],
                state=DeviceState(row["state"]),
                cadence_s=row["cadence_s"],
            )
            devices[device.serial] = device
            if row["secret"] is not None:
                opener = await self._keyring.opener(connection, row["secret_key"])
                secrets[device.id] = opener.open(secret_place(device.id), row["secret"])
        return devices, secrets


async def _suppliers(connection: Connection) -> dict[str, Supplier]:
    return {
        row["code"]: Supplier(
            code=row["code"],
            name=row["name"],
            listing=Listing(row["listing"]),
            batch=row["batch"],
        )
        for row in await connection.fetch("select * from supplier")
    }


async def _models(connection: Connection) -> dict[tuple[str, str], DeviceModel]:
    return {
        (row["supplier"], row["name"]): DeviceModel(
            supplier=row["supplier"],
            name=row["name"],
            listing=Listing(row["listing"]),
            interface_test=row["interface_test"],
        )
        for row in await connection.fetch("select * from device_model")
    }


async def _projects(connection: Connection) -> dict[ProjectId, Project]:
    return {
        ProjectId(row["id"]): Project(
            id=ProjectId(row["id"]),
            code=row["code"],
            name=row["name"],
            area=row["area"],
            corp=row["corp"],
            administrator=row["administrator"],
            verification_mode=VerificationMode(row["verification_mode"]),
        )
        for row in await connection.fetch("select * from project")
    }


async def _channels(connection: Connection) -> dict[ChannelId, ChannelPlace]:
    return {
        ChannelId(row["id"]): ChannelPlace(
            id=ChannelId(row["id"]),
            project=ProjectId(row["project"]),
            name=row["name"],
            kind=row["kind"],
        )
        for row in await connection.fetch("select * from channel")
    }


async def _mountings(connection: Connection) -> dict[DeviceId, tuple[Mounting, ...]]:
    hung: dict[DeviceId, list[Mounting]] = defaultdict(list)
    for row in await connection.fetch("select * from mounting order by valid_from_ms"):
        hung[DeviceId(row["device"])].append(
            Mounting(
                id=MountingId(row["id"]),
                device=DeviceId(row["device"]),
                channel=ChannelId(row["channel"]),
                direction=Direction(row["direction"]),
                valid_from_ms=row["valid_from_ms"],
                valid_to_ms=row["valid_to_ms"],
            )
        )
    return {device: tuple(mountings) for device, mountings in hung.items()}
