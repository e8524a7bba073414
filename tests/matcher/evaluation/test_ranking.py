"""Rates and thresholds: cases counted by hand, known distributions, and what always holds."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pytest
from gateway.matcher.evaluation.comparisons import Comparisons
from gateway.matcher.evaluation.ranking import Floats, Ranking
from hypothesis import given
from hypothesis import strategies as st

from tests.matcher.evaluation.crowds import scores

SCORES = st.lists(st.floats(-1, 1, width=32), min_size=1, max_size=40)


def at(*thresholds: float) -> Floats:
    return np.array(thresholds, dtype=np.float64)


def test_rates_counted_by_hand() -> None:
    ranking = Ranking(scores([0.9, 0.8, 0.5, 0.3], [0.5, 0.4, 0.2, 0.1, 0.0]))
    rates = ranking.weighed()
    assert rates.fmr(at(0.0, 0.2, 0.5, 0.51)).tolist() == [1.0, 0.6, 0.2, 0.0]
    # A score at the threshold matches: 0.5 is a false match and no false non-match there.
    assert rates.fnmr(at(0.3, 0.5, 0.51, 0.95)).tolist() == [0.0, 0.25, 0.5, 1.0]


def test_equal_error_counted_by_hand() -> None:
    # At 0.5: FMR 1/5, FNMR 1/4. At 0.4: FMR 2/5, FNMR 1/4. The first is closer.
    found = Ranking(scores([0.9, 0.8, 0.5, 0.3], [0.5, 0.4, 0.2, 0.1, 0.0])).weighed().equal_error()
    assert (found.threshold, found.low, found.high) == (0.5, 0.2, 0.25)
    assert found.rate == pytest.approx(0.225)


def test_separated_scores_have_no_equal_error() -> None:
    assert Ranking(scores([0.8, 0.9], [0.1, 0.2])).weighed().equal_error().rate == 0


def test_all_scores_the_same_is_a_coin() -> None:
    assert Ranking(scores([0.5, 0.5], [0.5, 0.5])).weighed().equal_error().rate == 0.5


@pytest.mark.parametrize(("allowed", "wanted"), [(0, 0.5001), (1, 0.4001), (2, 0.2001), (5, 0.0)])
def test_thresholds_are_the_lowest_with_so_many_false_matches(allowed: int, wanted: float) -> None:
    ranking = Ranking(scores([0.9], [0.5, 0.4, 0.2, 0.1, 0.0]))
    assert ranking.threshold(allowed) == wanted


def test_weights_count_persons_and_pairs_as_often_as_they_were_drawn() -> None:
    made = Comparisons(
        genuine=np.array([0.9, 0.1], dtype=np.float32),
        genuine_person=np.array([0, 1], dtype=np.int32),
        impostor=np.array([0.8, 0.2, 0.2], dtype=np.float32),
        impostor_first=np.array([0, 0, 1], dtype=np.int32),
        impostor_second=np.array([1, 2, 2], dtype=np.int32),
        persons=3,
        pictures=5,
    )
    rates = Ranking(made).weighed(np.array([1, 2, 0]))
    assert rates.fnmr(at(0.5)).tolist() == [pytest.approx(2 / 3)]
    assert rates.fmr(at(0.5)).tolist() == [1.0]  # person 2 was not drawn, so one pair is left
    assert np.isnan(Ranking(made).weighed(np.array([3, 0, 0])).fmr(at(0.5))).all()


def test_normal_scores_have_the_rates_of_the_normal_distribution() -> None:
    random = np.random.default_rng(11)
    genuine, impostor = NormalDist(0.7, 0.1), NormalDist(0.1, 0.15)
    ranking = Ranking(
        scores(
            random.normal(0.7, 0.1, 200_000).tolist(), random.normal(0.1, 0.15, 200_000).tolist()
        )
    )
    rates = ranking.weighed()
    for threshold in (0.3, 0.45, 0.55):
        assert rates.fmr(at(threshold))[0] == pytest.approx(1 - impostor.cdf(threshold), abs=2e-3)
        assert rates.fnmr(at(threshold))[0] == pytest.approx(genuine.cdf(threshold), abs=2e-3)
    # Both rates meet where the distances to the means are equal in deviations: 0.1 + 0.15 · 2.4.
    found = rates.equal_error()
    assert found.threshold == pytest.approx(0.46, abs=5e-3)
    assert found.rate == pytest.approx(NormalDist().cdf(-2.4), abs=5e-4)


@given(genuine=SCORES, impostor=SCORES)
def test_what_holds_for_all_scores(genuine: list[float], impostor: list[float]) -> None:
    ranking = Ranking(scores(genuine, impostor))
    rates = ranking.weighed()
    fmr, fnmr = rates.fmr(ranking.steps), rates.fnmr(ranking.steps)
    assert (np.diff(fmr) <= 0).all()
    assert (np.diff(fnmr) >= 0).all()
    assert (fmr[0], fnmr[0], fmr[-1], fnmr[-1]) == (1, 0, 0, 1)
    found = rates.equal_error()
    assert 0 <= found.low <= found.rate <= found.high <= 1
    here = at(found.threshold)
    assert sorted([rates.fmr(here)[0], rates.fnmr(here)[0]]) == [found.low, found.high]
    # No other threshold has both rates below the lower one: the curves cross here.
    assert not ((fmr < found.low) & (fnmr < found.low)).any()
    for allowed in range(len(impostor) + 1):
        assert ranking.matched(at(ranking.threshold(allowed)))[0] <= allowed


@given(genuine=SCORES, impostor=SCORES)
def test_counting_one_by_one_gives_the_same(genuine: list[float], impostor: list[float]) -> None:
    ranking = Ranking(scores(genuine, impostor))
    for threshold in ranking.steps:
        assert ranking.matched(at(threshold))[0] == sum(one >= threshold for one in impostor)
        assert ranking.missed(at(threshold))[0] == sum(one < threshold for one in genuine)
