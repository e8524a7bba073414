"""How commands reach a gateway: over its socket when it runs, else by opening its database."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from gateway.access_operations import AccessOperations
from gateway.admin import Call, ask
from gateway.capture_operations import CaptureOperations
from gateway.city_operations import CityOperations
from gateway.command_operations import CommandOperations
from gateway.database import admin_socket, data_root, opened
from gateway.decision_operations import DecisionOperations
from gateway.domain.errors import GatepostError
from gateway.filing_operations import FilingOperations
from gateway.limits import filing_rules
from gateway.local_operations import LocalOperations
from gateway.operations import Operations
from gateway.people_operations import PeopleOperations
from gateway.settings import Settings
from gateway.storage.layout import Layout

READING = (
    *("device.list", "device.show", "capture.list", "capture.show", "capture.export"),
    *("command.list", "command.show", "audit.list", "audit.verify", "person.list", "person.show"),
    *("decision.list", "city.show", "person.cases", "filing.show"),
)
"""Calls that must not make a database only to say that it is empty."""


class Line:
    """A way to call: the socket of the gateway that runs, else its database, opened once."""

    def __init__(self, settings: Settings, stack: AsyncExitStack) -> None:
        self._settings = settings
        self._stack = stack
        self._offline: Mapping[str, Call] | None = None

    async def call(self, name: str, /, **args: object) -> Any:
        """Make one call; raises GatepostError with what the gateway or the database refuses."""
        if self._offline is None:
            try:
                return await ask(admin_socket(self._settings), name, args)
            except (FileNotFoundError, ConnectionError):
                self._offline = await self._open(name)
        return await self._offline[name](**args)

    async def _open(self, name: str) -> Mapping[str, Call]:
        settings = self._settings
        root = data_root(settings)
        if name in READING and not settings.storage.dsn and not Layout(root=root).data.exists():
            raise GatepostError(
                "database.none",
                "no gateway is running and there is no database yet.",
                place=str(root),
                remedy="Name its configuration with --config, or run `gatepost serve` first.",
            )
        where = "at storage.dsn" if settings.storage.dsn else f"in {root}"
        print(f"No gateway is running: opening the database {where}.", file=sys.stderr)  # noqa: T201
        storage = (await self._stack.enter_async_context(opened(settings))).storage
        operations = Operations(storage)
        return {
            **operations.calls(),
            **AccessOperations(storage, operations).calls(),
            **CaptureOperations(storage).calls(),
            **CommandOperations(storage).calls(),
            **PeopleOperations(storage).calls(),
            **CityOperations(storage).calls(),
            **FilingOperations(storage, filing_rules(settings)).calls(),
            **LocalOperations(storage).calls(),
            **DecisionOperations(storage).calls(),
        }


@asynccontextmanager
async def connected(settings: Settings) -> AsyncIterator[Line]:
    """Keep what was opened until the last of several calls."""
    async with AsyncExitStack() as stack:
        yield Line(settings, stack)


def call(settings: Settings, name: str, /, **args: object) -> Any:
    """Make one call; raises GatepostError with what the gateway or the database refuses."""

    async def once() -> Any:
        async with connected(settings) as line:
            return await line.call(name, **args)

    return asyncio.run(once())
