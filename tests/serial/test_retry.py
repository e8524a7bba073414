"""The pauses between attempts to open a port."""

from __future__ import annotations

from gateway.protocols.retry import Retry
from hypothesis import given
from hypothesis import strategies as st


def test_the_pause_doubles_up_to_a_minute_and_begins_anew_after_a_success() -> None:
    retry = Retry(lambda: 0.5)
    assert [retry.next() for _ in range(9)] == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    retry.reset()
    assert retry.next() == 1


@given(st.floats(0, 1))
def test_no_pause_is_more_than_a_fifth_off(chance: float) -> None:
    retry = Retry(lambda: chance)
    assert 0.8 <= retry.next() <= 1.2
    assert 1.6 <= retry.next() <= 2.4


def test_the_longest_pause_may_be_shorter() -> None:
    retry = Retry(lambda: 0.5, longest_s=3)
    assert [retry.next() for _ in range(4)] == [1, 2, 3, 3]
