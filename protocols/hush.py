"""Keeps a flood of strangers out of the log."""

from __future__ import annotations

MOST_LINES = 20
"""Lines about strangers between two sweeps; more are counted and told as one."""


class Hush:
    """So many lines about strangers a second, however many of them there are.

    Nobody has to prove anything to make us write a line, so without a bound the port would be a
    way to fill the disk.
    """

    __slots__ = ("_told", "hidden")

    def __init__(self) -> None:
        self._told = 0
        self.hidden = 0
        """Lines kept back since `renew` was last called."""

    def allows(self) -> bool:
        """Say whether one more line may be written, and count it."""
        if self._told < MOST_LINES:
            self._told += 1
            return True
        self.hidden += 1
        return False

    def renew(self) -> int:
        """Begin another second; return how many lines were kept back in the last one."""
        hidden, self._told, self.hidden = self.hidden, 0, 0
        return hidden
