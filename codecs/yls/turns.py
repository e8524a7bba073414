"""Taking turns on a two-wire line: a terminal speaks only when it was granted (YLS/1 4.4).

The terminal's side. What it has to say waits for the grant; the last frame of a burst gives the
line back, and with nothing to say an empty frame does.
"""

from __future__ import annotations

from collections.abc import Callable

from gateway.codecs.yls.frame import Frame, marked
from gateway.codecs.yls.registers import GRANT

MOST_FRAMES = 8
MOST_BYTES = 600
"""In one burst, so that everybody gets a turn."""


class Turns:
    """What waits for a grant and what was granted."""

    __slots__ = ("_address", "_ready")

    def __init__(self, address: int) -> None:
        self._address = address
        self._ready: list[bytes] = []

    def take(
        self, frame: Frame, address: int, waiting: list[bytes], idle: Callable[[], bytes]
    ) -> None:
        """Release what ``frame`` grants; ``address`` is ours after it, 0 off every bus."""
        granted = frame.flags & GRANT != 0
        if address != self._address:
            # We were put on a bus by this frame: what we said before it is still ours to say.
            self._address = address
            self._release(waiting, len(waiting), granted=granted)
        elif address and granted and frame.address == address:
            if not waiting:
                waiting.append(idle())
            self._release(waiting, _burst(waiting), granted=True)

    def output(self) -> bytes:
        """Return and forget what may go out."""
        data = b"".join(self._ready)
        self._ready.clear()
        return data

    def _release(self, waiting: list[bytes], count: int, *, granted: bool) -> None:
        burst = waiting[:count]
        del waiting[:count]
        if granted and burst:
            burst[-1] = marked(burst[-1], GRANT)
        self._ready += burst


def _burst(waiting: list[bytes]) -> int:
    """Return how many frames fit a burst; one always does."""
    size = 0
    for count, frame in enumerate(waiting[:MOST_FRAMES]):
        size += len(frame)
        if count and size > MOST_BYTES:
            return count
    return min(len(waiting), MOST_FRAMES)
