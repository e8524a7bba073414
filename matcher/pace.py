"""How long a kind of work takes, learned while it is done."""

from __future__ import annotations

SMOOTHING, DEVIATION_SMOOTHING = 1 / 8, 1 / 4
"""Weight of the newest observation, as TCP estimates its round trips (RFC 6298)."""
CAUTION = 2
"""Mean deviations added to the mean where somebody relies on the figure."""


class Pace:
    """A moving mean and mean deviation, in seconds; not thread-safe."""

    def __init__(self, guess: float) -> None:
        """``guess`` holds until the first observation."""
        self.mean = guess
        self._deviation = guess / 2
        self._observed = False

    @property
    def likely(self) -> float:
        """Seconds that most runs stay below."""
        return self.mean + CAUTION * self._deviation

    def observe(self, seconds: float) -> None:
        """Learn from one run; the first replaces the guess."""
        if not self._observed:
            self.mean, self._deviation, self._observed = seconds, seconds / 2, True
            return
        self._deviation += DEVIATION_SMOOTHING * (abs(seconds - self.mean) - self._deviation)
        self.mean += SMOOTHING * (seconds - self.mean)
