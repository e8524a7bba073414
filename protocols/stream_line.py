"""One connection to a terminal whose answer has no end, read at the pace of whoever listens."""

# ruff: noqa: N802 - Twisted calls these methods by these names.

from __future__ import annotations

import asyncio
from typing import Any

from gateway.codecs.http.outlet import BadAnswer, Received, Request
from gateway.codecs.http.stream_outlet import StreamOutlet
from gateway.protocols.transport import Link
from twisted.python.failure import Failure

MOST_WAITING = 512 * 1024
"""Bytes that may wait to be listened to; beyond them the terminal has to wait itself."""


class StreamLine:
    """Twisted's IProtocol around a `StreamOutlet`."""

    def __init__(self, host: str) -> None:
        self._outlet = StreamOutlet(host)
        self._link: Link | None = None
        self._waiting = bytearray()
        self._paused = False
        self._bad: BadAnswer | None = None
        self._news = asyncio.Event()

    async def open(self, request: Request) -> Received:
        """Send a request and return the head of its answer, with the body of what is no stream.

        Raises BadAnswer.
        """
        assert self._link is not None
        self._link.write(self._outlet.ask(request))
        while True:
            head = self._outlet.head
            if head is not None and (head.status == 200 or self._outlet.refused):
                return head
            await self._next()

    async def read(self) -> bytes:
        """Return what came since, at least one byte; raises BadAnswer at the end of the stream."""
        while not self._waiting:
            await self._next()
        data = bytes(self._waiting)
        self._waiting.clear()
        if self._paused and self._link is not None:
            self._paused = False
            self._link.resumeProducing()
        return data

    async def _next(self) -> None:
        if self._bad is not None:
            raise self._bad
        self._news.clear()
        await self._news.wait()

    def hang_up(self) -> None:
        """End the connection at once."""
        link, self._link = self._link, None
        if link is not None:
            link.abortConnection()

    def makeConnection(self, transport: Any) -> None:
        """Begin."""
        self._link = transport

    def dataReceived(self, data: bytes) -> None:
        """Keep what arrived."""
        self._take(data)
        if len(self._waiting) > MOST_WAITING and self._link is not None and not self._paused:
            self._paused = True
            self._link.pauseProducing()

    def connectionLost(self, reason: Failure) -> None:
        """Take note of the end."""
        del reason
        self._link = None
        self._take(b"")
        self._bad = self._bad or BadAnswer("cut")
        self._news.set()

    def _take(self, data: bytes) -> None:
        self._waiting += self._outlet.feed(data)
        self._bad = self._bad or self._outlet.bad
        self._news.set()
