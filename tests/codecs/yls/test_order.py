"""Sequence numbers: what is fresh, what was seen, what is too old."""

from __future__ import annotations

from gateway.codecs.yls.calls import Calls
from gateway.codecs.yls.frame import parse
from gateway.codecs.yls.limits import ANSWER_SECONDS, CACHED_ANSWERS, REPLAY_BITS
from gateway.codecs.yls.order import FRESH, SEEN, STALE, Received
from gateway.codecs.yls.registers import DUP
from hypothesis import given
from hypothesis import strategies as st

from tests.codecs.yls import vectors


def test_numbers_may_come_out_of_order_inside_the_bitmap() -> None:
    received = Received()
    assert [received.judge(seq) for seq in (3, 5, 4, 1, 2)] == [FRESH] * 5
    assert [received.judge(seq) for seq in (1, 2, 3, 4, 5)] == [SEEN] * 5
    assert received.highest == 5


def test_the_edge_of_the_bitmap() -> None:
    received = Received()
    received.judge(100)
    assert received.judge(100 - REPLAY_BITS) == FRESH
    assert received.judge(100 - REPLAY_BITS) == SEEN
    assert received.judge(100 - REPLAY_BITS - 1) == STALE


def test_a_leap_forgets_what_falls_out() -> None:
    received = Received()
    received.judge(1)
    received.judge(1 + REPLAY_BITS)
    assert received.judge(1) == SEEN
    received.judge(2**32 - 1)
    assert received.judge(1 + REPLAY_BITS) == STALE


def test_zero_is_never_fresh() -> None:
    assert Received().judge(0) == SEEN


@given(st.lists(st.integers(1, 120), max_size=200))
def test_it_agrees_with_a_set_that_forgets_nothing(seqs: list[int]) -> None:
    received, seen, highest = Received(), set[int](), 0
    for seq in seqs:
        known = SEEN if seq in seen else FRESH
        assert received.judge(seq) == (STALE if seq < highest - REPLAY_BITS else known)
        seen.add(seq)
        highest = max(highest, seq)


def test_the_last_32_answers_are_kept() -> None:
    received = Received()
    for seq in range(1, 34):
        received.keep(seq, bytes((seq,)))
    assert received.answer(1) is None
    assert [received.answer(seq) for seq in (2, 33)] == [b"\x02", b"\x21"]
    assert CACHED_ANSWERS == 32


def test_requests_count_up_and_wait_inside_the_window() -> None:
    calls: Calls[str] = Calls(window=2)
    assert [calls.next_seq(), calls.next_seq()] == [1, 2]
    calls.sent(1, vectors.V5, "one", 10.0)
    assert calls.room()
    calls.sent(2, vectors.V5, "two", 11.0)
    assert not calls.room()
    assert calls.answered(1) == "one"
    assert calls.answered(1) is None
    assert calls.room()
    assert len(calls) == 1


def test_a_request_is_repeated_once_and_then_given_up() -> None:
    calls: Calls[str] = Calls()
    calls.sent(7, vectors.V5, "record", 10.0)
    assert calls.deadline() == 10.0 + ANSWER_SECONDS
    assert calls.overdue(19.9) == (b"", [])
    again, lost = calls.overdue(20.0)
    assert parse(again).flags == parse(vectors.V5).flags | DUP
    assert parse(again).body == parse(vectors.V5).body
    assert lost == []
    assert calls.overdue(29.0) == (b"", [])
    assert calls.overdue(30.0) == (b"", ["record"])
    assert calls.deadline() is None


def test_a_request_that_must_not_be_repeated_is_given_up_at_once() -> None:
    calls: Calls[str] = Calls()
    calls.sent(1, vectors.V5, "once", 0.0, repeat=False)
    assert calls.overdue(10.0) == (b"", ["once"])
