"""Twisted protocols on asyncio's own transports: the fast way from a socket to a session.

Twisted's TCP never sends at once: each write waits for the next turn of the reactor. Asyncio's
transports send first and ask later, at a third of the cost. This module lends them to any Twisted
protocol and knows nothing of what is spoken. No Twisted reactor is needed.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.error import ConnectionAborted, ConnectionDone, ConnectionLost
from twisted.internet.interfaces import (
    IConsumer,
    IHalfCloseableProtocol,
    IListeningPort,
    IPushProducer,
    ITCPTransport,
)
from twisted.python.failure import Failure
from zope.interface import implementer  # type: ignore[import-untyped]

BACKLOG = 4096
"""Connections the kernel keeps until we take them: the usual ceiling of Linux, so that a site of
thousands may reconnect in the same second."""

WRITE_HIGH = 256 * 1024
WRITE_LOW = 64 * 1024
"""Default unsent bytes above which a producer is paused, and below which it goes on."""

Address = IPv4Address | IPv6Address


class StreamProtocol(Protocol):
    """The part of Twisted's IProtocol that a transport calls."""

    def makeConnection(self, transport: Any) -> None:  # noqa: N802
        """Begin, with a transport to write to."""

    def dataReceived(self, data: bytes) -> None:  # noqa: N802
        """Take what arrived."""

    def connectionLost(self, reason: Failure) -> None:  # noqa: N802
        """Take note of the end."""


class StreamFactory(Protocol):
    """The part of Twisted's IProtocolFactory that a transport calls."""

    def buildProtocol(self, addr: Any) -> StreamProtocol | None:  # noqa: N802
        """Make the protocol of one connection, or refuse it by returning None."""


class Producer(Protocol):
    """Twisted's IPushProducer as a type."""

    def pauseProducing(self) -> None:  # noqa: N802
        """Stop writing for now."""

    def resumeProducing(self) -> None:  # noqa: N802
        """Go on writing."""

    def stopProducing(self) -> None:  # noqa: N802
        """Never write again."""


class SoleProtocol:
    """A factory for one connection."""

    def __init__(self, protocol: StreamProtocol) -> None:
        self._protocol = protocol

    def buildProtocol(self, addr: Any) -> StreamProtocol:  # noqa: N802
        """Hand the protocol over."""
        del addr
        return self._protocol


def _address(name: tuple[Any, ...]) -> Address:
    kind = IPv6Address if ":" in name[0] else IPv4Address
    return kind("TCP", name[0], name[1])


def _discard(data: bytes) -> None:
    """Writing to a connection that is over is allowed and does nothing, as Twisted has it."""
    del data


def _nobody(data: bytes) -> None:
    """Bytes that arrive for a connection nobody took."""
    del data


@implementer(ITCPTransport, IConsumer, IPushProducer)
class Link(asyncio.Protocol):
    """One connection: an asyncio protocol to the loop, an ITCPTransport to a Twisted protocol."""

    __slots__ = (
        "_aborted",
        "_deliver",
        "_disconnecting",
        "_factory",
        "_high",
        "_low",
        "_over",
        "_peer",
        "_producer",
        "_protocol",
        "_reading_paused",
        "_transport",
        "_write_closed",
        "_write_paused",
        "_written",
        "write",
    )

    def __init__(
        self, factory: StreamFactory, write_high: int = WRITE_HIGH, write_low: int = WRITE_LOW
    ) -> None:
        self._factory: StreamFactory | None = factory
        self._high = write_high
        self._low = write_low
        self._transport: asyncio.Transport
        self._peer: Address
        self._protocol: StreamProtocol | None = None
        self._deliver: Callable[[bytes], None] = _nobody
        self._producer: Producer | None = None
        self._aborted = False
        self._disconnecting = False
        self._over = False
        self._reading_paused = False
        self._write_closed = False
        self._write_paused = False
        self._written = 0
        self.write: Callable[[bytes], None] = _discard
        """Send bytes. Asyncio's own method while the connection is well, so it costs nothing."""

    # What the loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Build the protocol for this peer and connect it; abort where there is none."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        factory, self._factory = self._factory, None
        assert factory is not None
        peer = transport.get_extra_info("peername")
        if peer is None:  # it left before we could look
            self.abortConnection()
            return
        transport.set_write_buffer_limits(high=self._high, low=self._low)
        self._peer = _address(peer)
        protocol = factory.buildProtocol(self._peer)
        if protocol is None:
            self.abortConnection()
            return
        self._protocol = protocol
        self._deliver = protocol.dataReceived
        self.write = transport.write
        protocol.makeConnection(self)
        if self._reading_paused:
            # uvloop begins to read when this method returns, whatever was asked for in it.
            asyncio.get_running_loop().call_soon(self._apply_pause)

    def data_received(self, data: bytes) -> None:
        """Pass bytes on."""
        self._deliver(data)

    def eof_received(self) -> bool:
        """Keep the connection for a protocol that can live with one direction; else close it."""
        protocol = self._protocol
        if not IHalfCloseableProtocol.providedBy(protocol):
            return False
        protocol.readConnectionLost()  # type: ignore[union-attr]
        return not self._write_closed

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell producer and protocol, then forget them."""
        self._over = True
        self.write = _discard
        producer, self._producer = self._producer, None
        protocol, self._protocol = self._protocol, None
        self._deliver = _nobody
        if producer is not None:
            producer.stopProducing()
        if protocol is not None:
            protocol.connectionLost(self._failure(exc))

    def pause_writing(self) -> None:
        """More than ``write_high`` bytes are unsent: pause the producer."""
        self._write_paused = True
        if self.write is not _discard:
            self._written = self._transport.get_write_buffer_size()
            self.write = self._write_counted
        if self._producer is not None:
            self._producer.pauseProducing()

    def resume_writing(self) -> None:
        """Fewer than ``write_low`` bytes are unsent: the producer may go on."""
        self._write_paused = False
        if self.write is not _discard:
            self.write = self._transport.write
        if self._producer is not None:
            self._producer.resumeProducing()

    def _write_counted(self, data: bytes) -> None:
        self._written += len(data)
        self._transport.write(data)

    def _failure(self, exc: Exception | None) -> Failure:
        reason: Exception
        if self._aborted:
            reason = ConnectionAborted()
        elif exc is None:
            reason = ConnectionDone()
        elif isinstance(exc, OSError):
            reason = ConnectionLost(str(exc))
        else:
            reason = exc
        return Failure(reason)  # type: ignore[no-untyped-call]

    def _apply_pause(self) -> None:
        if self._reading_paused and not self._transport.is_closing():
            self._transport.pause_reading()

    # What the protocol calls.

    def writeSequence(self, data: list[bytes]) -> None:  # noqa: N802
        """Send several pieces in one go."""
        self.write(b"".join(data))

    def loseConnection(self) -> None:  # noqa: N802
        """Close once everything written is sent; a registered producer may finish first."""
        if self._disconnecting:
            return
        self._disconnecting = True
        if self._producer is None:
            self._close()

    def abortConnection(self) -> None:  # noqa: N802
        """Close at once; unsent bytes are lost."""
        if not self._over:
            self._aborted = True
            self.write = _discard
            self._transport.abort()

    def loseWriteConnection(self) -> None:  # noqa: N802
        """Close our direction once everything is sent; the other stays open.

        A half-closeable protocol hears of it at once: asyncio does not say when the last byte left.
        """
        if self._write_closed or self._over or self._transport.is_closing():
            return
        self._write_closed = True
        self.write = _discard
        self._transport.write_eof()
        if IHalfCloseableProtocol.providedBy(self._protocol):
            self._protocol.writeConnectionLost()  # type: ignore[union-attr]

    def _close(self) -> None:
        self.write = _discard
        if not self._over:
            self._transport.close()

    def registerProducer(self, producer: Producer, streaming: bool) -> None:  # noqa: N802
        """Let ``producer`` know when to pause. Raises TypeError for a pull producer."""
        if not streaming:
            raise TypeError("only push producers are served here; pass streaming=True")
        if self._producer is not None:
            raise RuntimeError(f"{self._producer!r} is registered already")
        if self._over:
            producer.stopProducing()
            return
        self._producer = producer
        if self._write_paused:
            producer.pauseProducing()

    def unregisterProducer(self) -> None:  # noqa: N802
        """Forget the producer, and close if only it was waited for."""
        self._producer = None
        if self._disconnecting:
            self._close()

    def pauseProducing(self) -> None:  # noqa: N802
        """Stop reading the socket; the kernel's buffer fills and the peer has to wait."""
        self._reading_paused = True
        self._apply_pause()

    def resumeProducing(self) -> None:  # noqa: N802
        """Read the socket again."""
        self._reading_paused = False
        if not self._transport.is_closing():
            self._transport.resume_reading()

    def stopProducing(self) -> None:  # noqa: N802
        """Close, as Twisted's transports do when their consumer is gone."""
        self.loseConnection()

    def drained(self) -> int:
        """Return how many bytes the kernel took since unsent bytes last exceeded the high mark."""
        return self._written - self._transport.get_write_buffer_size()

    def getPeer(self) -> Address:  # noqa: N802
        """Return the other end."""
        return self._peer

    def getHost(self) -> Address:  # noqa: N802
        """Return our end; only while connected."""
        return _address(self._transport.get_extra_info("sockname"))

    def getTcpNoDelay(self) -> bool:  # noqa: N802
        """Say whether small writes go out at once; asyncio and uvloop set this on each socket."""
        return bool(self._socket().getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))

    def setTcpNoDelay(self, enabled: bool) -> None:  # noqa: N802
        """Send small writes at once, or gather them."""
        self._socket().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, int(enabled))

    def getTcpKeepAlive(self) -> bool:  # noqa: N802
        """Say whether the kernel probes an idle connection."""
        return bool(self._socket().getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE))

    def setTcpKeepAlive(self, enabled: bool) -> None:  # noqa: N802
        """Let the kernel probe an idle connection, or not."""
        self._socket().setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, int(enabled))

    def _socket(self) -> socket.socket:
        found: socket.socket = self._transport.get_extra_info("socket")
        return found


@implementer(IListeningPort)
class Listener:
    """A listening socket."""

    def __init__(self, server: asyncio.Server) -> None:
        self._server = server
        self._host = _address(server.sockets[0].getsockname())

    def startListening(self) -> None:  # noqa: N802
        """Do nothing: `listen` has started already."""

    def stopListening(self) -> None:  # noqa: N802
        """Accept nothing more; connections that exist go on."""
        self._server.close()

    def getHost(self) -> Address:  # noqa: N802
        """Return the address listened on, with the port that port 0 became."""
        return self._host


async def listen(
    loop: asyncio.AbstractEventLoop,
    factory: StreamFactory,
    host: str,
    port: int,
    *,
    write_high: int = WRITE_HIGH,
    write_low: int = WRITE_LOW,
) -> Listener:
    """Accept connections for ``factory``; port 0 takes a free one. Raises OSError."""
    make = partial(Link, factory, write_high, write_low)
    server = await loop.create_server(make, host, port, backlog=BACKLOG)
    for listening in server.sockets:
        # Inherited by every connection accepted from it, which saves a system call for each.
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    return Listener(server)


async def connect(
    loop: asyncio.AbstractEventLoop,
    factory: StreamFactory,
    host: str,
    port: int,
    *,
    local_host: str | None = None,
    write_high: int = WRITE_HIGH,
    write_low: int = WRITE_LOW,
) -> Link:
    """Connect a protocol of ``factory`` to a server, from ``local_host`` if given. Raises OSError.

    For a protocol that exists already, pass ``SoleProtocol(protocol)``.
    """
    make = partial(Link, factory, write_high, write_low)
    local = (local_host, 0) if local_host is not None else None
    _, link = await loop.create_connection(make, host, port, local_addr=local)
    return link
