"""Two clocks that never mix: ours (an Instant) and the one a terminal claims (a DeviceTime)."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

from gateway.domain.values import value

SECOND_MS = 1_000
FUTURE_LIMIT_MS = 60 * SECOND_MS
"""An event this far ahead of us is kept but quarantined (requirement R-101)."""

OLDEST_PLAUSIBLE_MS = 1_546_300_800_000
"""2019-01-01T00:00:00Z: before the real-name rule existed no terminal can have recorded for it."""


LATEST_MS = 2**61
"""A terminal may claim any time at all; a later one than this (73 million years) is taken for this,
so that it and what is computed from it fit where they are stored. The record's own bytes keep what
was claimed."""


class Instant(NamedTuple):
    """One reading of our own clocks, taken once per read and passed on as an argument."""

    mono: float
    """Seconds on the monotonic clock; for deadlines."""
    wall: int
    """Milliseconds since 1970-01-01T00:00:00Z; for what is written down."""


class ClockQuality(IntEnum):
    """What a terminal says of its own clock."""

    UNKNOWN = 0
    UNSET = 1
    FREE_RUNNING = 2
    SYNCHRONISED = 3


class TimeVerdict(IntEnum):
    """Whether an event time can be believed; anything but PLAUSIBLE is flagged, never dropped."""

    PLAUSIBLE = 0
    FUTURE = 1
    BEFORE_SYSTEM = 2


@value
class CorrectedTime:
    """A device time beside what we make of it; the original is never replaced."""

    device_ms: int
    corrected_ms: int
    offset_ms: int | None
    """Device clock minus ours when last measured; None is an explicit "unknown"."""
    verdict: TimeVerdict


# Named once: looking up a member of an enum takes Python 3.11 a tenth of a microsecond.
_PLAUSIBLE = TimeVerdict.PLAUSIBLE


def correct(device_ms: int, offset_ms: int | None, received: Instant) -> CorrectedTime:
    """Apply the last measured offset and judge the result (requirements R-009, R-101).

    An offset is applied only to times the terminal could have taken with that same clock: a record
    from 1970 was taken before the clock was set, so the offset measured today says nothing of it.
    Nor is one applied that would move a possible time to an impossible one: the terminal has set
    its clock since that offset was measured, as it does after each login (YLS/1 9).
    """
    if device_ms > LATEST_MS:
        device_ms = LATEST_MS
    believable = device_ms >= OLDEST_PLAUSIBLE_MS
    corrected = device_ms - (offset_ms or 0) if believable else device_ms
    latest = received.wall + FUTURE_LIMIT_MS
    if believable and device_ms <= latest and not OLDEST_PLAUSIBLE_MS <= corrected <= latest:
        corrected, offset_ms = device_ms, None
    if not believable:
        verdict = TimeVerdict.BEFORE_SYSTEM
    elif corrected > latest:
        verdict = TimeVerdict.FUTURE
    else:
        verdict = _PLAUSIBLE
    return CorrectedTime(
        device_ms=device_ms, corrected_ms=corrected, offset_ms=offset_ms, verdict=verdict
    )
