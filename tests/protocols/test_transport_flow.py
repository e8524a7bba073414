"""Flow control of the asyncio transports: slow readers, producers, pauses."""

# ruff: noqa: N802 - Twisted calls these methods by these names.

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

import pytest
from gateway.protocols.transport import Link, SoleProtocol, listen
from twisted.internet.error import ConnectionDone

from tests.support.loops import each_loop, run_on
from tests.support.pipes import Ear, Pump, pair

NewLoop = Callable[[], asyncio.AbstractEventLoop]


@each_loop
def test_a_slow_reader_pauses_the_producer_and_resumes_it(new_loop: NewLoop) -> None:
    async def main() -> None:
        here, there = Ear(), Ear()
        link, _ = await pair(here, there)
        pump = Pump()
        link.registerProducer(pump, True)
        with pytest.raises(RuntimeError, match="registered already"):
            link.registerProducer(Pump(), True)
        there.transport.pauseProducing()
        size = 20_000_000
        link.write(bytes(size))
        assert pump.told == ["pause"]
        assert link.drained() == 0
        link.write(b"more")
        assert link.drained() == 0
        there.transport.resumeProducing()
        await pump.resumed.wait()
        assert pump.told == ["pause", "resume"]
        assert size - 20_000_000 < link.drained() <= size + 4
        await there.until(size + 4)
        link.unregisterProducer()
        link.loseConnection()
        await there.lost
        assert pump.told == ["pause", "resume"]

    run_on(new_loop, main)


@each_loop
def test_progress_of_a_slow_reader_can_be_seen(new_loop: NewLoop) -> None:
    async def main() -> None:
        here, there = Ear(), Ear()
        link, _ = await pair(here, there, write_high=1000, write_low=100)
        there.transport.registerProducer(Pump(), True)
        link.pauseProducing()
        there.transport.write(bytes(20_000_000))
        seen = there.transport.drained()
        for _ in range(20):
            there.transport.write(bytes(1000))
            await asyncio.sleep(0)
        while there.transport.drained() < seen + 100_000:
            link.resumeProducing()
            await here.until(len(here.received) + 1)
            link.pauseProducing()
        link.abortConnection()
        await there.lost

    run_on(new_loop, main)


@each_loop
def test_a_producer_that_comes_late_is_paused_at_once_or_stopped(new_loop: NewLoop) -> None:
    async def main() -> None:
        here, there = Ear(), Ear()
        link, _ = await pair(here, there)
        there.transport.pauseProducing()
        link.write(bytes(20_000_000))
        late, later = Pump(), Pump()
        link.registerProducer(late, True)
        link.abortConnection()
        await here.lost
        link.registerProducer(later, True)
        assert (late.told, later.told) == (["pause", "stop"], ["stop"])
        with pytest.raises(TypeError, match="streaming=True"):
            link.registerProducer(later, False)
        there.transport.abortConnection()
        await there.lost

    run_on(new_loop, main)


class LastWords(Pump):
    """Writes once more when it may."""

    def __init__(self, link: Link) -> None:
        super().__init__()
        self._link = link

    def resumeProducing(self) -> None:
        super().resumeProducing()
        self._link.write(b"its last words")


@each_loop
def test_a_close_waits_for_a_paused_producer(new_loop: NewLoop) -> None:
    async def main() -> None:
        here, there = Ear(), Ear()
        link, _ = await pair(here, there)
        pump = LastWords(link)
        link.registerProducer(pump, True)
        there.transport.pauseProducing()
        link.write(bytes(20_000_000))
        link.loseConnection()
        link.loseConnection()
        assert pump.told == ["pause"]
        there.transport.resumeProducing()
        assert await there.lost is ConnectionDone
        assert there.received.endswith(b"\0its last words")
        await here.lost
        assert pump.told == ["pause", "resume", "stop"]

    run_on(new_loop, main)


@each_loop
def test_a_close_does_not_wait_for_a_producer_that_may_write(new_loop: NewLoop) -> None:
    async def main() -> None:
        here, there = Ear(), Ear()
        link, _ = await pair(here, there)
        link.registerProducer(Pump(), True)
        link.write(b"said")
        link.loseConnection()
        link.write(b"and no more")
        assert await there.lost is ConnectionDone
        assert there.received == b"said"

    run_on(new_loop, main)


@each_loop
def test_a_paused_producer_that_leaves_is_not_waited_for(new_loop: NewLoop) -> None:
    async def main() -> None:
        here, there = Ear(), Ear()
        link, _ = await pair(here, there)
        link.registerProducer(Pump(), True)
        there.transport.pauseProducing()
        link.write(bytes(20_000_000))
        link.loseConnection()
        link.unregisterProducer()
        link.write(b"and no more")
        there.transport.resumeProducing()
        assert await there.lost is ConnectionDone
        assert len(there.received) == 20_000_000

    run_on(new_loop, main)


@each_loop
def test_a_paused_transport_takes_nothing_in_and_the_peer_has_to_wait(new_loop: NewLoop) -> None:
    async def main() -> None:
        here, there = Ear(), Ear()
        link, _ = await pair(here, there)
        pump = Pump()
        link.registerProducer(pump, True)
        there.transport.pauseProducing()
        while not pump.paused.is_set():
            link.write(bytes(1_000_000))
        taken = len(there.received)
        for _ in range(50):
            await asyncio.sleep(0)
        assert len(there.received) == taken == 0
        there.transport.resumeProducing()
        await pump.resumed.wait()
        assert there.received
        link.stopProducing()
        link.unregisterProducer()
        await there.lost

    run_on(new_loop, main)


class Sleeper(Ear):
    """Does not want to read from the first moment on."""

    def connectionMade(self) -> None:
        super().connectionMade()
        self.transport.pauseProducing()


@each_loop
def test_reading_can_be_paused_from_the_first_moment(new_loop: NewLoop) -> None:
    async def main() -> None:
        here, there = Ear(), Sleeper()
        loop = asyncio.get_running_loop()
        listener = await listen(loop, SoleProtocol(there), "127.0.0.1", 0)
        with socket.socket() as sock:
            sock.setblocking(False)
            await loop.sock_connect(sock, ("127.0.0.1", listener.getHost().port))
            await loop.sock_sendall(sock, b"early")
            await there.made
            for _ in range(50):
                await asyncio.sleep(0)
            assert there.received == b""
            there.transport.resumeProducing()
            assert await there.until(5) == b"early"
        await there.lost
        listener.stopListening()
        del here

    run_on(new_loop, main)
