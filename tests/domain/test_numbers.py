from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.numbers import HeldNumbers

RANGES = st.lists(
    st.tuples(st.integers(1, 60), st.integers(0, 8)).map(lambda pair: (pair[0], sum(pair)))
)


@given(RANGES)
def test_holds_exactly_what_was_added(ranges: list[tuple[int, int]]) -> None:
    held = HeldNumbers(7)
    model: set[int] = set()
    for first, last in ranges:
        held.add(first, last)
        model.update(range(first, last + 1))
    assert [n for n in range(1, 80) if n in held] == sorted(model)
    expected = next(n for n in range(1, 100) if n not in model) - 1
    assert held.upto == expected
    assert held.top == max(model, default=0)


@given(RANGES, st.integers(1, 40), st.integers(0, 40))
def test_missing_is_the_complement(ranges: list[tuple[int, int]], first: int, length: int) -> None:
    held = HeldNumbers(7, 0, ranges)
    last = first + length
    holes = {n for low, high in held.missing(first, last) for n in range(low, high + 1)}
    assert holes == {n for n in range(first, last + 1) if n not in held}


@given(RANGES)
def test_islands_are_ascending_and_never_touch(ranges: list[tuple[int, int]]) -> None:
    held = HeldNumbers(7, 0, ranges)
    edge = held.upto
    for first, last in held.islands():
        assert edge + 1 < first <= last
        edge = last


@given(RANGES, st.integers(1, 60), st.integers(0, 40))
def test_within_is_what_is_held_above_the_prefix(
    ranges: list[tuple[int, int]], first: int, length: int
) -> None:
    held = HeldNumbers(7, 0, ranges)
    last = first + length
    found = [n for low, high in held.within(first, last) for n in range(low, high + 1)]
    assert found == [n for n in range(max(first, held.upto + 1), last + 1) if n in held]


def test_a_snapshot_restores_the_same_numbers() -> None:
    held = HeldNumbers(7, 3, [(6, 9), (12, 12)])
    copy = HeldNumbers(7, held.snapshot().upto, held.snapshot().ranges)
    assert (copy.upto, list(copy.islands())) == (3, [(6, 9), (12, 12)])


def test_a_range_below_the_prefix_and_an_empty_range_change_nothing() -> None:
    held = HeldNumbers(7, 10)
    held.add(3, 5)
    held.add(20, 19)
    assert (held.upto, list(held.islands())) == (10, [])


def test_a_range_that_overlaps_the_prefix_extends_it() -> None:
    held = HeldNumbers(7, 10, [(14, 15)])
    held.add(8, 13)
    assert (held.upto, list(held.islands())) == (15, [])


def test_islands_of_one_terminal_are_no_other_terminals() -> None:
    one, other = HeldNumbers(7), HeldNumbers(7)
    one.add(5, 6)
    assert (list(one.islands()), list(other.islands())) == ([(5, 6)], [])
    one.add(1, 4)
    assert (one.upto, other.upto, other.top) == (6, 0, 0)
