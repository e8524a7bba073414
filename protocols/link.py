"""One connection: an asyncio protocol on one side, what Twisted calls a transport on the other.

Twisted's own TCP never sends at once: each write waits for the next turn of the reactor. Asyncio's
transports send first and ask later, at a third of the cost. No Twisted reactor is needed here.
"""

# ruff: noqa: N802 - Twisted calls these methods by these names.

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from typing import Any, cast

from gateway.protocols.outbox import Outbox
from gateway.protocols.streams import Producer, StreamFactory, StreamProtocol
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.error import ConnectionAborted, ConnectionDone, ConnectionLost
from twisted.internet.interfaces import (
    IConsumer,
    IHalfCloseableProtocol,
    IPushProducer,
    ITCPTransport,
)
from twisted.python.failure import Failure
from zope.interface import implementer  # type: ignore[import-untyped]

WRITE_HIGH = 256 * 1024
WRITE_LOW = 64 * 1024
"""Default unsent bytes above which a producer is paused, and below which it goes on."""

NO_LINGER = struct.pack("ii", 1, 0)
"""Value of SO_LINGER that makes closing a socket throw away what it has not sent."""

Address = IPv4Address | IPv6Address


def address_of(name: tuple[Any, ...]) -> Address:
    """Turn a socket's name into Twisted's kind of address."""
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
        "_held",
        "_high",
        "_low",
        "_outbox",
        "_over",
        "_peer",
        "_producer",
        "_protocol",
        "_read_closed",
        "_reading_paused",
        "_transport",
        "_write_closed",
        "_write_paused",
        "_written",
        "send",
    )

    def __init__(
        self,
        factory: StreamFactory,
        outbox: Outbox,
        write_high: int = WRITE_HIGH,
        write_low: int = WRITE_LOW,
    ) -> None:
        self._factory: StreamFactory | None = factory
        self._outbox = outbox
        self._high = write_high
        self._low = write_low
        self._transport: asyncio.Transport
        self._peer: Address
        self._protocol: StreamProtocol | None = None
        self._deliver: Callable[[bytes], None] = _nobody
        self._producer: Producer | None = None
        self._held = b""
        self._aborted = False
        self._disconnecting = False
        self._over = False
        self._read_closed = False
        self._reading_paused = False
        self._write_closed = False
        self._write_paused = False
        self._written = 0
        self.send: Callable[[bytes], None] = _discard
        """Send bytes now. Asyncio's own method while the connection is well."""

    # What the loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Build the protocol for this peer and connect it; abort where there is none."""
        # uvloop's transports are not asyncio's by inheritance.
        self._transport = transport = cast(asyncio.Transport, transport)
        factory, self._factory = self._factory, None
        assert factory is not None
        peer = transport.get_extra_info("peername")
        if peer is None:  # it left before we could look
            self.abortConnection()
            return
        transport.set_write_buffer_limits(high=self._high, low=self._low)
        self._peer = address_of(peer)
        protocol = factory.buildProtocol(self._peer)
        if protocol is None:
            self.abortConnection()
            return
        self._protocol = protocol
        self._deliver = protocol.dataReceived
        self.send = transport.write
        try:
            protocol.makeConnection(self)
        except BaseException:
            self.abortConnection()  # else it would stay open with nobody to close it
            raise
        if self._reading_paused:
            # uvloop begins to read when this method returns, whatever was asked for in it, and
            # may have read once before it can be told again.
            self._deliver = self._hold
            asyncio.get_running_loop().call_soon(self._apply_pause)

    def data_received(self, data: bytes) -> None:
        """Pass bytes on."""
        self._deliver(data)

    def eof_received(self) -> bool:
        """Keep the connection for a protocol that can live with one direction; else close it."""
        protocol = self._protocol
        if not IHalfCloseableProtocol.providedBy(protocol):
            self._outbox.flush()
            return False
        self._read_closed = True
        protocol.readConnectionLost()  # type: ignore[union-attr]
        return not self._write_closed

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell producer and protocol, then forget them."""
        self._over = True
        self.send = _discard
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
        if self.send is not _discard:
            self._written = self._transport.get_write_buffer_size()
            self.send = self._write_counted
        if self._producer is not None:
            self._producer.pauseProducing()

    def resume_writing(self) -> None:
        """Fewer than ``write_low`` bytes are unsent: the producer may go on."""
        self._write_paused = False
        if self.send is not _discard:
            self.send = self._transport.write
        if self._producer is not None:
            self._producer.resumeProducing()
        if self._disconnecting and not self._write_paused:
            # Closed from inside this call, asyncio would report the loss twice.
            asyncio.get_running_loop().call_soon(self._close)

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

    def _hold(self, data: bytes) -> None:
        self._held += data

    def _release(self) -> None:
        if self._protocol is None or self._reading_paused or self._deliver != self._hold:
            return
        self._deliver = self._protocol.dataReceived
        held, self._held = self._held, b""
        if held:
            self._deliver(held)
        if not self._reading_paused:
            self._resume_reading()

    def _resume_reading(self) -> None:
        if not self._transport.is_closing():
            self._transport.resume_reading()

    def _apply_pause(self) -> None:
        if self._reading_paused and not self._transport.is_closing():
            self._transport.pause_reading()

    # What the protocol calls.

    def write(self, data: bytes) -> None:
        """Send bytes, after all that this turn of the loop has to do."""
        self._outbox.put(self, data if type(data) is bytes else bytes(memoryview(data)))

    def writeSequence(self, data: list[bytes]) -> None:
        """Send several pieces in one go."""
        self.write(b"".join(data))

    def loseConnection(self) -> None:
        """Close once everything written is sent.

        A producer that is paused is resumed before that and may say its last words then.
        """
        if not self._disconnecting:
            self._outbox.flush()
            self._disconnecting = True
            if self._producer is None or not self._write_paused:
                self._close()

    def abortConnection(self) -> None:
        """Close at once; unsent bytes are lost, in the kernel too, and the peer sees a reset."""
        if not self._over:
            self._aborted = True
            self.send = _discard
            with suppress(OSError):  # the socket may be half gone already
                self._socket().setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
            self._transport.abort()

    def loseWriteConnection(self) -> None:
        """Close our direction once everything is sent; the other stays open.

        A half-closeable protocol hears of it at once: asyncio does not say when the last byte left.
        """
        if self._write_closed or self._over or self._transport.is_closing():
            return
        self._outbox.flush()
        self._write_closed = True
        self.send = _discard
        if self._read_closed:
            self._transport.close()
        else:
            with suppress(OSError):  # the peer may be gone already, which we shall hear of
                self._transport.write_eof()
        if IHalfCloseableProtocol.providedBy(self._protocol):
            self._protocol.writeConnectionLost()  # type: ignore[union-attr]

    def _close(self) -> None:
        self._outbox.flush()
        self.send = _discard
        if not self._over:
            self._transport.close()

    def registerProducer(self, producer: Producer, streaming: bool) -> None:
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

    def unregisterProducer(self) -> None:
        """Forget the producer, and close if only it was waited for."""
        self._producer = None
        if self._disconnecting:
            self._close()

    def pauseProducing(self) -> None:
        """Stop reading the socket; the kernel's buffer fills and the peer has to wait."""
        self._reading_paused = True
        self._apply_pause()

    def resumeProducing(self) -> None:
        """Read the socket again."""
        self._reading_paused = False
        if self._deliver == self._hold:
            asyncio.get_running_loop().call_soon(self._release)
        else:
            self._resume_reading()

    def stopProducing(self) -> None:
        """Close, as Twisted's transports do when their consumer is gone."""
        self.loseConnection()

    def drained(self) -> int:
        """Return how many bytes the kernel took since unsent bytes last exceeded the high mark."""
        return self._written - self._transport.get_write_buffer_size()

    def getPeer(self) -> Address:
        """Return the other end."""
        return self._peer

    def getHost(self) -> Address:
        """Return our end; only while connected."""
        return address_of(self._transport.get_extra_info("sockname"))

    def peer_certificate(self) -> bytes:
        """Return what the other end of a TLS link showed, as DER; empty on a plain one."""
        secured = self._transport.get_extra_info("ssl_object")
        return b"" if secured is None else secured.getpeercert(binary_form=True) or b""

    def getTcpNoDelay(self) -> bool:
        """Say whether small writes go out at once; asyncio and uvloop set this on each socket."""
        return bool(self._socket().getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))

    def setTcpNoDelay(self, enabled: bool) -> None:
        """Send small writes at once, or gather them."""
        self._socket().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, int(enabled))

    def getTcpKeepAlive(self) -> bool:
        """Say whether the kernel probes an idle connection."""
        return bool(self._socket().getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE))

    def setTcpKeepAlive(self, enabled: bool) -> None:
        """Let the kernel probe an idle connection, or not."""
        self._socket().setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, int(enabled))

    def _socket(self) -> socket.socket:
        found: socket.socket = self._transport.get_extra_info("socket")
        return found
