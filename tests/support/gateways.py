"""Real gateway processes: their files, their log, their figures, and how they are ended."""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import asyncpg
from gateway.storage.layout import Layout
from gateway.storage.postmaster import Postmaster, find_postmaster
from gateway.storage.server_settings import SUPERUSER

from gateway.admin import ask
from gateway.crashpoints import VARIABLE as CRASH_AT
from tests.support.postgres import cluster_pids
from tests.support.waiting import wait_for

SAMPLE = re.compile(r"^(gatepost_\w+(?:\{[^}]*\})?) (\S+)$", re.MULTILINE)
LINE = dict[str, Any]
MOST_WORKERS = 4
"""What the Makefile allows."""


def free_port() -> int:
    """Find a port below those the kernel hands out to clients.

    A client that dials a port of its own range while nobody listens there can reach itself.
    Workers that test side by side look at different ports: a port is free until it is listened on.
    """
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    low = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    while True:
        port = random.randrange(10_000 + worker, max(low, 11_000), MOST_WORKERS)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


class Site:
    """The data directory of a gateway, its configuration and its log; outlives its processes."""

    def __init__(self, folder: Path, extra: str = "", listen: str = "") -> None:
        """``extra`` is TOML that follows the settings every test needs, ``listen`` its section."""
        self.data = folder / "data"
        self.config = folder / "gatepost.toml"
        self.log = folder / "gatepost.log"
        self.port = free_port()
        self.tls_port = free_port()
        self.web_port = free_port()
        self.log.touch()
        self.configure(extra, listen)

    def configure(self, extra: str, listen: str = "") -> None:
        self.config.write_text(
            f'[gateway]\nmode = "demo"\ndata_dir = "{self.data}"\n'
            f'[web]\nlisten = "127.0.0.1:{self.web_port}"\n'
            f'[listen]\ntcp = "127.0.0.1:{self.port}"\n{listen}\n{extra}\n',
            encoding="utf-8",
        )

    @property
    def postmaster(self) -> Postmaster | None:
        return find_postmaster(Layout(root=self.data).data)

    def database_pids(self) -> list[int]:
        """The postmaster and all its processes."""
        return cluster_pids(Layout(root=self.data).data)

    def query(self, sql: str, *values: object) -> list[asyncpg.Record]:
        """Ask the database itself, past every line of the gateway."""
        return asyncio.run(self.fetch(sql, *values))

    @property
    def dsn(self) -> str:
        """Where the database is."""
        folder = Layout(root=self.data).socket_folders(os.geteuid(), os.environ)[0]
        return f"postgresql://{SUPERUSER}@/postgres?host={folder}&port=5432"

    async def fetch(self, sql: str, *values: object) -> list[asyncpg.Record]:
        connection = await asyncpg.connect(self.dsn, timeout=10)
        try:
            found: list[asyncpg.Record] = await connection.fetch(sql, *values)
            return found
        finally:
            await connection.close()

    def end_database(self) -> None:
        """End a server that a killed gateway left behind."""
        running = self.postmaster
        if running is not None:
            running.stop(30)


class Gateway:
    """One process of ``gatepost serve``."""

    def __init__(
        self,
        site: Site,
        *,
        crash_at: str | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self.site = site
        self._from = site.log.stat().st_size
        environment = {k: v for k, v in os.environ.items() if not k.startswith("GATEPOST_")}
        environment.update(environ or {})
        if crash_at is not None:
            environment[CRASH_AT] = crash_at
        with site.log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gateway", "serve", "--config", str(site.config)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=environment,
                start_new_session=True,
            )

    # Its life.

    def await_started(self) -> None:
        wait_for(lambda: self._started() or self._gone(), "the gateway starts", 60)

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(30)

    def terminate(self) -> int:
        """End it in good order; returns the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)

    def resident_bytes(self) -> int:
        """Memory of the process itself."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    def _started(self) -> bool:
        return any(line.get("event") == "gateway.started" for line in self.lines())

    def _gone(self) -> bool:
        code = self.process.poll()
        assert code is None, f"the gateway ended with {code}:\n{self.text()[-2000:]}"
        return False

    # What it says.

    def text(self) -> str:
        with self.site.log.open("rb") as log:
            log.seek(self._from)
            return log.read().decode()

    def lines(self) -> list[LINE]:
        """Every complete line of this process, parsed; what is no JSON is left out."""
        found = []
        for text in self.text().splitlines():
            try:
                found.append(json.loads(text))
            except ValueError:
                continue
        return found

    def logged(self, event: str, **fields: object) -> LINE | None:
        """Return the first line of an event that has these fields."""
        for line in self.lines():
            if line.get("event") == event and fields.items() <= line.items():
                return line
        return None

    def await_logged(self, event: str, **fields: object) -> LINE:
        return wait_for(lambda: self.logged(event, **fields), f"log line {event} {fields}")

    def figures(self) -> dict[str, float]:
        """Scrape /metrics: samples by name and labels as written."""
        text = self.page("/metrics")[1]
        return {name: float(value) for name, value in SAMPLE.findall(text)}

    def figure(self, sample: str) -> float:
        return self.figures().get(sample, 0.0)

    def page(self, path: str) -> tuple[int, str]:
        url = f"http://127.0.0.1:{self.site.web_port}{path}"
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except HTTPError as error:
            with error:
                return error.code, error.read().decode()

    # What operators ask of it.

    def ask(self, call: str, **args: object) -> Any:
        return asyncio.run(ask(self.site.data / "admin.sock", call, args))


@contextmanager
def running(site: Site, **options: Any) -> Iterator[Gateway]:
    """Run a gateway for the length of a block; it must end in good order."""
    gateway = Gateway(site, **options)
    try:
        gateway.await_started()
        yield gateway
    except BaseException:
        gateway.kill()
        site.end_database()
        raise
    code = gateway.terminate()
    assert code == 0, gateway.text()[-2000:]
    assert gateway.site.postmaster is None
