"""The generator as the rows see it: a process that is told what to do and says what it saw.

Each measurement has a process of its own, so one that fails leaves nothing behind for the next.
"""

from __future__ import annotations

import json
import select
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from typing import Any

from benchmarks.load.fleet import Kind, Login

IN_FLIGHT = 512
"""Terminals that come in at the same time, in a storm and otherwise."""
ANSWER_S = 240.0
"""How long the generator may be busy with one order; it gives up by itself long before."""
STOP_S = 10.0
_epochs = count(0x0BE0_0001)


class BenchmarkError(RuntimeError):
    """A run that must not count: an answer was missing, wrong or came from nobody."""


class Worker:
    """A generator process that takes orders."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.pid = process.pid

    def tell(self, do: str, **details: Any) -> Any:
        """Give one order and return what was seen; raises BenchmarkError."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        if self._process.poll() is not None:
            raise BenchmarkError(f"the load generator had died before it was told to {do}")
        self._process.stdin.write(json.dumps({"do": do, **details}) + "\n")
        self._process.stdin.flush()
        if not select.select([self._process.stdout], [], [], ANSWER_S)[0]:
            self._process.kill()
            raise BenchmarkError(f"the load generator did not come back from {do}")
        line = self._process.stdout.readline()
        if not line:
            raise BenchmarkError(f"the load generator died doing {do}")
        answer = json.loads(line)
        if "error" in answer:
            raise BenchmarkError(f"the load generator could not {do}: {answer['error']}")
        return answer["seen"]

    def stop(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()


class Load(Worker):
    """Terminals that speak YLS/1."""

    def connect(
        self, fleet: str, address: tuple[str, int], serials: Sequence[str], login: Login = "real"
    ) -> dict[str, Any]:
        """Bring a fleet in under a fresh record series; every terminal must get in in the end."""
        host, port = address
        seen: dict[str, Any] = self._tell(
            "connect",
            fleet,
            host=host,
            port=port,
            serials=list(serials),
            epoch=next(_epochs),
            login=login,
            in_flight=IN_FLIGHT,
        )
        if seen["failed"]:
            raise BenchmarkError(
                f"{seen['failed']} of {len(serials)} terminals did not get in ({told(seen['why'])})"
            )
        self._check(fleet)
        return seen

    def prepare(self, fleet: str, kind: Kind, low: int, high: int, frames: int) -> int:
        """Make frames for the links ``low`` … ``high`` - 1; return how many."""
        made: int = self._tell("prepare", fleet, kind=kind, low=low, high=high, count=frames)
        return made

    def closed(
        self, fleet: str, low: int, high: int, window: int, *, checked: bool = True
    ) -> dict[str, float]:
        """Send what was made, ``window`` frames unanswered per link; all must be answered OK."""
        seen: dict[str, float] = self._tell(
            "closed", fleet, low=low, high=high, window=window, checked=checked
        )
        self._check(fleet)
        if seen["unfinished"] or seen["refused"]:
            raise BenchmarkError(f"{fleet}: {seen}")
        return seen

    def open(self, fleet: str, *streams: dict[str, float]) -> list[dict[str, float]]:
        """Send what was made at the streams' rates; what is refused or missing is in the result."""
        seen: list[dict[str, float]] = self._tell("open", fleet, streams=list(streams))
        self._check(fleet)
        return seen

    def beat(self, fleet: str, terminals: int) -> None:
        """Let every terminal send one heartbeat, so that none is taken for half-open meanwhile."""
        self.prepare(fleet, "beats", 0, terminals, 1)
        self.closed(fleet, 0, terminals, 1)

    def drop(self, fleet: str) -> None:
        """Close a fleet's connections."""
        self._tell("drop", fleet)

    def _check(self, fleet: str) -> None:
        seen = self._tell("check", fleet)
        if seen["lost"] or seen["bad"]:
            raise BenchmarkError(
                f"{seen['lost']} connections lost ({told(seen['why'])}), {seen['bad']} bad answers"
            )

    def _tell(self, do: str, fleet: str, **details: Any) -> Any:
        return self.tell(do, fleet=fleet, **details)


def told(reasons: Sequence[tuple[str, int]]) -> str:
    """Write reasons down with how often they were given."""
    return ", ".join(f"{times} x {words}" for words, times in reasons)


@contextmanager
def generator() -> Iterator[Load]:
    """Run terminals that speak YLS/1."""
    load = Load(_started("benchmarks.load.process"))
    try:
        yield load
    finally:
        load.stop()


@contextmanager
def posts() -> Iterator[Worker]:
    """Run terminals that post over HTTP, see `benchmarks.load.posts`."""
    worker = Worker(_started("benchmarks.load.posts"))
    try:
        yield worker
    finally:
        worker.stop()


def _started(module: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", module], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
