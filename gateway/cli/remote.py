"""How commands reach a gateway: over its socket when it runs, else by opening its database."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from gateway.admin import ask
from gateway.database import admin_socket, opened
from gateway.operations import Operations
from gateway.settings import Settings


def call(settings: Settings, name: str, **args: object) -> Any:
    """Make one call; raises GatepostError with what the gateway or the database refuses."""
    return asyncio.run(_call(settings, name, args))


async def _call(settings: Settings, name: str, args: dict[str, object]) -> Any:
    try:
        return await ask(admin_socket(settings), name, args)
    except (FileNotFoundError, ConnectionError):
        pass
    print("No gateway is running: opening its database directly.", file=sys.stderr)  # noqa: T201
    async with opened(settings) as database:
        return await Operations(database.storage).calls()[name](**args)
