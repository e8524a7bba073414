"""Real PostgreSQL servers for tests: the embedded one, and an external one where there is one."""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
from gateway.storage.layout import Layout
from gateway.storage.postgres_files import PostgresFiles, files_in, wheel_files
from gateway.storage.postmaster import find_postmaster
from gateway.storage.privilege import server_user
from gateway.storage.supervisor import EmbeddedServer

DSN_VARIABLE = "GATEPOST_TEST_DSN"
"""An external server on which databases may be made and dropped."""


def newest_system_files() -> PostgresFiles | None:
    """Find a distribution's server programs, version 15 or newer."""
    found = [
        (int(folder.parent.name), folder)
        for folder in Path("/usr/lib/postgresql").glob("*/bin")
        if folder.parent.name.isdigit() and (folder / "initdb").is_file()
    ]
    newest = max(found, default=None)
    return files_in(newest[1]) if newest and newest[0] >= 15 else None


def external_is_there() -> bool:
    return bool(os.environ.get(DSN_VARIABLE)) or newest_system_files() is not None


def required() -> bool:
    """In CI a missing server is a failure; elsewhere its tests are listed as not run."""
    return os.environ.get("GATEPOST_CI") == "1"


@contextmanager
def open_folder() -> Iterator[Path]:
    """A fresh folder the server's unprivileged user may pass through, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="gatepost-test-"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@contextmanager
def running_server(files: PostgresFiles | None = None) -> Iterator[EmbeddedServer]:
    """Run a server of our own in a folder of its own."""
    with open_folder() as folder:
        server = EmbeddedServer(Layout(root=folder / "data"), files or wheel_files(), server_user())
        server.start()
        try:
            yield server
        finally:
            server.stop()


@contextmanager
def external_dsn() -> Iterator[str]:
    """Use the server somebody names, or run the distribution's."""
    named = os.environ.get(DSN_VARIABLE)
    if named:
        yield named
        return
    files = newest_system_files()
    assert files is not None, (
        f"no PostgreSQL 15 or newer: install postgresql-15 or set {DSN_VARIABLE}"
    )
    with running_server(files) as server:
        yield server.dsn


def with_database(dsn: str, name: str) -> str:
    return urlsplit(dsn)._replace(path=f"/{name}").geturl()


def execute(dsn: str, *statements: str) -> None:
    async def main() -> None:
        connection = await asyncpg.connect(dsn)
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    asyncio.run(main())


@contextmanager
def fresh_database(dsn: str, template: str = "template1") -> Iterator[str]:
    """Make a database for one test and drop it afterwards; yields its DSN."""
    name = f"test_{secrets.token_hex(6)}"
    execute(dsn, f"create database {name} template {template}")
    try:
        yield with_database(dsn, name)
    finally:
        execute(dsn, f"drop database {name} with (force)")


def cluster_pids(data: Path) -> list[int]:
    """The postmaster of ``data`` and everything it started, the postmaster first."""
    postmaster = find_postmaster(data)
    if postmaster is None:
        return []
    children = Path(f"/proc/{postmaster.pid}/task/{postmaster.pid}/children").read_text()
    return [postmaster.pid, *map(int, children.split())]


@contextmanager
def frozen(data: Path) -> Iterator[None]:
    """Stop every process of a cluster as a hung disk would; the sockets stay open."""
    pids = cluster_pids(data)
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            try:
                os.kill(pid, signal.SIGCONT)
            except ProcessLookupError:
                continue
