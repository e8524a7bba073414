"""Fleet processes as their owner sees them: started, told what to do, added up, ended by pid."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gateway.domain.errors import GatepostError
from gateway.simulator import counts as reading
from gateway.simulator import ledger as book
from gateway.simulator.counts import Counts, summed
from gateway.simulator.ledger import Ledger
from gateway.simulator.specification import FleetSpec, dumps

LINE_LIMIT = 256 * 1024 * 1024
"""Bytes of one line: a ledger names every picture of its terminal."""
STOP_S = 5.0
"""How long a process may take to say farewell before it is ended by a signal."""


class FleetProcess:
    """One process and what it said last."""

    def __init__(self, child: asyncio.subprocess.Process) -> None:
        self._child = child
        self.pid = child.pid
        self.counts = Counts()
        self.as_of = 0.0
        """When the counts were read, by the machine's monotonic clock; 0 before the first."""
        self.ledgers: list[Ledger] = []
        self._finished = asyncio.Event()
        self._listening = asyncio.create_task(self._listen())

    @property
    def gone(self) -> bool:
        """The process has ended."""
        return self._listening.done()

    def tell(self, **command: Any) -> None:
        """Give one command; nobody hears it when the process has ended."""
        assert self._child.stdin is not None
        if not self.gone:
            self._child.stdin.write(json.dumps(command).encode() + b"\n")

    async def finished(self) -> None:
        """Wait until the ledgers are here, or the process has ended."""
        waiting = asyncio.ensure_future(self._finished.wait())
        await asyncio.wait({waiting, self._listening}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()

    async def stop(self) -> None:
        """End the process, at first politely."""
        assert self._child.stdin is not None
        self.tell(stop=True)
        self._child.stdin.close()
        for impatient in (self._child.terminate, self._child.kill):
            try:
                await asyncio.wait_for(self._child.wait(), STOP_S)
                break
            except TimeoutError:
                impatient()
        await self._child.wait()
        await self._listening

    async def _listen(self) -> None:
        assert self._child.stdout is not None
        while line := await self._child.stdout.readline():
            message = json.loads(line)
            if "counts" in message:
                self.counts = reading.from_json(message["counts"])
                self.as_of = message["at"]
            elif "ledger" in message:
                self.ledgers.append(book.from_json(message["ledger"]))
            elif "finished" in message:
                self._finished.set()


class Fleets:
    """All fleet processes of one run; an asynchronous context that ends them."""

    def __init__(self, specs: Sequence[FleetSpec], errors: Path | None = None) -> None:
        """``errors`` is a file for what the processes complain about; None: our standard error."""
        self._specs = specs
        self._errors = errors
        self._fleets: list[FleetProcess] = []

    async def __aenter__(self) -> Fleets:
        try:
            for spec in self._specs:
                self._fleets.append(await self._start(spec))
        except BaseException:
            await self.stop()
            raise
        return self

    async def __aexit__(self, *failure: object) -> None:
        await self.stop()

    @property
    def pids(self) -> list[int]:
        """The processes."""
        return [fleet.pid for fleet in self._fleets]

    def counts(self) -> Counts:
        """Add up the last readings; raises GatepostError when a process has ended."""
        self._check()
        return summed(fleet.counts for fleet in self._fleets)

    @property
    def as_of(self) -> float:
        """When the oldest of the readings was made, by the machine's monotonic clock."""
        return min((fleet.as_of for fleet in self._fleets), default=0.0)

    def begin(self) -> None:
        """Start the script at every gate."""
        self._tell(begin=True)

    def cut(self, site: str) -> None:
        """Cut the network of a site."""
        self._tell(cut=site)

    def heal(self, site: str) -> None:
        """Mend the network of a site."""
        self._tell(heal=site)

    def finish(self, limit_s: float) -> None:
        """Let nobody come any more and drain; `ledgers` waits for the result."""
        self._tell(finish=limit_s)

    async def ledgers(self) -> list[Ledger]:
        """Wait for the drain to end and return every terminal's ledger.

        Raises GatepostError when a process has ended instead.
        """
        await asyncio.gather(*(fleet.finished() for fleet in self._fleets))
        self._check()
        found = [ledger for fleet in self._fleets for ledger in fleet.ledgers]
        return sorted(found, key=lambda ledger: ledger.serial)

    async def stop(self) -> None:
        """End every process."""
        await asyncio.gather(*(fleet.stop() for fleet in self._fleets))
        self._fleets.clear()

    async def _start(self, spec: FleetSpec) -> FleetProcess:
        errors = None if self._errors is None else self._errors.open("ab")
        try:
            child = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "gateway.simulator",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
                limit=LINE_LIMIT,
                start_new_session=True,  # Ctrl-C reaches the owner, who ends its processes in order
            )
        finally:
            if errors is not None:
                errors.close()
        fleet = FleetProcess(child)
        assert child.stdin is not None
        child.stdin.write(dumps(spec).encode() + b"\n")
        return fleet

    def _tell(self, **command: Any) -> None:
        self._check()
        for fleet in self._fleets:
            fleet.tell(**command)

    def _check(self) -> None:
        gone = [str(fleet.pid) for fleet in self._fleets if fleet.gone]
        if gone:
            raise GatepostError(
                "simulator.ended",
                f"a process of simulated terminals ended by itself (pid {', '.join(gone)}).",
                place=str(self._errors or "standard error"),
                remedy="What it complained about is written there.",
            )
