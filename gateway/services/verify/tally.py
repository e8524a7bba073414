"""Plain counts of verification, read by the metrics at each scrape."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field

from gateway.domain.decisions import Because
from gateway.services.verify.outcomes import RULINGS

LATENCY_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.25, 0.3, 0.5, 1, 2.5, 5)
"""Upper bounds of the latency histogram; 0.3 s is the limit of requirement R-082."""


@dataclass(slots=True)
class LatencyHistogram:
    """Seconds from the read of a question to its answer."""

    buckets: list[int] = field(default_factory=lambda: [0] * (len(LATENCY_BUCKETS_S) + 1))
    total_s: float = 0.0

    def observe(self, seconds: float) -> None:
        """Count one answer."""
        self.buckets[bisect_left(LATENCY_BUCKETS_S, seconds)] += 1
        self.total_s += seconds


@dataclass(slots=True)
class VerifyTally:
    """Everything verification counts."""

    decided: dict[Because, int] = field(default_factory=lambda: dict.fromkeys(RULINGS, 0))
    latency: LatencyHistogram = field(default_factory=LatencyHistogram)
    enrolled: int = 0
    enrolments_refused: int = 0
    decisions_stored: int = 0
    decisions_dropped: int = 0

    def verdicts(self) -> list[tuple[str, str, int]]:
        """Return verdict, reason and count of each way a verification can end."""
        return [
            (RULINGS[because].verdict.value, because.value, count)
            for because, count in self.decided.items()
        ]
