"""All figures of a set together, and how the drawings behave."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from gateway.matcher.evaluation import limits
from gateway.matcher.evaluation.figures import Figures, InUse, OperatingPoint, Question
from gateway.matcher.evaluation.measure import measure
from gateway.matcher.evaluation.ranking import Ranking
from gateway.matcher.evaluation.resampling import draw, resample

from gateway.domain.errors import GatepostError
from tests.matcher.evaluation.crowds import crowd, scores

QUESTION = Question(in_use=(InUse(name="in use", threshold=0.3),), galleries=(5, 5000), draws=200)


@pytest.fixture(scope="module")
def figures() -> Figures:
    return measure(*crowd(40, 10, spread=0.9), QUESTION)


def point(figures: Figures, name: str) -> OperatingPoint:
    return next(one for one in figures.points if one.name == name)


def test_counted_thresholds_keep_to_their_target(figures: Figures) -> None:
    for target in (1e-2, 1e-3, 1e-4):
        found = point(figures, f"fmr {target:g}")
        assert found.fmr.errors <= target * 78_000
        assert found.fmr.rate <= target


def test_shown_thresholds_have_both_limits_below_their_target(figures: Figures) -> None:
    for target in (1e-2, 1e-3, 1e-4):
        found = point(figures, f"fmr {target:g} shown")
        assert found.fmr.upper <= target
        assert limits.upper_limit(int(found.fmr.errors), 78_000) <= found.fmr.upper
        assert found.threshold >= point(figures, f"fmr {target:g}").threshold


def test_a_target_that_the_data_cannot_show_has_no_threshold(figures: Figures) -> None:
    assert limits.needed(1e-5) > 78_000
    names = {one.name for one in figures.points}
    assert not names & {"fmr 1e-05", "fmr 1e-05 shown", "fmr 1e-06", "fmr 1e-06 shown"}


def test_drawn_intervals_hold_the_counted_rate_and_are_wider_than_exact_ones(
    figures: Figures,
) -> None:
    found = point(figures, "fmr 0.01").fmr
    assert found.drawn is not None
    assert found.drawn[0] <= found.rate <= found.drawn[1]
    # Pairs share persons: taking them as independent makes a rate look surer than it is.
    assert found.drawn[1] - found.drawn[0] > found.exact[1] - found.exact[0]


def test_a_gallery_larger_than_the_data_is_not_measured(figures: Figures) -> None:
    assert figures.largest_gallery == 39
    assert {one.gallery for one in figures.galleries} == {5, 39}


def test_one_seed_gives_one_result_and_another_seed_another(figures: Figures) -> None:
    again = measure(*crowd(40, 10, spread=0.9), QUESTION)
    assert again == figures
    other = measure(*crowd(40, 10, spread=0.9), replace(QUESTION, seed=2))
    assert other.points[0].fmr.drawn != figures.points[0].fmr.drawn
    assert other.points[0].fmr.exact == figures.points[0].fmr.exact


def test_curves_are_monotone(figures: Figures) -> None:
    fmr = [one.fmr for one in figures.curve]
    fnmr = [one.fnmr for one in figures.curve]
    assert fmr == sorted(fmr, reverse=True)
    assert fnmr == sorted(fnmr)


def test_decidability_of_the_crowd_is_that_of_its_scores() -> None:
    made = measure(*crowd(12, 4, spread=0.9), Question(draws=10))
    templates, persons = crowd(12, 4, spread=0.9)
    cosine = templates @ templates.T
    same = persons[:, None] == persons
    upper = np.triu(np.ones_like(same), 1).astype(bool)
    genuine, impostor = cosine[same & upper], cosine[~same & upper]
    pooled = ((genuine.var() + impostor.var()) / 2) ** 0.5
    assert made.decidability == pytest.approx(
        float((genuine.mean() - impostor.mean()) / pooled), rel=1e-5
    )


def test_with_few_persons_nothing_is_drawn() -> None:
    made = measure(*crowd(4, 5, spread=0.9), Question())
    assert made.equal_error_drawn is None
    assert all(one.fmr.drawn is None for one in made.points)


@pytest.mark.parametrize(("persons", "pictures"), [(1, 5), (5, 1)])
def test_nothing_to_compare_is_an_error_with_a_remedy(persons: int, pictures: int) -> None:
    with pytest.raises(GatepostError) as told:
        measure(*crowd(persons, pictures, spread=0.5), Question())
    assert told.value.code == "evaluate.too_little"
    assert told.value.remedy


def test_the_same_draws_for_everybody_change_nothing() -> None:
    ranking = Ranking(scores([0.9, 0.8, 0.3], [0.5, 0.2, 0.1]))
    everybody = np.full((3, 2), 4)
    drawn = resample(ranking, everybody, np.array([0.4]))
    assert drawn.fmr.ravel().tolist() == pytest.approx([1 / 3] * 3)
    assert drawn.fnmr.ravel().tolist() == pytest.approx([1 / 3] * 3)


def test_draws_have_as_many_persons_as_there_are() -> None:
    made = draw(40, 500, seed=1)
    assert made.shape == (500, 40)
    assert (made.sum(axis=1) == 40).all()
    # Of n persons drawn n times, about 1/e are not drawn at all.
    assert np.mean(made == 0) == pytest.approx((1 - 1 / 40) ** 40, abs=0.02)
