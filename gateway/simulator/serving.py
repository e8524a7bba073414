"""The listening socket of a simulated terminal that is a server too."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

from gateway.codecs.double import Served, Visit
from gateway.domain.times import Instant

LOOK_S = 0.05
"""How late something that happened is streamed to whoever listens."""


class _Guest(asyncio.Protocol):
    """One connection of somebody who dialled the terminal."""

    def __init__(
        self, served: Served, clock: Callable[[], Instant], guests: set[asyncio.Transport]
    ) -> None:
        self._served = served
        self._clock = clock
        self._guests = guests
        self._transport: asyncio.Transport
        self._visit: Visit
        self._look: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._guests.add(self._transport)
        self._visit = self._served.accept(self._clock())
        self._flush()
        self._look_again()

    def data_received(self, data: bytes) -> None:
        self._visit.feed(data, self._clock())
        self._flush()

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._guests.discard(self._transport)
        if self._look is not None:
            self._look.cancel()

    def _look_again(self) -> None:
        self._visit.tick(self._clock())
        self._flush()
        self._look = asyncio.get_running_loop().call_later(LOOK_S, self._look_again)

    def _flush(self) -> None:
        data = self._visit.output()
        if data:
            self._transport.write(data)
        if self._visit.closing is not None:
            self._transport.close()


class Serving:
    """A terminal that listens."""

    def __init__(self, server: asyncio.Server, guests: set[asyncio.Transport]) -> None:
        self._server = server
        self._guests = guests
        self.port: int = server.sockets[0].getsockname()[1]
        """The port it listens on."""

    def close(self) -> None:
        """Hear nobody any more, and hang up."""
        self._server.close()
        for guest in list(self._guests):
            guest.abort()


async def serve(
    served: Served, clock: Callable[[], Instant], host: str = "127.0.0.1", port: int = 0
) -> Serving:
    """Listen for a terminal; port 0 takes a free one. Raises OSError."""
    guests: set[asyncio.Transport] = set()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Guest(served, clock, guests), host, port)
    return Serving(server, guests)
