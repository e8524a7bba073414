"""Ends a call into a codec that does not come back."""

from __future__ import annotations

import signal
import time
from pathlib import Path
from types import FrameType

from gateway.codecs.kit.case import StillRunning
from gateway.codecs.stage import Stage

CALL_SECONDS = 3.0
"""Processor time a single call into a codec may take, imports included."""
IDLE_SECONDS = 0.05
"""Processor time between two looks of a call that only waits."""
LOOK_AROUND_SECONDS, MOST_LOOKS = 10.0, 3
"""Seconds by the clock between two looks at a call that computes nothing, and how many it may
outlast: a busy machine may leave the check without a core for a while."""


class Watchdog:
    """Raises StillRunning where the codec hangs, as soon as one call takes too long."""

    def __init__(self) -> None:
        self._computing = _Eye()
        self._waiting = _Eye()
        self._worked = 0.0

    def start(self) -> None:
        """Look once for each second of processor time, and now and then by the clock."""
        signal.signal(signal.SIGVTALRM, self._look)
        signal.setitimer(signal.ITIMER_VIRTUAL, 1.0, 1.0)
        signal.signal(signal.SIGALRM, self._look_around)
        signal.setitimer(signal.ITIMER_REAL, LOOK_AROUND_SECONDS, LOOK_AROUND_SECONDS)

    def _look(self, number: int, frame: FrameType | None) -> None:
        del number
        if self._computing.same_call() >= CALL_SECONDS and frame is not None:
            raise StillRunning(
                f"one call into the codec runs for more than {CALL_SECONDS:g} s of processor time,"
                f" now at {_place(frame)}: is there a loop that does not end?"
            )

    def _look_around(self, number: int, frame: FrameType | None) -> None:
        del number
        before, self._worked = self._worked, time.process_time()
        if self._worked - before > IDLE_SECONDS:
            self._waiting = _Eye()  # it computes, which is the other timer's business
        elif self._waiting.same_call() >= MOST_LOOKS and frame is not None:
            raise StillRunning(
                f"one call into the codec does not return for {MOST_LOOKS * LOOK_AROUND_SECONDS:g}"
                f" s, now at {_place(frame)}: does it sleep, or wait for something? A conversation"
                " returns at once and asks for a later call by deadline()."
            )


class _Eye:
    """Counts how often in a row the same call is met."""

    def __init__(self) -> None:
        self._calls = -1
        self._times = 0

    def same_call(self) -> int:
        """Return the number of looks that the present call has outlasted."""
        if not Stage.inside or self._calls != Stage.calls:
            self._calls, self._times = Stage.calls, 0
        else:
            self._times += 1
        return self._times


def _place(frame: FrameType) -> str:
    return f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}"
