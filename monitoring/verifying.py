"""Brings what verification counts into the metrics; see `gateway.monitoring.counting`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from gateway.monitoring import metrics as m
from gateway.monitoring.metrics import Metrics


class Latency(Protocol):
    """A histogram over `gateway.monitoring.metrics.VERIFY_BOUNDS_S`."""

    buckets: list[int]
    total_s: float


class VerifyTally(Protocol):
    """What verification counts."""

    enrolled: int
    enrolments_refused: int
    decisions_stored: int
    decisions_dropped: int

    @property
    def latency(self) -> Latency:
        """From question to answer."""

    def verdicts(self) -> Sequence[tuple[str, str, int]]:
        """Return verdict, reason and count of each way a verification can end."""


def fold_verification(
    metrics: Metrics,
    tally: VerifyTally,
    *,
    open_: Callable[[], int],
    waiting: Callable[[], int],
    galleries: Callable[[], tuple[int, int]],
    city: Callable[[], int],
) -> None:
    """Have it exported; the callables return how many questions are open, how many records of
    decisions wait, how many galleries with how many people are in memory, and how many people of
    the city-wide one.
    """

    def fold() -> None:
        for verdict, reason, count in tally.verdicts():
            metrics[m.VERIFICATIONS].at(verdict, reason).value = count
        metrics[m.VERIFY_SECONDS].at().load(tally.latency.buckets, tally.latency.total_s)
        metrics[m.VERIFY_OPEN].at().value = open_()
        metrics[m.ENROLMENTS].at("accepted").value = tally.enrolled
        metrics[m.ENROLMENTS].at("refused").value = tally.enrolments_refused
        metrics[m.DECISIONS].at("stored").value = tally.decisions_stored
        metrics[m.DECISIONS].at("dropped").value = tally.decisions_dropped
        metrics[m.DECISIONS_WAITING].at().value = waiting()
        number, people = galleries()
        metrics[m.GALLERIES].at().value = number
        metrics[m.GALLERY_PEOPLE].at().value = people
        metrics[m.CITY_PEOPLE].at().value = city()

    metrics.before_scrape(fold)


def fold_filing(metrics: Metrics, status: Callable[[], tuple[int, int | None]]) -> None:
    """Have the count of people whose faces are stored exported, and until when to file it (ms)."""

    def fold() -> None:
        people, due_ms = status()
        metrics[m.FACE_PEOPLE].at().value = people
        metrics[m.FILING_DUE].at().value = 0 if due_ms is None else due_ms / 1000

    metrics.before_scrape(fold)
