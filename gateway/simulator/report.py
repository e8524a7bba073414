"""The result of a run, for a person and for a program."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

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
        "lost": verdict.lost,
        "doubled": verdict.doubled,
        "backfilled": counts.backfilled,
        "deferred": counts.deferred,
        "sessions": {"begun": counts.logins, "broken": counts.broken},
        "acknowledgement_ms": {
            f"p{share * 100:g}": _milliseconds(counts.latencies.percentile(share))
            for share in PERCENTILES
        },
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
    times = ", ".join(
        f"p{share * 100:g} {value} ms"
        for share in PERCENTILES
        if (value := _milliseconds(counts.latencies.percentile(share))) is not None
    )
    yield f"Acknowledged after: {times or 'no record was sent as it happened'}"
    yield (
        f"{verdict.terminals} terminals recorded {verdict.recorded} events;"
        f" {verdict.acknowledged} were acknowledged ({counts.backfilled} of them back-filled),"
        f" {verdict.stored} are stored."
    )
    yield f"Pictures: {verdict.pictures} taken, {verdict.pictures_stored} stored."
    for violation in verdict.violations[:SHOWN]:
        yield f"  {violation}"
    if len(verdict.violations) > SHOWN:
        yield f"  … and {len(verdict.violations) - SHOWN} more"
    if verdict.kept:
        yield "Every promise was kept: nothing lost, nothing stored twice, nothing invented."
    else:
        yield f"PROMISES WERE BROKEN: {len(verdict.violations)} violations."


def _milliseconds(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 1)
