"""The rows about accuracy: what is compared with what, and that a deviation shows."""

from __future__ import annotations

from typing import Any

from gateway.matcher.evaluation.limits import interval, upper_limit

from benchmarks.goals import Verdict
from benchmarks.rows.accuracy import DERIVED, REFERENCE, reproduced, required

GENUINE, IMPOSTOR = 1_800, 78_000


def rate(errors: int, trials: int) -> dict[str, Any]:
    return {
        "rate": errors / trials,
        "errors": errors,
        "trials": trials,
        "exact": interval(errors, trials),
        "upper": upper_limit(errors, trials),
    }


def point(name: str, threshold: float, missed: int) -> dict[str, Any]:
    return {
        "name": name,
        "threshold": threshold,
        "fnmr": rate(missed, GENUINE),
        "fmr": rate(0, IMPOSTOR),
    }


def report(more: int = 0) -> dict[str, Any]:
    """What the command would say if it missed as many as the reference, and ``more`` at 0.48."""
    points = [point("1:1 in use", 0.5, 29), point("fmr 0.0001 shown", 0.47, 18)]
    for name, percent in REFERENCE.items():
        missed = round(percent / 100 * GENUINE) + more * (name == "0.48")
        derived = name in DERIVED
        points.append(
            point(name if derived else "asked for", 0 if derived else float(name), missed)
        )
    return {
        "figures": {
            "points": points,
            "decidability": 7.0,
            "equal_error": {"rate": 0.001},
            "genuine": GENUINE,
            "impostor": IMPOSTOR,
        },
        "acquisition": {"errors": 0},
        "models": [{"algorithm": 257, "converted": "ab"}],
    }


def test_the_reference_reproduces_itself() -> None:
    assert reproduced(report()).verdict is Verdict.MET


def test_one_figure_far_from_the_reference_is_told_and_makes_the_row_short() -> None:
    row = reproduced(report(more=20))
    assert row.verdict is Verdict.SHORT
    assert row.checks[0].value == 1
    assert any("FNMR at 0.48: 2.33%" in note for note in row.notes)


def test_what_the_set_cannot_show_is_short_whatever_the_reference_said() -> None:
    assert required(report()).verdict is Verdict.SHORT
