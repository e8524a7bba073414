"""Searches against galleries that are formed one by one."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from gateway.matcher.evaluation.identification import (
    Searches,
    false_negatives,
    false_positives,
    search,
)

from tests.matcher.evaluation.crowds import crowd


def test_the_first_pictures_are_enrolled_and_the_best_of_them_counts() -> None:
    unit = np.eye(3, dtype=np.float32)
    templates = np.stack([unit[0], unit[1], unit[0], unit[2], unit[0], unit[1]])
    persons = np.array([0, 0, 0, 1, 1, 2], dtype=np.int32)
    one = search(templates, persons)
    assert one.person.tolist() == [0, 0, 1]
    assert one.mate.tolist() == [0.0, 1.0, 0.0]
    assert one.strangers.tolist() == [[1.0, 0.0], [0.0, 0.0], [1.0, 0.0]]
    two = search(templates, persons, enrolled=2)
    assert two.person.tolist() == [0]
    assert two.mate.tolist() == [1.0]
    assert two.strangers.tolist() == [[1.0, 0.0]]


@pytest.mark.parametrize("gallery", [1, 2, 4, 6])
@pytest.mark.parametrize(("threshold", "margin"), [(0.1, 0.0), (0.3, 0.1), (-0.2, 0.2), (0.5, 0.0)])
def test_smaller_galleries_are_the_mean_over_all_of_them(
    gallery: int, threshold: float, margin: float
) -> None:
    found = search(*crowd(7, 4, spread=1.2, dimensions=8))
    positive = false_positives(found, threshold, gallery, margin)
    negative = false_negatives(found, threshold, gallery, margin)
    for probe, strangers in enumerate(found.strangers.tolist()):
        without = [
            best >= threshold and best - next_ >= margin
            for best, next_ in map(first_two, combinations(strangers, gallery))
        ]
        mate = float(found.mate[probe])
        beside = [
            mate < threshold or mate - max([-9.0, *drawn]) < margin
            for drawn in combinations(strangers, gallery - 1)
        ]
        assert positive[probe] == pytest.approx(np.mean(without), abs=1e-12)
        assert negative[probe] == pytest.approx(np.mean(beside), abs=1e-12)


def first_two(scores: tuple[float, ...]) -> tuple[float, float]:
    """Return the best and the next; nobody is far away."""
    best, next_, *_ = [*sorted(scores, reverse=True), -9.0]
    return best, next_


def test_a_margin_refuses_strangers_and_costs_mates() -> None:
    found = search(*crowd(20, 4, spread=1.0, dimensions=8))
    positive = [false_positives(found, 0.4, 10, margin).mean() for margin in (0, 0.05, 0.1, 0.3)]
    negative = [false_negatives(found, 0.4, 10, margin).mean() for margin in (0, 0.05, 0.1, 0.3)]
    assert positive == sorted(positive, reverse=True)
    assert negative == sorted(negative)
    assert positive[0] > positive[-1]
    assert negative[0] < negative[-1]


def test_galleries_of_everybody_give_whole_counts() -> None:
    found = search(*crowd(12, 3, spread=1.0, dimensions=8))
    for outcome in (false_positives(found, 0.4, 11), false_negatives(found, 0.4, 12)):
        assert np.minimum(abs(outcome), abs(outcome - 1)) == pytest.approx(0, abs=1e-12)


def test_rates_move_as_they_must() -> None:
    found = search(*crowd(20, 4, spread=1.0, dimensions=8))
    thresholds = np.linspace(-0.5, 1, 30)
    positive = [false_positives(found, at, 10).mean() for at in thresholds]
    negative = [false_negatives(found, at, 10).mean() for at in thresholds]
    by_size = [false_positives(found, 0.5, size).mean() for size in range(1, 20)]
    assert (np.diff(positive) <= 1e-12).all()
    assert (np.diff(negative) >= -1e-12).all()
    assert (np.diff(by_size) >= -1e-12).all()


def test_nobody_searches_where_everybody_has_one_picture() -> None:
    found: Searches = search(*crowd(5, 1, spread=0.5))
    assert found.mate.shape == (0,)
    assert found.strangers.shape == (0, 4)
