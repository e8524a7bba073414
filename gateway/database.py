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
from gateway.storage.layout import Layout, default_root, make_folders, own_folder
from gateway.storage.lockfile import LockFile
from gateway.storage.opening import Storage, open_storage
from gateway.storage.postgres_files import wheel_files
from gateway.storage.privilege import server_user
from gateway.storage.supervisor import EmbeddedServer

ADMIN_SOCKET = "admin.sock"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDatabase:
    """A database in use; ``server`` is None when somebody else runs it."""

    storage: Storage
    server: EmbeddedServer | None


def data_root(settings: Settings, environ: Mapping[str, str] = os.environ) -> Path:
    """Return the data directory: the setting, or the default of this user."""
    return settings.gateway.data_dir or default_root(os.geteuid(), environ)


def make_data_root(settings: Settings) -> None:
    """Create the data directory as the database will want it, if it is not there.

    Raises GatepostError when that cannot be done.
    """
    embedded = not settings.storage.dsn
    shared = embedded and server_user(settings.storage.postgres_user or None).switch
    make_folders(data_root(settings), shared=shared)


def admin_socket(settings: Settings, environ: Mapping[str, str] = os.environ) -> Path:
    """Return where the administration socket lies: the setting, or the data directory.

    A data directory with too long a name has it in a short folder, which is made here if need be
    and refused (``database.folder``) unless it is ours alone.
    """
    if settings.admin.socket is not None:
        return settings.admin.socket
    layout = Layout(root=data_root(settings, environ))
    folder = layout.admin_folders(os.geteuid(), environ)[0]
    if folder != layout.root:
        own_folder(folder, os.geteuid(), os.getegid())
    return folder / ADMIN_SOCKET


@asynccontextmanager
async def opened(
    settings: Settings, *, probe: Callable[[str], None] = no_probe
) -> AsyncIterator[OpenDatabase]:
    """Open the database, start it if it is ours, and stop what was started.

    Either way the data directory is ours alone meanwhile: the key and the administration socket are
    in it. Raises GatepostError with what to do when the database cannot be had.
    """
    layout = Layout(root=data_root(settings))
    if settings.storage.dsn:
        make_folders(layout.root, shared=False)
        lock = LockFile(layout.lock)
        lock.acquire()
        try:
            async with _storage(settings, settings.storage.dsn, layout, probe) as storage:
                yield OpenDatabase(storage=storage, server=None)
        finally:
            lock.release()
        return
    user = server_user(settings.storage.postgres_user or None)
    server = EmbeddedServer(layout, wheel_files(), user)
    await asyncio.to_thread(server.start)
    try:
        async with _storage(settings, server.dsn, layout, probe) as storage:
            yield OpenDatabase(storage=storage, server=server)
    finally:
        await asyncio.to_thread(server.stop)


@asynccontextmanager
async def _storage(
    settings: Settings, dsn: str, layout: Layout, probe: Callable[[str], None]
) -> AsyncIterator[Storage]:
    storage = await _open(settings, dsn, layout, probe)
    try:
        yield storage
    finally:
        await storage.close()


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
