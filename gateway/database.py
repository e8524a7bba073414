"""Opens the database the settings name: the embedded server, or another PostgreSQL by its DSN."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from gateway.domain.errors import GatepostError, StoreUnavailable
from gateway.domain.ports import no_probe
from gateway.settings import Settings
from gateway.storage.layout import Layout, default_root
from gateway.storage.opening import Storage, open_storage
from gateway.storage.postgres_files import wheel_files
from gateway.storage.privilege import server_user
from gateway.storage.supervisor import EmbeddedServer


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDatabase:
    """A database in use; ``server`` is None when somebody else runs it."""

    storage: Storage
    server: EmbeddedServer | None


def data_root(settings: Settings, environ: Mapping[str, str] = os.environ) -> Path:
    """Return the data directory: the setting, or the default of this user."""
    return settings.gateway.data_dir or default_root(os.geteuid(), environ)


def admin_socket(settings: Settings) -> Path:
    """Return where the administration socket lies."""
    return settings.admin.socket or data_root(settings) / "admin.sock"


@asynccontextmanager
async def opened(
    settings: Settings, *, probe: Callable[[str], None] = no_probe
) -> AsyncIterator[OpenDatabase]:
    """Open the database, start it if it is ours, and stop what was started.

    Raises GatepostError with what to do when the database cannot be had.
    """
    layout = Layout(root=data_root(settings))
    server: EmbeddedServer | None = None
    dsn = settings.storage.dsn
    if not dsn:
        user = server_user(settings.storage.postgres_user or None)
        server = EmbeddedServer(layout, wheel_files(), user)
        await asyncio.to_thread(server.start)
        dsn = server.dsn
    try:
        storage = await _open(settings, dsn, layout, probe)
        try:
            yield OpenDatabase(storage=storage, server=server)
        finally:
            await storage.close()
    finally:
        if server is not None:
            await asyncio.to_thread(server.stop)


async def _open(
    settings: Settings, dsn: str, layout: Layout, probe: Callable[[str], None]
) -> Storage:
    try:
        return await open_storage(
            dsn, layout.master_key, limit_s=settings.storage.time_limit_seconds, probe=probe
        )
    except StoreUnavailable as error:
        if not settings.storage.dsn:
            raise
        raise GatepostError(
            "database.unreachable",
            error.message,
            place="setting storage.dsn",
            remedy="Check the address, and that the server runs and lets this user in.",
        ) from error
