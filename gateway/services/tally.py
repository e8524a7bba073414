"""Plain counters of the record path, read by the metrics at each scrape.

Incrementing an integer costs a tenth of a Prometheus child's ``inc``, and these run per record.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field

from gateway.domain.templates import TemplateFault
from gateway.domain.vocabulary import Lane

AGE_BUCKETS_S = (0.25, 0.5, 1, 2, 3, 4, 5, 7.5, 10, 30, 60, 300, 3600)
"""Upper bounds of the record-age histogram; 5 s is the limit of requirement R-100."""


@dataclass(slots=True)
class AgeHistogram:
    """Seconds from the corrected event time to the commit."""

    buckets: list[int] = field(default_factory=lambda: [0] * (len(AGE_BUCKETS_S) + 1))
    total_s: float = 0.0

    def observe(self, seconds: float) -> None:
        """Count one record; a negative age (the clock ran ahead) counts as zero."""
        seconds = max(0.0, seconds)
        self.buckets[bisect_left(AGE_BUCKETS_S, seconds)] += 1
        self.total_s += seconds


@dataclass(slots=True)
class LaneTally:
    """What happened to the records of one lane."""

    received: int = 0
    stored: int = 0
    duplicate: int = 0
    conflict: int = 0
    rejected: int = 0
    deferred: int = 0
    age: AgeHistogram = field(default_factory=AgeHistogram)


@dataclass(slots=True)
class Tally:
    """Everything the services count."""

    lanes: dict[Lane, LaneTally] = field(
        default_factory=lambda: {Lane.LIVE: LaneTally(), Lane.BACKFILL: LaneTally()}
    )
    time_quarantined: int = 0
    firmware_changes: int = 0
    tombstones: int = 0
    gaps_asked: int = 0
    gaps_unanswered: int = 0
    pictures_stored: int = 0
    pictures_damaged: int = 0
    pictures_declined: int = 0
    templates_refused: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys((fault.value for fault in TemplateFault), 0)
    )
    """By `TemplateFault`."""
    logins: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(
            ("ok", "bad_credential", "not_listed", "revoked", "locked_out", "unavailable"), 0
        )
    )
