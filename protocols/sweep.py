"""Time passing, for all sessions at once: one look a second instead of timers for each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Protocol

from gateway.domain.times import Instant

INTERVAL = 1.0
"""Seconds between two sweeps; every session deadline is a matter of seconds."""

SLICE = 500
"""Sessions looked at before the loop may do something else: a millisecond or two. All 10,000 at
once would keep every heartbeat waiting that comes meanwhile."""

STALL = 5.0
"""When a sweep comes this late (seconds), the process stood still and the silence was ours."""


class Timed(Protocol):
    """A session as the sweep sees it."""

    def overdue(self, mono: float) -> bool:
        """Say whether some deadline has passed; called for every session at every sweep."""

    def expire(self, now: Instant) -> None:
        """Act on the deadlines that have passed."""

    def forgive(self, seconds: float) -> None:
        """Move every deadline by the seconds in which the process stood still."""


class Sweep:
    """Looks at every session once a second."""

    def __init__(
        self,
        sessions: Iterable[Timed],
        clock: Callable[[], Instant],
        after: Callable[[], None],
    ) -> None:
        """``after`` is called at the end of each sweep, for summaries of the past second."""
        self._sessions = sessions
        self._clock = clock
        self._after = after
        self._last: float | None = None
        self._timer: asyncio.TimerHandle | None = None

    def run(self) -> None:
        """Sweep once, all sessions at once."""
        for _ in self._slices():
            pass

    def _slices(self) -> Iterator[None]:
        """Sweep once, and stop for breath after every few sessions."""
        now = self._clock()
        mono = now.mono
        last, self._last = self._last, mono
        late = mono - last - INTERVAL if last is not None else 0.0
        sessions = iter(self._sessions)
        if late > STALL:
            # What arrived meanwhile waits in the kernel: let it be read before anyone is judged.
            for session in sessions:
                session.forgive(late)
        while some := list(islice(sessions, SLICE)):
            for session in [one for one in some if one.overdue(mono)]:
                session.expire(now)
            yield
        self._after()

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Sweep from now on, until stopped."""
        self._last = self._clock().mono
        self._timer = loop.call_later(INTERVAL, self._again, loop)

    def stop(self) -> None:
        """Sweep no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _again(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = loop.call_later(INTERVAL, self._again, loop)
        self._go_on(loop, self._slices())

    def _go_on(self, loop: asyncio.AbstractEventLoop, slices: Iterator[None]) -> None:
        done = object()
        if self._timer is not None and next(slices, done) is not done:
            loop.call_soon(self._go_on, loop, slices)
