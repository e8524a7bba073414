"""A measurement that fails says why and leaves nothing behind for the next one."""

from __future__ import annotations

import os
import signal

import pytest

from benchmarks.__main__ import measure
from benchmarks.bench import Bench, Measurement
from benchmarks.goals import Baseline, Check, Goal, Result, Verdict
from benchmarks.load.client import BenchmarkError, generator
from benchmarks.report import Circumstances, render
from benchmarks.rows.records import MEASUREMENTS

GOAL = Goal(name="a rate", better="more", must=1, stretch=2)
MISSED = Baseline(name="a baseline", value=3, limit=2, unit="ms")


def failing(bench: Bench) -> list[Result]:
    """Fail."""
    raise BenchmarkError("the generator is gone")


def test_a_row_that_fails_is_reported_as_not_measured(capsys: pytest.CaptureFixture[str]) -> None:
    bench = Bench(quick=True)
    results = measure(bench, Measurement(rows=("G5", "G6"), work=failing))
    assert [result.row for result in results] == ["G5", "G6"]
    assert {result.verdict for result in results} == {Verdict.NOT_MEASURED}
    run = Circumstances(command="x", facts=(), load_before="1", load_after="1", seconds=1, rounds=2)
    page = render(results, run)
    assert "| G6 | | | | | | | **not measured**: BenchmarkError: the generator is gone |" in page


def test_a_failed_row_takes_its_site_along() -> None:
    bench = Bench(quick=True)
    bench.__dict__["site"] = old = object()
    measure(bench, Measurement(rows=("G5",), work=failing))
    assert bench.__dict__.get("site") is not old


def test_a_dead_generator_is_an_error_of_its_row_only() -> None:
    with generator() as first:
        os.kill(first.pid, signal.SIGKILL)
        with pytest.raises(BenchmarkError, match="died"):
            first.drop("nobody")
    with generator() as second:
        second.drop("nobody")


def test_what_the_generator_cannot_do_it_says() -> None:
    with generator() as load:
        with pytest.raises(BenchmarkError, match="could not open: TypeError"):
            load.open("nobody", {"speed": 1})
        load.drop("another")


def test_rows_that_share_no_side_are_measured_apart() -> None:
    assert [one.rows for one in MEASUREMENTS] == [("G3",), ("G4",)]


def test_one_missed_baseline_is_enough_to_judge_nothing() -> None:
    met = Baseline(name="another", value=1, limit=2, unit="ms")
    assert Check(goal=GOAL, rounds=[0], baselines=[met]).verdict is Verdict.SHORT
    assert Check(goal=GOAL, rounds=[0], baselines=[met, MISSED]).verdict is Verdict.NOT_JUDGED


def test_a_figure_told_beside_the_one_that_counts_changes_no_verdict() -> None:
    beside = Check(goal=Goal(name="of less", better="more", must=None), rounds=[0.1])
    assert beside.verdict is Verdict.TOLD
    for rate, verdict in ((0.0, Verdict.SHORT), (1.0, Verdict.MET), (2.0, Verdict.STRETCH)):
        checks = [Check(goal=GOAL, rounds=[rate]), beside]
        assert Result(row="G3", what="x", checks=checks).verdict is verdict
