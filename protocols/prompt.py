"""Deadlines that lie closer than the next sweep: the silence inside a frame on a serial line."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from gateway.protocols.sweep import INTERVAL

from gateway.domain.times import Instant

SHORTEST = 0.005
"""Seconds; nothing on a line is looked at more often."""


class Prompt:
    """Looks after each read whether something is due before the sweep would see it.

    One timer at most; one that turns out too early is set again, which is cheaper than setting it
    anew with every read.
    """

    __slots__ = ("_act", "_clock", "_due", "_timer")

    def __init__(
        self,
        due: Callable[[], float],
        act: Callable[[Instant], None],
        clock: Callable[[], Instant],
    ) -> None:
        """``due`` tells monotonic seconds, ``act`` is called once they have passed."""
        self._due = due
        self._act = act
        self._clock = clock
        self._timer: asyncio.TimerHandle | None = None

    def look(self) -> None:
        """Set the timer if something is due soon."""
        if self._timer is not None:
            return
        wait = self._due() - self._clock().mono
        if wait < INTERVAL:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(max(SHORTEST, wait), self._ring)

    def stop(self) -> None:
        """Forget the timer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _ring(self) -> None:
        self._timer = None
        now = self._clock()
        if self._due() <= now.mono:
            self._act(now)
        self.look()
