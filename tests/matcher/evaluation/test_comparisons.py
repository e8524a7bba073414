"""Which pairs there are, and of whom."""

from __future__ import annotations

import numpy as np
from gateway.matcher.evaluation.comparisons import compare

from tests.matcher.evaluation.crowds import crowd


def test_every_pair_is_compared_once() -> None:
    templates = np.eye(4, dtype=np.float32)
    templates[1] = templates[0]
    made = compare(templates, np.array([0, 0, 1, 2], dtype=np.int32))
    assert made.genuine.tolist() == [1.0]
    assert made.genuine_person.tolist() == [0]
    pairs = zip(made.impostor_first.tolist(), made.impostor_second.tolist(), strict=True)
    assert sorted(pairs) == [(0, 1), (0, 1), (0, 2), (0, 2), (1, 2)]
    assert made.impostor.tolist() == [0.0] * 5
    assert (made.persons, made.pictures) == (3, 4)


def test_forty_persons_with_ten_pictures_make_the_known_numbers_of_pairs() -> None:
    made = compare(*crowd(40, 10, spread=0.5))
    assert (len(made.genuine), len(made.impostor)) == (1_800, 78_000)
