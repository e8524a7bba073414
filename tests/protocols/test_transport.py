"""Twisted protocols on asyncio transports, on both event loops."""

# ruff: noqa: N802 - Twisted calls these methods by these names.

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any

import pytest
from gateway.protocols.link import NO_LINGER
from gateway.protocols.transport import Link, SoleProtocol, connect, listen
from twisted.internet.error import ConnectionAborted, ConnectionDone, ConnectionLost
from twisted.internet.interfaces import IConsumer, IListeningPort, IPushProducer, ITCPTransport
from zope.interface.verify import verifyObject  # type: ignore[import-untyped]

from tests.support.loops import each_loop, run_on
from tests.support.pipes import Ear, HalfEar, Pump, pair

NewLoop = Callable[[], asyncio.AbstractEventLoop]


@each_loop
def test_bytes_go_both_ways_and_the_end_is_clean(new_loop: NewLoop) -> None:
    async def main() -> None:
        here, there = Ear(), Ear()
        link, listener = await pair(here, there)
        link.write(b"ping")
        assert await there.until(4) == b"ping"
        there.transport.writeSequence([b"po", b"ng"])
        assert await here.until(4) == b"pong"
        assert link.getPeer() == there.transport.getHost() == listener.getHost()
        assert link.getHost() == there.transport.getPeer()
        there.transport.write(b"last")
        there.transport.loseConnection()
        there.transport.write(b"never sent")
        assert await here.lost is ConnectionDone
        assert await there.lost is ConnectionDone
        assert here.received == b"ponglast"
        link.write(b"to nobody")
        link.abortConnection()
        link.loseWriteConnection()

    run_on(new_loop, main)


@each_loop
def test_it_is_what_twisted_calls_a_tcp_transport(new_loop: NewLoop) -> None:
    async def main() -> None:
        here, there = Ear(), Ear()
        link, listener = await pair(here, there)
        for interface in (ITCPTransport, IConsumer, IPushProducer):
            assert verifyObject(interface, link, tentative=True)
        assert verifyObject(IListeningPort, listener)
        server = there.transport
        assert (server.getTcpNoDelay(), server.getTcpKeepAlive()) == (True, True)
        assert (link.getTcpNoDelay(), link.getTcpKeepAlive()) == (True, False)
        link.setTcpNoDelay(False)
        link.setTcpKeepAlive(True)
        assert (link.getTcpNoDelay(), link.getTcpKeepAlive()) == (False, True)
        link.loseConnection()
        await there.lost

    run_on(new_loop, main)


@each_loop
def test_everything_written_is_sent_before_the_close(new_loop: NewLoop) -> None:
    async def main() -> None:
        here, there = Ear(), Ear()
        link, _ = await pair(here, there)
        link.write(bytes(5_000_000))
        link.loseConnection()
        assert await there.lost is ConnectionDone
        assert len(there.received) == 5_000_000

    run_on(new_loop, main)


@each_loop
def test_an_abort_is_told_apart_from_a_close(new_loop: NewLoop) -> None:
    async def main() -> None:
        here, there = Ear(), Ear()
        link, _ = await pair(here, there)
        there.transport.pauseProducing()
        link.write(bytes(20_000_000))
        link.abortConnection()
        assert await here.lost is ConnectionAborted
        there.transport.resumeProducing()
        assert await there.lost is ConnectionLost
        assert len(there.received) < 20_000_000

    run_on(new_loop, main)


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


@each_loop
def test_one_direction_may_be_closed_alone(new_loop: NewLoop) -> None:
    async def main() -> None:
        here, there = HalfEar(), HalfEar()
        link, _ = await pair(here, there)
        link.write(b"question")
        link.loseWriteConnection()
        link.loseWriteConnection()
        link.write(b"too late")
        await there.read_closed
        assert there.received == b"question"
        there.transport.write(b"answer")
        assert await here.until(6) == b"answer"
        there.transport.loseWriteConnection()
        assert await here.lost is ConnectionDone
        assert await there.lost is ConnectionDone
        assert (here.closed, there.closed) == (["write", "read"], ["read", "write"])

    run_on(new_loop, main)


@each_loop
def test_a_protocol_that_needs_both_directions_is_closed_with_the_first(new_loop: NewLoop) -> None:
    async def main() -> None:
        here, there = HalfEar(), Ear()
        link, _ = await pair(here, there)
        link.loseWriteConnection()
        assert await there.lost is ConnectionDone
        await here.lost

    run_on(new_loop, main)


@each_loop
def test_a_direction_may_be_closed_to_a_peer_that_is_gone(new_loop: NewLoop) -> None:
    async def main() -> None:
        here = HalfEar()
        with socket.create_server(("127.0.0.1", 0)) as door:
            loop = asyncio.get_running_loop()
            link = await connect(loop, SoleProtocol(here), *door.getsockname())
            there, _ = door.accept()
            there.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
            there.close()
            link.loseWriteConnection()  # before the loop has had a chance to notice
            await here.lost

    run_on(new_loop, main)


class Nobody:
    """Refuses every connection."""

    def buildProtocol(self, addr: Any) -> None:
        return None


@each_loop
def test_a_factory_may_refuse(new_loop: NewLoop) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        listener = await listen(loop, Nobody(), "127.0.0.1", 0)
        here = Ear()
        link = await connect(
            loop, SoleProtocol(here), "127.0.0.1", listener.getHost().port, local_host="127.0.0.5"
        )
        assert link.getHost().host == "127.0.0.5"
        assert await here.lost is ConnectionLost
        listener.stopListening()

    run_on(new_loop, main)


class Clumsy(Ear):
    """Raises when it hears something."""

    def dataReceived(self, data: bytes) -> None:
        raise ZeroDivisionError


def test_a_protocol_that_raises_loses_its_connection_and_hears_why() -> None:
    async def main() -> None:
        complaints: list[Any] = []
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: complaints.append(context["exception"]))
        here, there = Ear(), Clumsy()
        link, _ = await pair(here, there)
        link.write(b"hello")
        assert await there.lost is ZeroDivisionError
        await here.lost
        assert [type(complaint) for complaint in complaints] == [ZeroDivisionError]

    run_on(asyncio.new_event_loop, main)


class Stillborn(Ear):
    def connectionMade(self) -> None:
        raise ZeroDivisionError


def test_a_protocol_that_cannot_begin_leaves_no_connection_behind() -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        complaints: list[object] = []
        loop.set_exception_handler(lambda _, context: complaints.append(context["exception"]))
        there = Stillborn()
        listener = await listen(loop, SoleProtocol(there), "127.0.0.1", 0)
        here = Ear()
        await connect(loop, SoleProtocol(here), "127.0.0.1", listener.getHost().port)
        await asyncio.wait_for(here.lost, 5)
        await asyncio.wait_for(there.lost, 5)
        assert [type(one) for one in complaints] == [ZeroDivisionError]
        listener.stopListening()

    asyncio.run(main())


def test_a_peer_that_was_gone_before_we_looked_is_dropped() -> None:
    class Gone(asyncio.Transport):
        aborted = False

        def get_extra_info(self, name: str, default: Any = None) -> Any:
            return shut if name == "socket" else default

        def abort(self) -> None:
            self.aborted = True

    shut = socket.socket()
    shut.close()
    transport = Gone()
    link = Link(Nobody())
    link.connection_made(transport)
    link.connection_lost(None)
    assert transport.aborted


def test_ipv6_addresses_are_told_as_such() -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        there = Ear()
        listener = await listen(loop, SoleProtocol(there), "::1", 0)
        here = Ear()
        link = await connect(loop, SoleProtocol(here), "::1", listener.getHost().port)
        assert type(link.getPeer()).__name__ == "IPv6Address"
        assert link.getPeer().host == "::1"
        link.loseConnection()
        await there.made
        await there.lost
        listener.startListening()
        listener.stopListening()

    run_on(asyncio.new_event_loop, main)
