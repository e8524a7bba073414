"""Listening and connecting over the fast transport; see `gateway.protocols.link`."""

# ruff: noqa: N802 - Twisted calls these methods by these names.

from __future__ import annotations

import asyncio
import socket
import ssl
from functools import partial
from typing import Any

from gateway.protocols.link import WRITE_HIGH, WRITE_LOW, Address, Link, address_of
from gateway.protocols.outbox import Outbox
from gateway.protocols.streams import StreamFactory, StreamProtocol
from twisted.internet.interfaces import IListeningPort
from zope.interface import implementer  # type: ignore[import-untyped]

__all__ = ["BACKLOG", "Link", "Listener", "SoleProtocol", "StreamFactory", "connect", "listen"]

RECEIVE_BUFFER = 32 * 1024
"""Bytes, which the kernel doubles: it must not hand over a whole picture in one read, or whoever is
to wait for room (`gateway.protocols.hoards`) has brought everything already."""
BACKLOG = 4096
"""Connections the kernel keeps until we take them: the usual ceiling of Linux, so that a site of
thousands may reconnect in the same second."""


class SoleProtocol:
    """A factory for one connection."""

    def __init__(self, protocol: StreamProtocol) -> None:
        self._protocol = protocol

    def buildProtocol(self, addr: Any) -> StreamProtocol:
        """Hand the protocol over."""
        del addr
        return self._protocol


@implementer(IListeningPort)
class Listener:
    """A listening socket."""

    def __init__(self, server: asyncio.Server) -> None:
        self._server = server
        self._host = address_of(server.sockets[0].getsockname())

    def startListening(self) -> None:
        """Do nothing: `listen` has started already."""

    def stopListening(self) -> None:
        """Accept nothing more; connections that exist go on."""
        self._server.close()

    def getHost(self) -> Address:
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
    make = partial(Link, factory, Outbox(loop), write_high, write_low)
    server = await loop.create_server(make, host, port, backlog=BACKLOG)
    for listening in server.sockets:
        # Inherited by every connection accepted from it, which saves a system call for each.
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
    return Listener(server)


async def connect(
    loop: asyncio.AbstractEventLoop,
    factory: StreamFactory,
    host: str,
    port: int,
    *,
    local_host: str | None = None,
    tls: ssl.SSLContext | None = None,
    write_high: int = WRITE_HIGH,
    write_low: int = WRITE_LOW,
) -> Link:
    """Connect a protocol of ``factory`` to a server, from ``local_host`` if given. Raises OSError.

    For a protocol that exists already, pass ``SoleProtocol(protocol)``.
    """
    make = partial(Link, factory, Outbox(loop), write_high, write_low)
    local = (local_host, 0) if local_host is not None else None
    _, link = await loop.create_connection(make, host, port, local_addr=local, ssl=tls)
    return link
