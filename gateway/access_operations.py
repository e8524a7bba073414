"""What operators say of how terminals are reached, as calls: JSON in, JSON out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.admin import Call
from gateway.codecs.registry import load_dialects
from gateway.domain.access import parse_access
from gateway.domain.directory import Device
from gateway.domain.errors import GatepostError
from gateway.operations import Operations
from gateway.storage.opening import Storage


class AccessOperations:
    """The calls behind ``gatepost device reach``. A password goes in and never comes out."""

    def __init__(self, storage: Storage, operations: Operations) -> None:
        self._storage = storage
        self._operations = operations

    def calls(self) -> Mapping[str, Call]:
        """Return the table of calls by name."""
        return {"device.reach": self.reach, "device.unreach": self.unreach}

    async def reach(
        self, serial: str, url: str, user: str, password: str, by: str, fingerprint: str = ""
    ) -> dict[str, Any]:
        """Keep where a terminal is reached and as whom; raises GatepostError ``access.…``."""
        device = await self._device(serial)
        dialect = load_dialects().dialects.get(device.dialect)
        if dialect is None or dialect.errands is None:
            raise GatepostError(
                "access.dialect",
                f"nothing is done at terminals of the dialect {device.dialect} by dialling them.",
                place=f"device {serial}",
            )
        access = parse_access(url, user, password, fingerprint)
        await self._operations.change(lambda: self._storage.accesses.keep(device.id, access, by))
        return {"serial": serial, "url": access.url, "user": access.user}

    async def unreach(self, serial: str, by: str) -> dict[str, Any]:
        """Forget how a terminal is reached."""
        device = await self._device(serial)
        gone = await self._operations.change(lambda: self._storage.accesses.forget(device.id, by))
        return {"serial": serial, "forgotten": gone}

    async def _device(self, serial: str) -> Device:
        return (await self._storage.directory.load()).registered(serial)
