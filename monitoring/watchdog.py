"""Notices when the event loop is late, and looks at what blocks it while it is blocked.

A timer on the loop measures its own lateness. A thread watches that timer: when it does not come,
the stack of the loop's thread is written down, because afterwards nobody can tell what it was.
"""

from __future__ import annotations

import sys
import threading
import time
import traceback
from collections.abc import Callable
from typing import Protocol

PERIOD_S = 0.25
"""Between two measurements: costs nothing, and no stall worth seeing fits in between."""
BLOCKED_S = 1.0
"""From here on heartbeats and acknowledgements suffer, and the stack is worth a log line."""


class Timer(Protocol):
    """What ``call_later`` returns."""

    def cancel(self) -> object:
        """Do not call."""


class Loop(Protocol):
    """What is needed of an event loop; asyncio's has it."""

    def call_later(self, delay: float, callback: Callable[[], object], /) -> Timer:
        """Call ``callback`` after ``delay`` seconds."""


class LagMeter:
    """Measures how late the loop runs a timer, for as long as it is not stopped."""

    def __init__(
        self,
        loop: Loop,
        observe: Callable[[float], object],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._loop = loop
        self._observe = observe
        self._monotonic = monotonic
        self.last_tick = monotonic()
        """When the loop was last seen running."""
        self._timer = loop.call_later(PERIOD_S, self._tick)

    def stop(self) -> None:
        """Measure no more."""
        self._timer.cancel()

    def _tick(self) -> None:
        now = self._monotonic()
        self._observe(max(0.0, now - self.last_tick - PERIOD_S))
        self.last_tick = now
        self._timer = self._loop.call_later(PERIOD_S, self._tick)


class Blockage:
    """Decides when a silent loop is worth a report: once for each blockage."""

    def __init__(self, limit_s: float = BLOCKED_S) -> None:
        self._limit = limit_s
        self._reported: float | None = None

    def check(self, last_tick: float, now: float) -> float | None:
        """Return for how many seconds the loop has been blocked, the first time it is too long."""
        late = now - last_tick - PERIOD_S
        if late <= self._limit or last_tick == self._reported:
            return None
        self._reported = last_tick
        return late


class Watchdog:
    """The thread that reports ``(seconds, stack)`` while the loop is blocked.

    ``report`` is called in that thread. Start it in the loop's own thread.
    """

    def __init__(
        self,
        meter: LagMeter,
        report: Callable[[float, str], object],
        *,
        limit_s: float = BLOCKED_S,
    ) -> None:
        self._meter = meter
        self._report = report
        self._blockage = Blockage(limit_s)
        self._watched = threading.get_ident()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watchdog", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread and wait for it."""
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopped.wait(PERIOD_S):
            seconds = self._blockage.check(self._meter.last_tick, time.monotonic())
            if seconds is not None:
                self._report(seconds, _stack_of(self._watched))


def _stack_of(thread: int) -> str:
    frame = sys._current_frames().get(thread)  # the only way to see another thread's stack
    return "" if frame is None else "".join(traceback.format_stack(frame)).rstrip()
