"""How long to wait before the next attempt: doubling, bounded, and not all at the same moment."""

from __future__ import annotations

from collections.abc import Callable

FIRST_S, LONGEST_S = 1.0, 60.0
"""The pause doubles from one to the other."""

JITTER = 0.2
"""Share by which a pause may be longer or shorter."""


class Retry:
    """The pauses of one thing that is tried again and again."""

    __slots__ = ("_chance", "_first", "_longest", "_pause")

    def __init__(
        self, chance: Callable[[], float], first_s: float = FIRST_S, longest_s: float = LONGEST_S
    ) -> None:
        """``chance`` returns a number from 0 to 1, evenly spread; 0.5 means no jitter."""
        self._chance = chance
        self._first = first_s
        self._longest = longest_s
        self._pause = first_s

    def next(self) -> float:
        """Return the seconds to wait now."""
        pause = min(self._pause, self._longest)
        self._pause = 2 * pause
        return pause * (1 + JITTER * (2 * self._chance() - 1))

    def reset(self) -> None:
        """Begin anew after a success."""
        self._pause = self._first
