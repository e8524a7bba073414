"""One PostgreSQL server, one directory of terminals, and as many gateways as a row wants.

The server is the embedded one under the gateway's own supervisor, with its shipped settings. Every
gateway uses it by its DSN, so that two gateways with different settings share one database.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import asyncpg
from gateway.storage.layout import Layout
from gateway.storage.opening import open_storage
from gateway.storage.postgres_files import wheel_files
from gateway.storage.postmaster import find_postmaster
from gateway.storage.privilege import server_user
from gateway.storage.supervisor import EmbeddedServer

from benchmarks.load.client import BenchmarkError
from benchmarks.load.link import secret_of
from benchmarks.processes import family
from gateway.operations import Operations

START_S = 30.0
STOP_S = 20.0
Table = Mapping[str, object]
Options = Mapping[str, Table | Sequence[Table]]
"""Settings by section, beside addresses and paths; a list where a table may be repeated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """A running gateway."""

    pid: int
    process: subprocess.Popen[str]
    tcp: tuple[str, int]
    log: Path


class Site:
    """The database and who is registered in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.layout = Layout(root=folder / "data")
        self._server = EmbeddedServer(self.layout, wheel_files(), server_user())
        self._server.start()
        self.dsn = self._server.dsn
        self.serials: dict[str, list[str]] = {}
        """By dialect."""
        self._numbers = count(1)

    def stop(self) -> None:
        """Stop the database."""
        self._server.stop()

    def postgres(self) -> list[int]:
        """Return the processes of the database."""
        postmaster = find_postmaster(self.layout.data)
        if postmaster is None:
            raise BenchmarkError("the database is gone")
        return family(postmaster.pid)

    def terminals(self, wanted: int, dialect: str = "yls") -> Sequence[str]:
        """Return the serials of so many registered terminals of a dialect."""
        known = self.serials.setdefault(dialect, [])
        if len(known) < wanted:
            kind = "" if dialect == "yls" else dialect[:3].upper()
            fresh = [f"BENCH{kind}{at:06d}" for at in range(len(known), wanted)]
            asyncio.run(self._register(fresh, dialect))
            known += fresh
        return known[:wanted]

    async def _register(self, serials: list[str], dialect: str) -> None:
        storage = await open_storage(self.dsn, self.layout.master_key)
        try:
            await Operations(storage).import_directory(_document(serials, dialect), "the benchmark")
        finally:
            await storage.close()

    def stored(self) -> int:
        """Count the identities that are held: records stored, each once."""

        async def ask() -> int:
            connection = await asyncpg.connect(self.dsn)
            try:
                found: int = await connection.fetchval("select count(*) from record_identity")
                return found
            finally:
                await connection.close()

        return asyncio.run(ask())

    @contextmanager
    def gateway(self, options: Options | None = None, host: str | None = None) -> Iterator[Gateway]:
        """Run a gateway with the shipped settings and ``options``, once terminals are registered.

        It has a data directory of its own, as two gateways must, with the one master key.
        ``host`` names a variant of `benchmarks.host` instead of `gatepost serve`.
        """
        name = f"gateway-{next(self._numbers)}"
        config, log = self.folder / f"{name}.toml", self.folder / f"{name}.jsonl"
        data = Layout(root=self.folder / name)
        shutil.copytree(self.layout.master_key.parent, data.master_key.parent)
        config.write_text(configuration(data.root, log, self.dsn, name, options or {}))
        start = ["gateway", "serve", "--config"] if host is None else ["benchmarks.host", host]
        with (self.folder / f"{name}.err").open("w") as errors:
            process = subprocess.Popen(
                [sys.executable, "-m", *start, str(config)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        try:
            address = await_start(process, log)
            yield Gateway(pid=process.pid, process=process, tcp=address, log=log)
        finally:
            end(process)


@contextmanager
def site() -> Iterator[Site]:
    """Open a site in a folder of its own; everything is removed afterwards."""
    with workspace() as folder:
        opened = Site(folder)
        try:
            yield opened
        finally:
            opened.stop()


@contextmanager
def workspace() -> Iterator[Path]:
    """A folder that the database's unprivileged user may pass through."""
    folder = Path(tempfile.mkdtemp(prefix="gatepost-bench-"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def configuration(data: Path, log: Path, dsn: str, name: str, options: Options) -> str:
    """Write a configuration in production mode; what is not named keeps its default."""
    sections: dict[str, dict[str, object]] = {
        "gateway": {"data_dir": str(data)},
        "listen": {"tcp": "127.0.0.1:0"},
        "storage": {"dsn": dsn},
        "web": {"listen": ""},
        "log": {"file": str(log)},
        "admin": {"socket": str(data / f"{name}.sock")},
    }
    repeated: list[tuple[str, Table]] = []
    for section, values in options.items():
        if isinstance(values, Mapping):
            sections.setdefault(section, {}).update(values)
        else:
            repeated += [(f"[{section}]", table) for table in values]
    lines = []
    for section, table in (*sections.items(), *repeated):
        lines.append(f"[{section}]")
        lines += [f"{key} = {json.dumps(value)}" for key, value in table.items()]
    return "\n".join(lines) + "\n"


def await_start(process: subprocess.Popen[str], log: Path) -> tuple[str, int]:
    """Wait until the gateway says that it started; return where terminals connect."""
    until = time.monotonic() + START_S
    while time.monotonic() < until and process.poll() is None:
        events = _events(log)
        if any(event["event"] == "gateway.started" for event in events):
            door = next(event for event in events if event["event"] == "listener.started")
            return str(door["host"]), int(str(door["port"]))
        time.sleep(0.005)
    said = log.with_suffix(".err").read_text()[-2000:] or "it said nothing"
    raise BenchmarkError(f"the gateway did not start within {START_S:.0f} s: {said}")


def end(process: subprocess.Popen[str]) -> None:
    """Stop a gateway as a service manager would."""
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()


def _events(log: Path) -> list[dict[str, object]]:
    if not log.exists():
        return []
    lines = log.read_text().splitlines(keepends=True)
    return [json.loads(line) for line in lines if line.endswith("\n")]


def _document(serials: list[str], dialect: str) -> dict[str, object]:
    return {
        "areas": [{"code": "310000", "name": "Shanghai"}],
        "suppliers": [{"code": "ACME", "name": "Acme Terminals"}],
        "models": [{"supplier": "ACME", "name": "A1"}],
        "projects": [
            {
                "code": "BENCH",
                "name": "Benchmark",
                "area": "310000",
                "channels": ["gate"],
                "verification": "central_gallery",
            }
        ],
        "devices": [
            {
                "serial": serial,
                "supplier": "ACME",
                "model": "A1",
                "dialect": dialect,
                "secret": secret_of(serial).hex(),
                "project": "BENCH",
                "channel": "gate",
                "direction": "in",
            }
            for serial in serials
        ],
    }
