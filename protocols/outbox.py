"""What is written in one turn of the loop, sent together at its end.

To send is the dearest thing a frame leads to: the kernel takes the bytes all the way to the other
side, and what it leaves in the processor's caches is not Python. Sent one after another, a turn's
answers cost a quarter less of the whole gateway than each right after the frame it answers.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

MOST_WAITING = 128
"""Writes that wait at most: what a turn begins with need not wait for the end of a long one."""
LARGE = 4096
"""Bytes of a write that is sent at once, with all before it: it gains nothing by waiting, and who
writes much has to learn at once that the peer does not take it."""


class Sender(Protocol):
    """What can send bytes now."""

    def send(self, data: bytes) -> None:
        """Hand bytes to the kernel; raises nothing."""


class Outbox:
    """Writes of several connections, in the order they were made."""

    __slots__ = ("_loop", "_waiting")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: list[tuple[Sender, bytes]] = []

    def put(self, sender: Sender, data: bytes) -> None:
        """Send ``data`` at the end of this turn."""
        waiting = self._waiting
        waiting.append((sender, data))
        if len(waiting) >= MOST_WAITING or len(data) >= LARGE:
            self.flush()
        elif len(waiting) == 1:
            self._loop.call_soon(self.flush)

    def flush(self) -> None:
        """Send everything now."""
        waiting, self._waiting = self._waiting, []
        for sender, data in waiting:
            sender.send(data)
