"""The load generator keeps to the protocol's window and outlives connections that are closed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest
import uvloop
from gateway.codecs.yls.registers import Command

from benchmarks.baselines.echo import AUTH_ANSWER, HELLO_ANSWER
from benchmarks.load import fleet as fleet_module
from benchmarks.load.fleet import Fleet
from benchmarks.load.flows import Closed, Stream, run_open

WINDOW = 4
DELAY_S = 0.02
ALL_AT_ONCE = 1e6
"""Frames per second at which everything is due in the first turn."""


class Server(asyncio.Protocol):
    """Sends every frame back after a while, and counts how many it owed at most."""

    most_owed = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.owed = 0

    def data_received(self, data: bytes) -> None:
        self.owed += data.count(b"YL\x19")
        Server.most_owed = max(Server.most_owed, self.owed)
        asyncio.get_running_loop().call_later(DELAY_S, self.answer, data)

    def answer(self, data: bytes) -> None:
        self.owed -= data.count(b"YL\x19")
        self.transport.write(data)


class Closer(Server):
    """Hangs up on the terminal that came first, as soon as it says anything."""

    came = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.first = not Closer.came
        Closer.came += 1

    def data_received(self, data: bytes) -> None:
        if self.first:
            self.transport.abort()
        else:
            super().data_received(data)


@asynccontextmanager
async def fleet_at(server: Callable[[], Server], terminals: int) -> AsyncIterator[Fleet]:
    Server.most_owed = Closer.came = 0
    listening = await asyncio.get_running_loop().create_server(server, "127.0.0.1", 0)
    host, port = listening.sockets[0].getsockname()
    fleet = Fleet()
    serials = [f"T{number}" for number in range(terminals)]
    await fleet.connect(host, port, serials, 1, "none", 1)
    try:
        yield fleet
    finally:
        await fleet.drop()
        listening.close()


def test_the_open_loop_never_owes_more_than_the_window_and_says_what_waited() -> None:
    async def main() -> None:
        async with fleet_at(Server, 2) as fleet:
            fleet.prepare("beats", 0, 2, 3 * WINDOW)
            (seen,) = await run_open([Stream(fleet.links, ALL_AT_ONCE)])
        assert Server.most_owed == WINDOW
        assert seen["meant"] == seen["answered"] == 2 * 3 * WINDOW
        assert seen["held"] == 2 * 2 * WINDOW
        # The last third waited for two rounds of answers, although it was sent after the second.
        assert seen["max"] > 2.5 * DELAY_S

    uvloop.run(main())


def test_the_open_loop_goes_on_when_a_connection_is_closed() -> None:
    async def main() -> None:
        async with fleet_at(Closer, 2) as fleet:
            fleet.prepare("beats", 0, 2, 10)
            (seen,) = await run_open([Stream(fleet.links, 1000)])
            checked = fleet.check()
        assert (seen["meant"], seen["answered"]) == (20, 10)
        assert checked["lost"] == 1

    uvloop.run(main())


def test_the_closed_loop_ends_when_a_connection_is_closed() -> None:
    async def main() -> None:
        async with fleet_at(Closer, 2) as fleet:
            fleet.prepare("beats", 0, 2, 10)
            seen = await Closed(fleet.links, WINDOW, checked=False).run()
        assert seen["unfinished"]

    uvloop.run(main())


def test_the_closed_loop_uses_its_own_window_and_counts_what_is_not_ok() -> None:
    async def main() -> None:
        async with fleet_at(Server, 1) as fleet:
            fleet.prepare("beats", 0, 1, 5)
            seen = await Closed(fleet.links, 1, checked=True).run()
        assert Server.most_owed == 1
        assert (seen["answered"], seen["refused"], seen["unfinished"]) == (5, 5, 0)

    uvloop.run(main())


class Doorkeeper(Server):
    """Turns away whoever comes for the first time."""

    came = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        Doorkeeper.came += 1
        self.closed = Doorkeeper.came <= 2

    def data_received(self, data: bytes) -> None:
        if self.closed:
            self.transport.abort()
        else:
            self.transport.write(HELLO_ANSWER if data[7] == Command.HELLO else AUTH_ANSWER)


def test_a_terminal_that_is_turned_away_comes_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleet_module, "PAUSES_S", (0.0, 0.0))

    async def main() -> dict[str, Any]:
        listening = await asyncio.get_running_loop().create_server(Doorkeeper, "127.0.0.1", 0)
        host, port = listening.sockets[0].getsockname()
        fleet = Fleet()
        seen = await fleet.connect(host, port, ["T1", "T2"], 1, "shaped", 2)
        await fleet.drop()
        listening.close()
        return seen

    seen = uvloop.run(main())
    assert (seen["failed"], seen["refused"]) == (0, 2)
