"""What operators do to a gateway, the same whether it runs or not: JSON in, JSON out."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, fields, replace
from typing import Any, TypeVar

from pydantic import ValidationError

from gateway.codecs.registry import load_dialects
from gateway.directory_file import device_entry, to_document
from gateway.directory_mistakes import Mistake, misshapen, refused
from gateway.directory_references import dangling
from gateway.directory_tables import DEFAULT_DIALECT, DeviceTable
from gateway.domain.directory import Device, Directory
from gateway.domain.errors import GatepostError
from gateway.domain.ids import Serial
from gateway.protocols.clock import read_clock
from gateway.redecoding import Redecoding
from gateway.storage.document import DeviceEntry, DirectoryDocument
from gateway.storage.opening import Storage

ADDING = "device add"
T = TypeVar("T")
Changed = Callable[[Directory], Awaitable[None]]


async def nobody(directory: Directory) -> None:
    """Take no note of a changed directory: no gateway runs."""
    del directory


def _has_proof(dialect: str) -> bool:
    """Say whether a terminal of this dialect proves who it is, by its key."""
    found = load_dialects().dialects.get(dialect)
    return found is None or found.proof


def _told(entry: DeviceEntry, drawn: str | None) -> dict[str, Any]:
    """Return what somebody must put into the new terminal."""
    found = load_dialects().dialects.get(entry.dialect)
    if found is not None and found.typed_in is not None and entry.secret is not None:
        return {"typed_in": found.typed_in(Serial(entry.serial), entry.secret)}
    return {"secret": drawn} if drawn else {}


class Operations:
    """The calls behind the administration socket and the offline commands."""

    def __init__(self, storage: Storage, changed: Changed = nobody) -> None:
        self._storage = storage
        self._changed = changed
        self._changing = asyncio.Lock()
        """Of two changes the later one must also be the one that is read and used last."""

    def calls(self) -> Mapping[str, Callable[..., Awaitable[Any]]]:
        """Return the table of calls by name."""
        return {
            "directory.import": self.import_directory,
            "device.add": self.add_device,
            "device.list": self.list_devices,
            "device.show": self.show_device,
            "codec.replay": self.replay,
            "proof.totals": self.totals,
            "proof.numbers": self.numbers,
            "proof.names": self.names,
        }

    async def change(self, write: Callable[[], Awaitable[T]]) -> T:
        """Write something the directory holds, and have the result used at once."""
        async with self._changing:
            written = await write()
            await self._changed(await self._storage.directory.load())
        return written

    async def import_directory(self, document: Mapping[str, Any], place: str) -> dict[str, Any]:
        """Import a parsed document, all of it or nothing.

        Returns how many entries of each list were ``imported``, and the serial numbers of those
        devices that still have no key (``keyless``), which cannot log in.
        """
        parsed = to_document(document, place)
        async with self._changing:
            unknown = await self._unknown(parsed)
            if unknown:
                raise refused(unknown, place, document)
            await self._storage.directory.import_directory(parsed)
            directory = await self._storage.directory.load()
            await self._changed(directory)
        return {
            "imported": {one.name: len(getattr(parsed, one.name)) for one in fields(parsed)},
            "keyless": [
                one.serial
                for one in parsed.devices
                if _has_proof(one.dialect)
                and directory.devices[Serial(one.serial)].id not in directory.secrets
            ],
        }

    async def add_device(self, **given: Any) -> dict[str, Any]:
        """Add one device; without a secret one is drawn and returned this once.

        None is drawn where the device's protocol has no use for one. Where the terminal takes other
        texts instead of the key, those are returned as ``typed_in``, pairs of field and content.
        """
        drawn = None
        if not given.get("secret") and _has_proof(given.get("dialect", DEFAULT_DIALECT)):
            drawn = given["secret"] = secrets.token_hex(32)
        try:
            entry = device_entry(DeviceTable.model_validate(given))
        except ValidationError as error:
            raise refused(misshapen(error), ADDING, {}) from None
        async with self._changing:
            device = await self._add(entry)
        return {**self._brief(device), **_told(entry, drawn)}

    async def _add(self, entry: DeviceEntry) -> Device:
        serial = Serial(entry.serial)
        if serial in (await self._storage.directory.load()).devices:
            raise GatepostError(
                "device.exists",
                "a device with this serial number is registered already.",
                place=f"device {serial}",
                remedy="Use `gatepost directory import` to change it.",
            )
        unknown = await self._unknown(DirectoryDocument(devices=(entry,)))
        if unknown:
            raise refused([replace(one, path=one.path[2:]) for one in unknown], ADDING, {})
        device = await self._storage.directory.add_device(entry)
        await self._changed(await self._storage.directory.load())
        return device

    async def _unknown(self, document: DirectoryDocument) -> list[Mistake]:
        """Find names that stand for nothing; the database would, but without their place."""
        known = await self._storage.directory.load()
        return list(dangling(document, known, load_dialects().dialects))

    async def list_devices(self) -> list[dict[str, Any]]:
        """List every device, by serial number."""
        directory = await self._storage.directory.load()
        return [self._brief(directory.devices[serial]) for serial in sorted(directory.devices)]

    async def show_device(self, serial: str) -> dict[str, Any]:
        """Show one device: where it hangs and what is stored of it."""
        directory = await self._storage.directory.load()
        device = directory.registered(serial)
        mountings = directory.mountings.get(device.id, ())
        places = [
            {
                "project": directory.projects[directory.channels[m.channel].project].code,
                "channel": directory.channels[m.channel].name,
                "direction": m.direction.name.lower(),
                "from_ms": m.valid_from_ms,
                "to_ms": m.valid_to_ms,
            }
            for m in mountings
        ]
        stored = asdict(await self._storage.proofs.counts(device.id))
        stored.pop("device")
        firmware = await self._storage.firmwares.show(device.id)
        access = directory.accesses.get(device.id)
        reach = None if access is None else {"url": access.url, "user": access.user}
        return {
            **self._brief(device),
            "reach": reach,
            "firmware": firmware,
            "places": places,
            "stored": stored,
        }

    async def replay(self, dialect: str, since_ms: int, apply: bool) -> dict[str, Any]:
        """Read stored records of a dialect again; see `gateway.redecoding`."""
        found = load_dialects().dialects.get(dialect)
        if found is None:
            raise GatepostError(
                "codec.unknown",
                "no usable dialect of that name.",
                place=f"codec {dialect}",
                remedy="See `gatepost codec list`.",
            )
        work = Redecoding(self._storage.versions, found, lambda: read_clock().wall)
        return asdict(await work.run(since_ms, apply=apply))

    async def totals(self) -> dict[str, int]:
        """Count what is stored altogether."""
        return asdict(await self._storage.proofs.totals())

    async def numbers(self, serial: str, series: int) -> dict[str, Any]:
        """List the record numbers and pictures held of one device, for proving sent = stored."""
        directory = await self._storage.directory.load()
        device = directory.devices[Serial(serial)]
        held = await self._storage.proofs.identities(device.id, series)
        pictures = await self._storage.proofs.picture_digests(device.id)
        return {"numbers": sorted(held), "pictures": sorted(p.hex() for p in pictures)}

    async def names(self, serial: str) -> list[str]:
        """List the identities of a device's records, where its protocol does not number them."""
        directory = await self._storage.directory.load()
        device = directory.devices[Serial(serial)]
        return sorted(name.hex() for name in await self._storage.proofs.names(device.id))

    @staticmethod
    def _brief(device: Device) -> dict[str, Any]:
        return {
            "serial": device.serial,
            "supplier": device.supplier,
            "model": device.model,
            "dialect": device.dialect,
            "state": device.state.value,
            "heartbeat_seconds": device.cadence_s,
        }
