"""Credit and congestion."""

from __future__ import annotations

from gateway.protocols.flow import Congestion, Credit

from gateway.domain.ids import Receipt


def test_credit_is_taken_and_given_back_once_for_each_receipt() -> None:
    credit = Credit(2)
    assert [credit.take(Receipt(number)) for number in (1, 2, 3)] == [True, True, False]
    credit.give(Receipt(9))  # never taken: a blob's, say
    assert not credit.take(Receipt(3))
    credit.give(Receipt(1))
    credit.give(Receipt(1))
    assert [credit.take(Receipt(number)) for number in (3, 4)] == [True, False]
    assert len(credit) == 2


def test_shut_credit_takes_nothing_and_is_still_given_back() -> None:
    credit = Credit(2)
    credit.take(Receipt(1))
    credit.shut()
    assert not credit.take(Receipt(2))
    assert len(credit) == 1
    credit.give(Receipt(1))
    assert not credit


def test_a_stall_begins_again_with_every_byte_taken() -> None:
    congestion = Congestion(100.0)
    assert congestion.stalled_for(0, 110.0) == 10.0
    assert congestion.stalled_for(1, 115.0) == 0.0
    assert congestion.stalled_for(1, 125.0) == 10.0
    congestion.forgive(7.0)
    assert congestion.stalled_for(1, 135.0) == 13.0
    assert congestion.stalled_for(5_000, 136.0) == 0.0
