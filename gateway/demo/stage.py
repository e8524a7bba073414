"""The stage of the demo: a folder, a configuration, a gateway process; swept clean at the end.

Whatever happens in between, leaving the stage ends the gateway, ends the PostgreSQL that outlives a
killed gateway, and removes the folder.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import shutil
import socket
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from gateway.demo.faces import WAIVED, available
from gateway.demo.shortened import SHORTENED
from gateway.domain.errors import GatepostError
from gateway.simulator.asking import gateway_at
from gateway.simulator.cable import Cable
from gateway.simulator.proofs import Call
from gateway.storage.layout import Layout
from gateway.storage.postmaster import find_postmaster
from gateway.storage.privilege import server_user

START_LIMIT_S = 60.0
"""For a cold start: copying the server's programs, initdb, recovery after the kill."""
STOP_LIMIT_S = 20.0
"""More than the gateway's own drain and PostgreSQL's fast stop take together."""
POLL_S = 0.05
CLIENT_PORTS = Path("/proc/sys/net/ipv4/ip_local_port_range")
TAIL_BYTES = 2_000
"""So much of the gateway's complaints is quoted when it does not start."""

CONFIGURATION = """\
# Made by `gatepost demo`; removed at its end.
[gateway]
mode = "demo"
data_dir = "{data}"

[listen]
tcp = "127.0.0.1:{tcp}"

[dialects]
enabled = {dialects}

[web]
listen = "127.0.0.1:{web}"

[log]
file = "{log}"
"""
MATCHER = """
[matcher]
enabled = true

[verification]
waived = {waived}  # the pictures of the demo are small, and turned on purpose
"""
PORT = """
[[serial]]
path = "{path}"  # a pseudo-terminal
"""
DIALECTS = ("yls", "hikvision")
"""Spoken on one port: the first bytes choose."""
LINES = 2
"""Terminals that hang on serial lines."""


class Stage:
    """One demo's folder and gateway; an asynchronous context."""

    def __init__(self) -> None:
        self.folder = _folder()
        self.config = self.folder / "gatepost.toml"
        self.log = self.folder / "gateway.log"
        self.errors = self.folder / "errors.log"
        self.layout = Layout(root=self.folder / "data")
        self.tcp, self.web = _free_ports(2)
        self.matching = available()
        """Whether faces can be shown: their networks and pictures are installed."""
        self._gateway: asyncio.subprocess.Process | None = None
        self._cables: list[Cable] = []
        self.call: Call = gateway_at(self.admin)
        """Asks the gateway; raises GatepostError while none runs."""

    @property
    def album(self) -> Path:
        """Folder of the faces that come to the gates."""
        return self.folder / "album"

    @property
    def admin(self) -> Path:
        """The administration socket."""
        return self.layout.root / "admin.sock"

    @property
    def pid(self) -> int | None:
        """The gateway's process, while one runs."""
        gateway = self._gateway
        return gateway.pid if gateway is not None and gateway.returncode is None else None

    @property
    def lines(self) -> list[str]:
        """The ends of the serial cables that the terminals have."""
        return [cable.far.path for cable in self._cables]

    async def __aenter__(self) -> Stage:
        self._cables = [Cable() for _ in range(LINES)]
        text = CONFIGURATION.format(
            data=self.layout.root,
            tcp=self.tcp,
            dialects=json.dumps(DIALECTS),
            web=self.web,
            log=self.log,
        )
        text += "".join(one.as_toml() for one in SHORTENED)
        if self.matching:
            text += MATCHER.format(waived=json.dumps(WAIVED))
        text += "".join(PORT.format(path=cable.near.path) for cable in self._cables)
        self.config.write_text(text)
        return self

    async def prepare_networks(self) -> None:
        """Convert the face networks; raises GatepostError with what the command complained of."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "gateway", "matcher", "prepare", "--config", self.config),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=_environment(os.environ),
            start_new_session=True,
        )
        said, _ = await process.communicate()
        if process.returncode:
            raise GatepostError(
                "demo.networks",
                "the face networks could not be prepared. It was said:",
                place=str(self.config),
                remedy="\n" + said.decode(errors="replace"),
            )

    async def __aexit__(self, *failure: object) -> None:
        await self._end_gateway()
        for cable in self._cables:
            cable.close()
        await asyncio.to_thread(self._end_database)
        await asyncio.to_thread(shutil.rmtree, self.folder)

    async def start_gateway(self) -> None:
        """Start it and wait until it answers; raises GatepostError with what it complained of."""
        with self.errors.open("ab") as errors:
            self._gateway = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "gateway",
                "serve",
                "--config",
                self.config,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=errors,
                stderr=errors,
                env=_environment(os.environ),
                start_new_session=True,  # Ctrl-C reaches the demo, which ends it in order
            )
        deadline = asyncio.get_running_loop().time() + START_LIMIT_S
        while not await self._answers():
            if self.pid is None or asyncio.get_running_loop().time() > deadline:
                raise self._no_start()
            await asyncio.sleep(POLL_S)

    async def kill_gateway(self) -> None:
        """Kill it the hard way, as a power cut would; PostgreSQL goes on."""
        assert self._gateway is not None
        self._gateway.kill()
        await self._gateway.wait()

    async def _answers(self) -> bool:
        try:
            await self.call("proof.totals")
        except GatepostError:
            return False
        return True

    async def _end_gateway(self) -> None:
        if self._gateway is None or self.pid is None:
            return
        self._gateway.terminate()
        try:
            await asyncio.wait_for(self._gateway.wait(), STOP_LIMIT_S)
        except TimeoutError:
            await self.kill_gateway()

    def _end_database(self) -> None:
        running = find_postmaster(self.layout.data)
        if running is not None:
            running.stop(STOP_LIMIT_S)

    def _no_start(self) -> GatepostError:
        written = b"".join(
            file.read_bytes()[-TAIL_BYTES:] for file in (self.errors, self.log) if file.exists()
        )
        return GatepostError(
            "demo.no_start",
            "the gateway did not start. It wrote:",
            place=str(self.config),
            remedy="\n" + written.decode(errors="replace"),
        )


def _folder() -> Path:
    """Make a folder the database's unprivileged user may pass through, its parents untouched."""
    user = server_user()
    for parent in dict.fromkeys((tempfile.gettempdir(), "/var/tmp", "/tmp")):  # noqa: S108
        if os.access(parent, os.W_OK) and user.can_enter(Path(parent)):
            folder = Path(tempfile.mkdtemp(prefix="gatepost-demo-", dir=parent))
            folder.chmod(0o711 if user.switch else 0o700)
            return folder
    raise GatepostError(
        "demo.folder",
        f"user {user.name}, as whom the database runs, can enter no temporary folder.",
        place=tempfile.gettempdir(),
        remedy="Name another one in the environment variable TMPDIR.",
    )


def _free_ports(count: int) -> list[int]:
    """Find ports below those the kernel hands out to clients.

    One of the kernel's could be taken by any client in the moments without a gateway.
    """
    low = int(CLIENT_PORTS.read_text().split()[0])
    found: set[int] = set()
    while len(found) < count:
        port = random.randrange(10_000, max(low, 11_000))  # noqa: S311 - no secret
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            found.add(port)
    return list(found)


def _environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Leave out what would overrule the demo's configuration."""
    return {key: value for key, value in environ.items() if not key.startswith("GATEPOST_")}
