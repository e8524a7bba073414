"""A counted rate takes the larger of its two upper limits, and whole errors for its exact ones."""

from __future__ import annotations

import numpy as np
import pytest
from gateway.matcher.evaluation.estimates import estimate, middle
from gateway.matcher.evaluation.limits import interval, upper_limit


def test_the_upper_limit_is_the_larger_of_exact_and_drawn() -> None:
    wide, narrow = np.linspace(0, 0.5, 101), np.zeros(101)
    assert estimate(10, 1_000, wide).upper == pytest.approx(0.475)
    assert estimate(10, 1_000, narrow).upper == upper_limit(10, 1_000)
    assert estimate(10, 1_000, None).upper == upper_limit(10, 1_000)


def test_a_mean_of_errors_widens_to_whole_ones() -> None:
    found = estimate(2.4, 100, None)
    assert found.rate == pytest.approx(0.024)
    assert found.exact == (interval(2, 100)[0], interval(3, 100)[1])
    assert estimate(2 + 1e-12, 100, None).exact == interval(2, 100)


def test_drawings_that_had_no_comparison_count_for_nothing() -> None:
    drawn = np.array([np.nan, *np.linspace(0, 1, 201), np.nan])
    assert middle(drawn) == pytest.approx((0.025, 0.975))
    assert middle(None) is None
