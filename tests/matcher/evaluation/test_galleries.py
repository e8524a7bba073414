"""Which galleries are searched, and that thresholds in use are searched with their margin."""

from __future__ import annotations

import numpy as np
import pytest
from gateway.matcher.evaluation.figures import Figures, InUse, Question
from gateway.matcher.evaluation.identification import false_negatives, false_positives, search
from gateway.matcher.evaluation.measure import measure

from tests.matcher.evaluation.crowds import crowd

CROWD = crowd(20, 4, spread=1.0, dimensions=8)
MARGIN = InUse(name="in use", threshold=0.4, margin=0.2)


@pytest.fixture(scope="module")
def figures() -> Figures:
    return measure(*CROWD, Question(in_use=(MARGIN,), galleries=(3, 19, 20, 500), draws=100))


def test_sizes_that_the_data_hold_are_searched_once(figures: Figures) -> None:
    assert [one.gallery for one in figures.galleries if one.name == "in use"] == [3, 19]


def test_a_threshold_in_use_is_searched_with_its_margin(figures: Figures) -> None:
    found = search(*CROWD)
    largest = next(one for one in figures.galleries if one.gallery == 19)
    assert largest.margin == 0.2
    positive, negative = (
        rate(found, 0.4, 19, 0.2).sum() for rate in (false_positives, false_negatives)
    )
    assert (largest.fpir.errors, largest.fnir.errors) == pytest.approx((positive, negative))
    assert largest.fpir.errors < false_positives(found, 0.4, 19).sum()
    assert largest.fpir.trials == largest.fnir.trials == 60


def test_drawn_intervals_hold_the_rate(figures: Figures) -> None:
    for one in figures.galleries:
        assert one.fnir.drawn is not None
        low, high = one.fnir.drawn
        assert low - 1e-12 <= one.fnir.rate <= high + 1e-12
        assert not np.isnan([low, high]).any()
