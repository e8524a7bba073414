"""Bytes of messages that are not here whole yet, over all connections, and who waits for room.

A picture comes in many reads, and thousands of terminals may send one at the same time. Above the
bound a connection is not read any more until others are done; a few always go on, so that there is
an end to it. What is not read stays in the kernel and with the terminal.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Protocol

FREE = 16 * 1024
"""Bytes of each connection that do not count: protocols of small messages never come here."""
FAVOURED = 8
"""So many connections go on above the bound, the first ones that reach it."""


class Reader(Protocol):
    """A connection that can be left unread."""

    def hold(self) -> None:
        """Do not read until `release`."""

    def release(self) -> None:
        """Read again."""


class Hoard:
    """What one connection keeps."""

    __slots__ = ("counted", "held", "reader")

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.held = 0
        self.counted = 0


class Hoards:
    """All of them together."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._favoured: set[Hoard] = set()
        self._waiting: OrderedDict[Hoard, None] = OrderedDict()
        self.held = 0
        """Bytes that count."""

    @property
    def waiting(self) -> int:
        """Connections that are not read."""
        return len(self._waiting)

    def keep(self, hoard: Hoard, size: int) -> None:
        """Count bytes that arrived; the connection may have to wait from now on."""
        hoard.held += size
        counted = max(0, hoard.held - FREE)
        self.held += counted - hoard.counted
        hoard.counted = counted
        if not counted or self.held <= self._total or hoard in self._favoured:
            return
        if len(self._favoured) < FAVOURED:
            self._favoured.add(hoard)
        elif hoard not in self._waiting:
            self._waiting[hoard] = None
            hoard.reader.hold()

    def drop(self, hoard: Hoard) -> None:
        """Forget what a connection kept: its message is whole, or it is gone."""
        self.held -= hoard.counted
        hoard.held = hoard.counted = 0
        self._favoured.discard(hoard)
        self._waiting.pop(hoard, None)
        while self._waiting and self._room():
            first, _ = self._waiting.popitem(last=False)
            first.reader.release()

    def _room(self) -> bool:
        """Say whether one more may go on; whoever goes on above the bound is favoured."""
        if self.held <= self._total:
            return True
        if len(self._favoured) >= FAVOURED:
            return False
        self._favoured.add(next(iter(self._waiting)))
        return True
