"""How long a terminal waits before it dials again."""

from __future__ import annotations

import random

FIRST_S, LONGEST_S = 1.0, 300.0
"""The pause doubles from one to the other (YLS/1 7.2)."""
JITTER = 0.2
"""Share by which each pause is longer or shorter, so that a site does not come back as one."""


class Backoff:
    """The pauses of one terminal; ``speed`` shortens them as it shortens the day."""

    __slots__ = ("_pause", "_rng", "_speed")

    def __init__(self, rng: random.Random, speed: float = 1.0) -> None:
        self._rng = rng
        self._speed = speed
        self._pause = FIRST_S

    def reset(self) -> None:
        """Begin anew after a success."""
        self._pause = FIRST_S

    def next(self, least_s: float = 0.0) -> float:
        """Return the seconds to wait; at least those the gateway asked for."""
        jitter = self._rng.uniform(1 - JITTER, 1 + JITTER)
        pause = self._pause * jitter / self._speed
        self._pause = min(2 * self._pause, LONGEST_S)
        return max(pause, least_s * (1 + JITTER * self._rng.random()))
