"""What a fleet is doing, in numbers that add up over its processes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from gateway.simulator.latency import Latencies, together

TIMED = ("latencies", "answers")
"""Fields that hold how long something took."""


@dataclass(slots=True, kw_only=True)
class Counts:
    """One reading; a terminal adds to the counts of its process."""

    terminals: int = 0
    recorded: int = 0
    acknowledged: int = 0
    backfilled: int = 0
    """Acknowledged records that a terminal had to keep for a later connection."""
    deferred: int = 0
    """How often the gateway said "try again later"."""
    refused: int = 0
    """Frames of records refused for good, and records called conflicting."""
    pictures: int = 0
    delivered: int = 0
    pictures_refused: int = 0
    logins: int = 0
    broken: int = 0
    """Sessions that ended without our wish."""
    login_refused: int = 0
    asked: int = 0
    """Questions to the gateway while somebody waited."""
    granted: int = 0
    denied: int = 0
    recognised: int = 0
    """Let in as who they are; this and the next three where an album says who comes."""
    mistaken: int = 0
    """Let in as somebody else, or as a stranger: must never happen."""
    missed: int = 0
    """Not let in, though enrolled."""
    turned_away: int = 0
    """Strangers who were not let in."""
    late: int = 0
    """Answers that came when nobody waited any more."""
    fallbacks: dict[str, int] = field(default_factory=dict)
    """Questions without an answer of use, by reason."""
    orders: dict[str, int] = field(default_factory=dict)
    """What the gateway ordered and the terminals did, by kind."""
    online: dict[str, int] = field(default_factory=dict)
    """Terminals with a session, by site."""
    speaking: dict[str, int] = field(default_factory=dict)
    """Terminals with a session, by protocol."""
    latencies: Latencies = field(default_factory=Latencies)
    """From the event to its acknowledgement, of records sent as they happened."""
    answers: Latencies = field(default_factory=Latencies)
    """From the question to the gateway's decision."""

    @property
    def waiting(self) -> int:
        """Records that no acknowledgement has come for."""
        return self.recorded - self.acknowledged

    @property
    def online_total(self) -> int:
        """Terminals with a session."""
        return sum(self.online.values())

    @property
    def settled(self) -> bool:
        """Everything is acknowledged and every picture delivered."""
        return self.acknowledged == self.recorded and self.delivered == self.pictures

    def as_json(self) -> dict[str, Any]:
        """Flatten for the pipe between processes."""
        flat = {entry.name: getattr(self, entry.name) for entry in fields(self)}
        return {**flat, **{name: getattr(self, name).counts for name in TIMED}}


def from_json(flat: Mapping[str, Any]) -> Counts:
    """Rebuild a reading that came through the pipe."""
    return Counts(**{**flat, **{name: Latencies(flat[name]) for name in TIMED}})


def summed(readings: Iterable[Counts]) -> Counts:
    """Add up the readings of several processes."""
    parts = list(readings)
    total = Counts(
        latencies=together(part.latencies for part in parts),
        answers=together(part.answers for part in parts),
    )
    for part in parts:
        for name, value in part.as_json().items():
            if isinstance(value, int):
                setattr(total, name, getattr(total, name) + value)
            elif isinstance(value, dict):
                _add(getattr(total, name), value)
    return total


def _add(total: dict[str, int], part: Mapping[str, int]) -> None:
    for key, count in part.items():
        total[key] = total.get(key, 0) + count
