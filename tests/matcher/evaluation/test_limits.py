"""Clopper-Pearson against published tables, and the numbers that the requirements name."""

from __future__ import annotations

import math

import pytest
from gateway.matcher.evaluation.limits import interval, lower_limit, needed, upper_limit
from hypothesis import given
from hypothesis import strategies as st

# Two-sided 95 % limits as printed in tables of the exact binomial interval.
TABLE = [
    (0, 10, 0.0, 0.3085),
    (1, 10, 0.0025, 0.4450),
    (3, 10, 0.0667, 0.6525),
    (5, 10, 0.1871, 0.8129),
    (10, 10, 0.6915, 1.0),
    (2, 20, 0.0123, 0.3170),
    (10, 100, 0.0490, 0.1762),
    (1, 100, 0.0003, 0.0545),
]


@pytest.mark.parametrize(("errors", "trials", "low", "high"), TABLE)
def test_intervals_are_those_of_the_tables(
    errors: int, trials: int, low: float, high: float
) -> None:
    assert interval(errors, trials) == pytest.approx((low, high), abs=5.1e-5)


def binomial_below(errors: int, trials: int, rate: float) -> float:
    """Return the chance of at most so many errors, summed term by term."""
    return math.fsum(
        math.comb(trials, k) * rate**k * (1 - rate) ** (trials - k) for k in range(errors + 1)
    )


@given(trials=st.integers(1, 60), data=st.data(), confidence=st.floats(0.5, 0.999))
def test_limits_solve_the_binomial_equations(
    trials: int, data: st.DataObject, confidence: float
) -> None:
    errors = data.draw(st.integers(0, trials))
    low, high = lower_limit(errors, trials, confidence), upper_limit(errors, trials, confidence)
    assert low <= high
    if errors < trials:
        assert binomial_below(errors, trials, high) == pytest.approx(1 - confidence, rel=1e-6)
    if errors > 0:
        above = 1 - binomial_below(errors - 1, trials, low)
        assert above == pytest.approx(1 - confidence, rel=1e-6, abs=1e-9)


def test_no_error_gives_the_rule_of_three() -> None:
    assert upper_limit(0, 78_000) == pytest.approx(3 / 78_000, rel=0.002)
    assert upper_limit(0, 185_136) < 1.62e-5
    assert lower_limit(0, 78_000) == 0


def test_many_trials_are_near_the_poisson_limits() -> None:
    # Garwood's limits for 7 events: 2.8144 and 14.4227.
    low, high = interval(7, 3_000_000)
    assert (low * 3e6, high * 3e6) == pytest.approx((2.8144, 14.4227), abs=2e-4)


def test_the_requirements_numbers_of_comparisons() -> None:
    assert needed(1e-4) == 29_956
    assert needed(1e-2) == 299
    assert needed(1e-6) == 2_995_731
    assert needed(1e-3) == 2_995
    assert upper_limit(0, needed(1e-4)) < 1e-4 < upper_limit(0, needed(1e-4) - 1)


def test_all_errors_leave_no_upper_limit() -> None:
    assert upper_limit(5, 5) == 1
    assert interval(5, 5)[1] == 1
