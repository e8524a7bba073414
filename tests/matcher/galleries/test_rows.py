"""What a view shows stays as it was, whatever happens to the rows."""

from __future__ import annotations

import numpy as np
from gateway.matcher.galleries.rows import FIRST_CAPACITY, Rows


def filled(count: int) -> Rows:
    rows = Rows(2, np.float32)
    for at in range(count):
        rows.append(np.array([at % 7]), np.array([[at, -at]], np.float32))
    return rows


def test_a_view_keeps_what_it_saw_while_rows_grow() -> None:
    rows = filled(3)
    view = rows.view()
    before = view.data.copy()
    for _ in range(FIRST_CAPACITY):
        rows.append(np.array([9]), np.ones((1, 2), np.float32))
    assert np.array_equal(view.data, before)
    assert len(view.references) == 3
    assert len(rows) == rows.alive == FIRST_CAPACITY + 3
    assert np.array_equal(rows.view().data[:3], before)


def test_struck_rows_are_found_no_more_and_the_others_are() -> None:
    rows = filled(20)
    assert rows.of(3).tolist() == [3, 10, 17]
    rows.strike(rows.of(3))
    assert rows.of(3).tolist() == []
    assert rows.alive == 17
    assert rows.of(4).tolist() == [4, 11, 18]
    assert np.flatnonzero(rows.view().struck).tolist() == [3, 10, 17]


def test_wiped_rows_hold_nothing() -> None:
    rows = filled(5)
    rows.wipe(np.array([1, 2]))
    assert rows.view().data.tolist() == [[0, 0], [0, 0], [0, 0], [3, -3], [4, -4]]


def test_many_rows_at_once_are_as_good_as_one_by_one() -> None:
    rows = Rows(2, np.float32)
    data = np.arange(2000, dtype=np.float32).reshape(-1, 2)
    rows.append(np.arange(1000), data)
    assert np.array_equal(rows.view().data, data)
    assert rows.view().data.flags.c_contiguous
