"""Twisted protocols on asyncio transports, on both event loops."""

# ruff: noqa: N802 - Twisted calls these methods by these names.

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any

from gateway.protocols.link import NO_LINGER
from gateway.protocols.outbox import Outbox
from gateway.protocols.transport import Link, SoleProtocol, connect, listen
from twisted.internet.error import ConnectionAborted, ConnectionDone, ConnectionLost
from twisted.internet.interfaces import IConsumer, IListeningPort, IPushProducer, ITCPTransport
from zope.interface.verify import verifyObject  # type: ignore[import-untyped]

from tests.support.loops import each_loop, run_on
from tests.support.pipes import Ear, HalfEar, pair

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
    loop = asyncio.new_event_loop()
    link = Link(Nobody(), Outbox(loop))
    link.connection_made(transport)
    link.connection_lost(None)
    loop.close()
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
