"""The result of a run, for a person and for a program."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from gateway.simulator.counts import Counts
from gateway.simulator.latency import Latencies
from gateway.simulator.run import Result
from gateway.simulator.verdict import Promise

PERCENTILES = (0.5, 0.9, 0.99, 0.999)
SHOWN = 10
"""So many violations are listed; all are counted."""


def as_json(result: Result) -> dict[str, Any]:
    """Return the result as plain values; times are in milliseconds."""
    counts, verdict = result.counts, result.verdict
    return {
        "kept": verdict.kept,
        "terminals": verdict.terminals,
        "sent": verdict.recorded,
        "acknowledged": verdict.acknowledged,
        "stored": verdict.stored,
        "pictures": {"sent": verdict.pictures, "stored": verdict.pictures_stored},
        "dialects": {name: asdict(share) for name, share in verdict.dialects.items()},
        "lost": verdict.lost,
        "doubled": verdict.doubled,
        "backfilled": counts.backfilled,
        "deferred": counts.deferred,
        "sessions": {"begun": counts.logins, "broken": counts.broken},
        "acknowledgement_ms": _percentiles(counts.latencies),
        "verifications": {
            "asked": counts.asked,
            "granted": counts.granted,
            "denied": counts.denied,
            "late": counts.late,
            "fallbacks": counts.fallbacks,
            "recognised": counts.recognised,
            "turned_away": counts.turned_away,
            "missed": counts.missed,
            "mistaken": counts.mistaken,
            "answer_ms": _percentiles(counts.answers),
        },
        "orders": counts.orders,
        "violations": {
            promise.name.lower(): count for promise in Promise if (count := verdict.count(promise))
        },
        "examples": [str(one) for one in verdict.violations[:SHOWN]],
    }


def as_text(result: Result) -> str:
    """Return the result in sentences."""
    return "\n".join(_lines(result))


def _lines(result: Result) -> Iterator[str]:
    counts, verdict = result.counts, result.verdict
    times = _spelled(counts.latencies)
    yield f"Acknowledged after: {times or 'no record was sent as it happened'}"
    yield (
        f"{verdict.terminals} terminals recorded {verdict.recorded} events;"
        f" {verdict.acknowledged} were acknowledged ({counts.backfilled} of them back-filled),"
        f" {verdict.stored} are stored."
    )
    if len(verdict.dialects) > 1:
        for name, share in verdict.dialects.items():
            yield (
                f"  {name}: {share.terminals} terminals, {share.recorded} events,"
                f" {share.acknowledged} acknowledged, {share.stored} stored."
            )
    yield f"Pictures: {verdict.pictures} taken, {verdict.pictures_stored} stored."
    yield from _conversations(counts)
    for violation in verdict.violations[:SHOWN]:
        yield f"  {violation}"
    if len(verdict.violations) > SHOWN:
        yield f"  … and {len(verdict.violations) - SHOWN} more"
    if verdict.kept:
        yield "Every promise was kept: nothing lost, nothing stored twice, nothing invented."
    else:
        yield f"PROMISES WERE BROKEN: {len(verdict.violations)} violations."


def _conversations(counts: Counts) -> Iterator[str]:
    """Yield what came of questions and orders, where there were any."""
    if counts.asked:
        fell_back = sum(counts.fallbacks.values())
        yield (
            f"Verifications: {counts.asked} asked, {counts.granted} granted, {counts.denied}"
            f" denied, {fell_back} without an answer of use{_named(counts.fallbacks)},"
            f" {counts.late} answers too late."
        )
        if counts.recognised + counts.turned_away + counts.missed + counts.mistaken:
            yield (
                f"Faces: {counts.recognised} recognised, {counts.turned_away} strangers turned"
                f" away, {counts.missed} enrolled people not recognised,"
                f" {counts.mistaken} let in wrongly."
            )
        if counts.answers.total:
            yield f"Answered after: {_spelled(counts.answers)}"
    if counts.orders:
        yield f"Orders carried out: {sum(counts.orders.values())}{_named(counts.orders)}."


def _named(counts: Mapping[str, int]) -> str:
    each = ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))
    return f" ({each})" if each else ""


def _percentiles(times: Latencies) -> dict[str, float | None]:
    return {f"p{share * 100:g}": _milliseconds(times.percentile(share)) for share in PERCENTILES}


def _spelled(times: Latencies) -> str:
    told = {name: value for name, value in _percentiles(times).items() if value is not None}
    return ", ".join(f"{name} {value} ms" for name, value in told.items())


def _milliseconds(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 1)
