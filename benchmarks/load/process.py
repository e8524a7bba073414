"""`python -m benchmarks.load.process`: a JSON line in, a JSON line out."""

from __future__ import annotations

import asyncio
import gc
import json
import resource
import sys
from typing import Any

import uvloop

from benchmarks.load.fleet import Fleet
from benchmarks.load.flows import Closed, Stream, run_open


class Generator:
    """Fleets by name, and what can be done with them."""

    def __init__(self) -> None:
        self._fleets: dict[str, Fleet] = {}

    async def obey(self, command: dict[str, Any]) -> Any:
        """Carry a command out."""
        do, name = command.pop("do"), command.pop("fleet")
        fleet = self._fleets.setdefault(name, Fleet())
        if do == "connect":
            return await fleet.connect(**command)
        if do == "prepare":
            return fleet.prepare(**command)
        if do == "closed":
            links = fleet.links[command["low"] : command["high"]]
            return await Closed(links, command["window"], checked=command["checked"]).run()
        if do == "open":
            return await run_open([_stream(fleet, **each) for each in command["streams"]])
        if do == "check":
            return fleet.check()
        await fleet.drop()
        return None


def _stream(fleet: Fleet, low: int, high: int, rate: float) -> Stream:
    return Stream(fleet.links[low:high], rate)


async def main() -> None:
    """Obey until standard input ends."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    generator = Generator()
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        try:
            answer = {"seen": await generator.obey(json.loads(line))}
        except Exception as error:  # told to whoever asked: a row fails, not the process
            answer = {"error": repr(error)}
        gc.collect()
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    gc.disable()  # a collection over 100,000 frames would be counted as the server's latency
    uvloop.run(main())
