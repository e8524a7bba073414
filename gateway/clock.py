"""The only place that reads the clocks; everything else is handed an Instant."""

from __future__ import annotations

import time

from gateway.domain.times import Instant


def read() -> Instant:
    """Return the monotonic and the wall clock, read together."""
    return Instant(time.monotonic(), time.time_ns() // 1_000_000)
