"""A picture under the wrong name is found among the pairs that are shown."""

from __future__ import annotations

from gateway.matcher.evaluation.comparisons import compare
from gateway.matcher.evaluation.extremes import extremes

from tests.matcher.evaluation.crowds import crowd


def test_the_ends_of_both_distributions_are_named() -> None:
    templates, persons = crowd(6, 4, spread=0.8)
    names = [f"{person}/{at}" for at, person in enumerate(persons)]
    found = extremes(templates, persons, names, count=3)
    made = compare(templates, persons)
    assert [pair.score for pair in found.strangers] == sorted(made.impostor.tolist())[:-4:-1]
    assert [pair.score for pair in found.mates] == sorted(made.genuine.tolist())[:3]
    assert all(pair.one[0] != pair.other[0] for pair in found.strangers)
    assert all(pair.one[0] == pair.other[0] for pair in found.mates)


def test_a_picture_under_the_wrong_name_is_in_all_of_them() -> None:
    templates, persons = crowd(6, 6, spread=0.4)
    wrong = persons.copy()
    wrong[0] = 3
    found = extremes(templates, wrong, [str(at) for at in range(36)])
    assert all("0" in (pair.one, pair.other) for pair in (*found.strangers, *found.mates))


def test_few_pairs_are_all_of_them() -> None:
    templates, persons = crowd(2, 1, spread=0.4)
    found = extremes(templates, persons, ["a", "b"])
    assert (len(found.strangers), found.mates) == (1, ())
