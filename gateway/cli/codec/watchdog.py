"""Ends a call into a codec that does not come back."""

from __future__ import annotations

import signal
from pathlib import Path
from types import FrameType

from gateway.codecs.kit.case import StillRunning
from gateway.codecs.stage import Stage

CALL_SECONDS = 3.0
"""Processor time a single call into a codec may take, imports included."""


class Watchdog:
    """Raises StillRunning where the codec hangs, as soon as one call takes too long."""

    def __init__(self) -> None:
        self._calls = -1
        self._strikes = 0

    def start(self) -> None:
        """Look once for each second of processor time."""
        signal.signal(signal.SIGVTALRM, self._look)
        signal.setitimer(signal.ITIMER_VIRTUAL, 1.0, 1.0)

    def _look(self, number: int, frame: FrameType | None) -> None:
        del number
        if not Stage.inside or self._calls != Stage.calls:
            self._calls, self._strikes = Stage.calls, 0
            return
        self._strikes += 1
        if self._strikes >= CALL_SECONDS and frame is not None:
            place = f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}"
            raise StillRunning(
                f"one call into the codec runs for more than {CALL_SECONDS:g} s of processor time,"
                f" now at {place}: is there a loop that does not end?"
            )
