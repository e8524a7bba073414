"""All terminals of one process on one event loop: dialling, the ticker, commands to whole sites.

One ticker looks at every terminal; nothing else runs while they only wait.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import cast

from twisted.internet.interfaces import IReactorFDSet

from gateway.codecs.double import PLAIN_FIRMWARE, Double, Persona, Served
from gateway.codecs.registry import load_dialects
from gateway.domain.errors import GatepostError
from gateway.protocols.clock import read_clock
from gateway.protocols.serial_device import PortSettings, PortUnavailable, open_device
from gateway.protocols.serial_port import PortCounts, SerialPort
from gateway.protocols.tls import client_context, secured
from gateway.protocols.transport import SoleProtocol, StreamFactory, connect
from gateway.simulator.album import Album
from gateway.simulator.counts import Counts
from gateway.simulator.day import arrivals
from gateway.simulator.gate import Gate
from gateway.simulator.ledger import Ledger
from gateway.simulator.line import Line, SecureLine
from gateway.simulator.serving import Serving, serve
from gateway.simulator.specification import FleetSpec, TerminalSpec
from gateway.simulator.terminal import Terminal

TICK_S = 0.02
"""How late something may happen at a gate; a look at 1,000 terminals takes 0.1 ms."""
ROSTER = range(10_001, 10_501)
"""Numbers by which terminals know the people of a site."""


class Fleet:
    """The terminals of one specification."""

    def __init__(self, spec: FleetSpec) -> None:
        """Raise GatepostError for an authority file or an album that is none."""
        self.counts = Counts()
        self.drained = asyncio.Event()
        """Set once nobody comes any more and everything recorded is acknowledged and delivered."""
        self._spec = spec
        self._tls = self._contexts(spec)
        self._dialects = load_dialects().dialects
        self._album = None if spec.album is None else Album(Path(spec.album))
        self._shut = False
        self._dialling: set[asyncio.Task[None]] = set()
        rng = random.Random(f"{spec.seed}/connect")
        start = read_clock().mono
        self._terminals = [
            self._terminal(one, start + rng.random() * spec.connect_s) for one in spec.terminals
        ]

    def begin(self) -> None:
        """Start the script at every gate."""
        now = read_clock()
        for terminal in self._terminals:
            terminal.begin(now)

    def cut(self, site: str) -> None:
        """Cut the network of a site."""
        now = read_clock()
        for terminal in self._at(site):
            terminal.cut(now)

    def heal(self, site: str) -> None:
        """Mend the network of a site."""
        now = read_clock()
        for terminal in self._at(site):
            terminal.heal(now)

    def shut(self) -> None:
        """Let nobody come any more, anywhere."""
        for terminal in self._terminals:
            terminal.gate.shut()
        self._shut = True

    def ledgers(self) -> list[Ledger]:
        """Return what each terminal did and was told."""
        return [terminal.ledger for terminal in self._terminals]

    async def run(self) -> None:
        """Drive the terminals until cancelled, then say farewell."""
        serving = [await self._listen(one) for one in self._terminals if one.spec.serves]
        try:
            while True:
                now = read_clock()
                for terminal in self._terminals:
                    if terminal.due <= now.mono:
                        terminal.tick(now)
                if self._shut and self.counts.settled and not self._occupied():
                    self.drained.set()
                await asyncio.sleep(TICK_S)
        finally:
            for task in self._dialling:
                task.cancel()
            for listening in serving:
                listening.close()
            for terminal in self._terminals:
                terminal.part()

    @staticmethod
    async def _listen(terminal: Terminal) -> Serving:
        spec, double = terminal.spec, terminal.double
        if not isinstance(double, Served):
            raise GatepostError(
                "simulate.no_server",
                f'terminals that speak "{spec.dialect}" are no servers.',
                place=f"terminal {spec.serial}",
            )
        return await serve(double, read_clock, spec.address or "127.0.0.1", spec.serves or 0)

    def _at(self, site: str) -> Iterator[Terminal]:
        """Find the terminals on a site's network; those on a serial line need none."""
        return (one for one in self._terminals if one.spec.site == site and not one.spec.line)

    def _terminal(self, one: TerminalSpec, first_dial: float) -> Terminal:
        spec = self._spec
        album = self._album if one.site == spec.album_site and one.line is None else None
        script = spec.script
        if self._album is not None and album is None:
            script = replace(script, verify=0.0)
        day = arrivals(script, spec.seed, one.index, ROSTER)
        return Terminal(
            one,
            self._double(one),
            Gate(day, f"{spec.epoch} {one.serial}", one.direction, album),
            Ledger(serial=one.serial, series=spec.epoch, dialect=one.dialect, named=one.named),
            self.counts,
            self._dial,
            speed=spec.script.speed,
            first_dial=first_dial,
        )

    def _double(self, one: TerminalSpec) -> Double:
        persona = Persona(
            serial=one.serial,
            secret=bytes.fromhex(one.secret),
            model=one.model,
            firmware=one.firmware or PLAIN_FIRMWARE,
            series=self._spec.epoch,
            variant=self._spec.seed + one.index,
            served=one.serves is not None,
        )
        dialect = self._dialects.get(one.dialect)
        if dialect is None or dialect.device is None:
            raise GatepostError(
                "simulate.no_double",
                f'nothing here can play a terminal that speaks "{one.dialect}".',
                place=f"terminal {one.serial}",
            )
        return dialect.device(persona)

    def _occupied(self) -> bool:
        return any(terminal.occupied for terminal in self._terminals)

    @staticmethod
    def _contexts(spec: FleetSpec) -> dict[str, object]:
        if spec.tls_ca is None:
            return {}
        ca, doors = Path(spec.tls_ca), spec.doors.items()
        return {name: client_context(ca, door.host) for name, door in doors if door.tls}

    def _dial(self, terminal: Terminal) -> None:
        if terminal.spec.line is not None:
            self._plug_in(terminal, terminal.spec.line)
            return
        task = asyncio.get_running_loop().create_task(self._connect(terminal))
        self._dialling.add(task)
        task.add_done_callback(self._dialling.discard)

    @staticmethod
    def _plug_in(terminal: Terminal, path: str) -> None:
        from twisted.internet import reactor  # installed by now; see `install_reactor`

        settings = PortSettings(path=path)
        try:
            device = open_device(settings)
        except PortUnavailable:
            terminal.unreachable(read_clock())
            return
        line = Line(terminal, read_clock)
        fds = cast(IReactorFDSet, reactor)
        SerialPort(line, device, fds, PortCounts(), settings.write_bytes)

    async def _connect(self, terminal: Terminal) -> None:
        loop = asyncio.get_running_loop()
        factory: StreamFactory
        context = self._tls.get(terminal.spec.dialect)
        if context is None:
            factory = SoleProtocol(Line(terminal, read_clock))
        else:
            line = SoleProtocol(SecureLine(terminal, read_clock))
            factory = secured(context, line, client=True)
        door = self._spec.doors[terminal.spec.dialect]
        try:
            await connect(loop, factory, door.host, door.port, local_host=terminal.spec.address)
        except OSError:
            terminal.unreachable(read_clock())
