"""Twisted protocols that only remember, for tests of the transports."""

# ruff: noqa: N802 - Twisted calls these methods by these names.

from __future__ import annotations

import asyncio
from typing import Any, TypeVar

from gateway.protocols.transport import Link, Listener, SoleProtocol, connect, listen
from twisted.internet.interfaces import IHalfCloseableProtocol, IHandshakeListener
from twisted.python.failure import Failure
from zope.interface import implementer  # type: ignore[import-untyped]

T = TypeVar("T")


class Ear:
    """Keeps what arrives, and says when there is enough of it."""

    transport: Any

    def __init__(self) -> None:
        self.received = bytearray()
        self.made: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.lost: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._more = asyncio.Event()

    def makeConnection(self, transport: Any) -> None:
        self.transport = transport
        self.connectionMade()

    def connectionMade(self) -> None:
        self.made.set_result(None)

    def dataReceived(self, data: bytes) -> None:
        self.received += data
        self._more.set()

    def connectionLost(self, reason: Failure) -> None:
        self.lost.set_result(reason.type)

    async def until(self, size: int) -> bytes:
        while len(self.received) < size:
            self._more.clear()
            await self._more.wait()
        return bytes(self.received)


@implementer(IHalfCloseableProtocol)
class HalfEar(Ear):
    """Can live with one direction closed."""

    def __init__(self) -> None:
        super().__init__()
        self.closed: list[str] = []
        self.read_closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def readConnectionLost(self) -> None:
        self.closed.append("read")
        self.read_closed.set_result(None)

    def writeConnectionLost(self) -> None:
        self.closed.append("write")


@implementer(IHandshakeListener)
class SecureEar(Ear):
    """Knows when a TLS handshake is complete."""

    def __init__(self) -> None:
        super().__init__()
        self.shaken: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def handshakeCompleted(self) -> None:
        self.shaken.set_result(None)


class Pump:
    """A push producer that counts what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.paused = asyncio.Event()
        self.resumed = asyncio.Event()

    def pauseProducing(self) -> None:
        self.told.append("pause")
        self.paused.set()

    def resumeProducing(self) -> None:
        self.told.append("resume")
        self.resumed.set()

    def stopProducing(self) -> None:
        self.told.append("stop")


async def pair(here: Any, there: Any, **options: int) -> tuple[Link, Listener]:
    """Connect two protocols; return the client's link and the listener to be stopped."""
    loop = asyncio.get_running_loop()
    listener = await listen(loop, SoleProtocol(there), "127.0.0.1", 0, **options)
    host = listener.getHost()
    link = await connect(loop, SoleProtocol(here), host.host, host.port)
    await there.made
    listener.stopListening()
    return link, listener
