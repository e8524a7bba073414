"""How long a kind of work takes, learned while it is done."""

from __future__ import annotations

SMOOTHING, DEVIATION_SMOOTHING = 1 / 8, 1 / 4
"""Weight of the newest observation, as TCP estimates its round trips (RFC 6298)."""
CAUTION = 2
"""Mean deviations added to the mean where somebody relies on the figure."""
GRACE_S, HALVING_S = 1.0, 1.0
"""After so long without a run, what was learned of slow ones fades by half in so long."""


class Pace:
    """A moving mean and mean deviation, in seconds; not thread-safe.

    Whoever refuses work because of the figure has no run to learn from that times are better again,
    so after a pause the figure comes back towards the best that was ever seen.
    """

    def __init__(self, guess: float) -> None:
        """``guess`` holds until the first observation."""
        self.mean = guess
        self._deviation = guess / 2
        self._best: float | None = None
        self._at = 0.0

    @property
    def likely(self) -> float:
        """Seconds that most runs stay below."""
        return self.mean + CAUTION * self._deviation

    def observe(self, seconds: float, now: float) -> None:
        """Learn from one run; the first replaces the guess."""
        if self._best is None:
            self.mean, self._deviation, self._best, self._at = seconds, seconds / 2, seconds, now
            return
        self.relax(now - seconds)
        self._at = now
        self._deviation += DEVIATION_SMOOTHING * (abs(seconds - self.mean) - self._deviation)
        self.mean += SMOOTHING * (seconds - self.mean)
        self._best = min(self._best, self.mean)

    def relax(self, now: float) -> None:
        """Let what is known fade; only while no run of this kind is under way."""
        quiet = now - self._at - GRACE_S
        if self._best is None or quiet <= 0:
            return
        kept = 0.5 ** (quiet / HALVING_S)
        self.mean = self._best + (self.mean - self._best) * kept
        self._deviation = self._best / 2 + (self._deviation - self._best / 2) * kept
        self._at = now - GRACE_S
