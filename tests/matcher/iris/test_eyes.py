"""Either eye is enough, two middling ones help each other, and a bad one harms nobody."""

from __future__ import annotations

import numpy as np
import pytest
from gateway.matcher.iris.eyes import Eyeful, best_two, per_reference
from gateway.matcher.iris.scores import Comparison, IrisRules

RULES = IrisRules()


def eye(*rows: tuple[int, int, int]) -> Eyeful:
    """References with different and compared bits, of 2,048."""
    references, different, compared = (np.array(one) for one in zip(*rows, strict=True))
    different, compared = different.astype(np.int32), compared.astype(np.int32)
    distance = RULES.corrected(different, compared, 2048)
    found = Comparison(distance, different, compared)
    return per_reference(references.astype(np.int64), found, 2048)


def test_the_best_code_of_a_person_counts_and_the_second_is_somebody_else() -> None:
    found = best_two([eye((5, 600, 1536), (9, 700, 1536), (5, 300, 1536))], RULES)
    assert [one.reference for one in found] == [5, 9]
    assert found[0].score == pytest.approx(1 - 300 / 1536)
    assert found[1].score == pytest.approx(1 - 700 / 1536)


def test_either_eye_is_enough() -> None:
    good, bad = (5, 200, 1536), (5, 760, 1536)
    for eyes in ([eye(good), eye(bad)], [eye(bad), eye(good)]):
        assert best_two(eyes, RULES)[0].score == pytest.approx(1 - 200 / 1536)


def test_two_middling_eyes_say_more_than_one() -> None:
    middling = (5, 554, 1536)
    alone = best_two([eye(middling)], RULES)[0].score
    both = best_two([eye(middling), eye(middling)], RULES)[0].score
    assert alone == pytest.approx(1 - 554 / 1536)
    assert both == pytest.approx(1 - (0.45 - (0.45 - 554 / 1536) * np.sqrt(2)))
    assert both > alone


def test_two_eyes_of_two_people_are_not_added_up() -> None:
    found = best_two([eye((5, 554, 1536)), eye((9, 554, 1536))], RULES)
    assert [one.score for one in found] == pytest.approx([1 - 554 / 1536] * 2)


def test_strangers_gain_nothing_from_the_second_eye() -> None:
    stranger = (5, 700, 1536)
    assert best_two([eye(stranger), eye(stranger)], RULES)[0].score < 0.56


def test_what_could_not_be_compared_is_nobody() -> None:
    assert best_two([eye((5, 0, 100))], RULES) == ()
    found = best_two([eye((5, 0, 100)), eye((9, 700, 1536))], RULES)
    assert [one.reference for one in found] == [9]
