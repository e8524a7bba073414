"""Every open connection of the process, logged in or not."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gateway.protocols.connection import Connection


class Roster:
    """The set of connections; iterating goes over a copy, because they leave while visited."""

    __slots__ = ("_open", "_waiters")

    def __init__(self) -> None:
        self._open: set[Connection] = set()
        self._waiters: list[asyncio.Future[None]] = []

    def add(self, connection: Connection) -> None:
        """Take a connection in."""
        self._open.add(connection)

    def discard(self, connection: Connection) -> None:
        """Forget a connection."""
        self._open.discard(connection)
        if not self._open:
            waiters, self._waiters = self._waiters, []
            for waiter in waiters:
                if not waiter.done():
                    waiter.set_result(None)

    async def empty(self) -> None:
        """Wait until the last connection is gone."""
        if self._open:
            waiter = asyncio.get_running_loop().create_future()
            self._waiters.append(waiter)
            await waiter

    def __iter__(self) -> Iterator[Connection]:
        return iter(tuple(self._open))

    def __len__(self) -> int:
        return len(self._open)
