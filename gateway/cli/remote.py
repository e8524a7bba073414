"""How commands reach a gateway: over its socket when it runs, else by opening its database."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from gateway.admin import ask
from gateway.capture_operations import CaptureOperations
from gateway.command_operations import CommandOperations
from gateway.database import admin_socket, data_root, opened
from gateway.domain.errors import GatepostError
from gateway.operations import Operations
from gateway.settings import Settings
from gateway.storage.layout import Layout

READING = (
    "device.list", "device.show", "capture.list", "capture.show", "capture.export", "command.list",
    "command.show", "audit.list", "audit.verify",
)  # fmt: skip
"""Calls that must not make a database only to say that it is empty."""


def call(settings: Settings, name: str, **args: object) -> Any:
    """Make one call; raises GatepostError with what the gateway or the database refuses."""
    return asyncio.run(_call(settings, name, args))


async def _call(settings: Settings, name: str, args: dict[str, object]) -> Any:
    try:
        return await ask(admin_socket(settings), name, args)
    except (FileNotFoundError, ConnectionError):
        pass
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
    async with opened(settings) as database:
        storage = database.storage
        calls = {
            **Operations(storage).calls(),
            **CaptureOperations(storage).calls(),
            **CommandOperations(storage).calls(),
        }
        return await calls[name](**args)
