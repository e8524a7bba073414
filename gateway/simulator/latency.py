"""How long acknowledgements took, as counts by bucket: small enough to send several times a second.

Counts of several processes add up, and the difference of two readings is what happened between.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import accumulate

FIRST_S = 0.000_5
RATIO = 1.15
"""Each bound is 15 % above the one before, so a percentile is known to 15 %."""
BOUNDS_S = tuple(FIRST_S * RATIO**step for step in range(90))
"""Upper bounds in seconds, from half a millisecond to two minutes; one bucket more is open."""


class Latencies:
    """Counts by bucket."""

    __slots__ = ("counts",)

    def __init__(self, counts: Sequence[int] = ()) -> None:
        self.counts = list(counts) or [0] * (len(BOUNDS_S) + 1)

    def add(self, seconds: float) -> None:
        """Count one."""
        self.counts[bisect_left(BOUNDS_S, seconds)] += 1

    @property
    def total(self) -> int:
        """How many were counted."""
        return sum(self.counts)

    def since(self, earlier: Latencies) -> Latencies:
        """Return what was counted after ``earlier``, a previous reading of the same counts."""
        pairs = zip(self.counts, earlier.counts, strict=True)
        return Latencies([max(0, now - then) for now, then in pairs])

    def percentile(self, share: float) -> float | None:
        """Return the upper bound in seconds below which ``share`` (0…1) lie; None without any."""
        wanted = share * self.total
        if not wanted:
            return None
        reached = next(at for at, count in enumerate(accumulate(self.counts)) if count >= wanted)
        return BOUNDS_S[min(reached, len(BOUNDS_S) - 1)]


def together(parts: Iterable[Latencies]) -> Latencies:
    """Add counts up."""
    total = Latencies()
    for part in parts:
        total.counts = [a + b for a, b in zip(total.counts, part.counts, strict=True)]
    return total
