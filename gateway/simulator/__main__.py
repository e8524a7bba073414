"""A fleet process: ``python -m gateway.simulator``.

The first line on standard input is a `FleetSpec`; each further line is a command, an object with
one of the keys ``begin``, ``cut``, ``heal`` (a site), ``finish`` (seconds at most) and ``stop``.
Standard output carries one JSON object per line: ``counts`` every quarter of a second, read ``at``
that monotonic time, and after ``finish`` one ``ledger`` per terminal and ``finished``. The process
ends with its standard input, so that nothing is left running when its owner dies.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
from collections.abc import Callable
from contextlib import suppress

from gateway.protocols.clock import read_clock
from gateway.protocols.reactor import install_reactor
from gateway.simulator.fleet import Fleet
from gateway.simulator.specification import loads

REPORT_S = 0.25
LINE_LIMIT = 256 * 1024 * 1024
"""Bytes of one line; a specification is some 300 bytes a terminal."""
FAREWELL_S = 0.2
"""Time for BYE and FIN to leave before the process ends."""


class Process:
    """Obeys the owner of one fleet."""

    def __init__(self, fleet: Fleet, say: Callable[[dict[str, object]], None]) -> None:
        self._fleet = fleet
        self._say = say
        self._group: asyncio.TaskGroup

    async def run(self, commands: asyncio.StreamReader) -> None:
        """Drive the fleet until ``stop`` or the end of the commands."""
        async with asyncio.TaskGroup() as group:
            self._group = group
            work = [group.create_task(part()) for part in (self._fleet.run, self._report)]
            while line := await commands.readline():
                command = json.loads(line)
                if "stop" in command:
                    break
                self.obey(command)
            for task in work:
                task.cancel()
        await asyncio.sleep(FAREWELL_S)

    def obey(self, command: dict[str, object]) -> None:
        """Do what one command says; raises ValueError for an unknown one."""
        match command:
            case {"begin": _}:
                self._fleet.begin()
            case {"cut": str(site)}:
                self._fleet.cut(site)
            case {"heal": str(site)}:
                self._fleet.heal(site)
            case {"finish": int(limit) | float(limit)}:
                self._group.create_task(self._finish(limit))
            case _:
                raise ValueError(f"unknown command {command}")

    async def _report(self) -> None:
        while True:
            self._say_counts()
            await asyncio.sleep(REPORT_S)

    def _say_counts(self) -> None:
        self._say({"counts": self._fleet.counts.as_json(), "at": read_clock().mono})

    async def _finish(self, limit_s: float) -> None:
        self._fleet.shut()
        with suppress(TimeoutError):  # the ledgers tell what is missing
            await asyncio.wait_for(self._fleet.drained.wait(), limit_s)
        self._say_counts()
        for ledger in self._fleet.ledgers():
            self._say({"ledger": ledger.as_json()})
        self._say({"finished": self._fleet.counts.settled})


def say(message: dict[str, object]) -> None:
    """Write one line to our owner."""
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


async def serve() -> None:
    """Read the specification and obey."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=LINE_LIMIT)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    line = await reader.readline()
    if line:
        await Process(Fleet(loads(line)), say).run(reader)


def main() -> None:
    """Run one fleet; as many files may be open as the system lets us have."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    install_reactor().run_until_complete(serve())


if __name__ == "__main__":
    main()
