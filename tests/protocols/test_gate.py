"""Counting at the gate, whatever the order in which visitors come, prove themselves and go."""

from __future__ import annotations

from gateway.protocols.gate import Gate, ListenerLimits
from hypothesis import given, settings
from hypothesis import strategies as st

LIMITS = ListenerLimits(connections=6, strangers=2, strangers_per_address=3)


class Guest:
    """A visitor that remembers how often it was told to begin."""

    def __init__(self, peer: str) -> None:
        self.peer = peer
        self.begun = 0
        self.proved = False

    def begin(self) -> None:
        self.begun += 1


steps = st.lists(
    st.tuples(st.sampled_from(["come", "prove", "go"]), st.integers(0, 9)), max_size=60
)


@settings(max_examples=150, deadline=None)
@given(steps)
def test_no_limit_is_ever_exceeded_and_nobody_is_forgotten(
    happenings: list[tuple[str, int]],
) -> None:
    gate, inside = Gate(LIMITS), list[Guest]()
    for what, number in happenings:
        if what == "come":
            guest = Guest(f"10.0.0.{number % 3}")
            strangers = sum(g.peer == guest.peer and not g.proved for g in inside)
            expected = "ceiling" if len(inside) == 6 else "address" if strangers >= 3 else None
            assert gate.refusal(guest.peer) == expected
            if expected is None:
                guest.begun = int(gate.enter(guest))
                inside.append(guest)
        elif inside:
            guest = inside[number % len(inside)]
            if what == "go":
                inside.remove(guest)
                gate.leave(guest)
            elif guest.begun:
                guest.proved = True
                gate.known(guest)
        strangers_in = [g for g in inside if not g.proved]
        begun = [g for g in strangers_in if g.begun]
        assert (gate.inside, gate.strangers) == (len(inside), len(strangers_in))
        assert len(begun) == min(2, len(strangers_in))
        for source in {g.peer for g in strangers_in}:  # in order of arrival
            theirs = [bool(g.begun) for g in strangers_in if g.peer == source]
            assert theirs == sorted(theirs, reverse=True)
        assert all(g.begun <= 1 for g in inside)


def test_turns_are_given_in_order_of_arrival() -> None:
    gate = Gate(LIMITS)
    guests = [Guest(f"10.0.0.{number}") for number in range(5)]
    assert [gate.enter(guest) for guest in guests] == [True, True, False, False, False]
    gate.leave(guests[3])  # gave up waiting
    gate.known(guests[1])
    gate.known(guests[1])
    assert [guest.begun for guest in guests] == [0, 0, 1, 0, 0]
    gate.leave(guests[0])
    assert [guest.begun for guest in guests] == [0, 0, 1, 0, 1]


def test_a_shut_gate_lets_nobody_in() -> None:
    gate = Gate(LIMITS)
    gate.shut()
    assert gate.refusal("10.0.0.1") == "closed"
    assert gate.refused == {"closed": 1}


def test_a_block_of_ipv6_has_the_share_of_one_address() -> None:
    gate = Gate(ListenerLimits(connections=99, strangers_per_address=2))
    guests = [Guest(f"2001:db8:0:1::{number}") for number in range(2)]
    for guest in guests:
        assert gate.refusal(guest.peer) is None
        gate.enter(guest)
    assert gate.refusal("2001:db8:0:1::ffff") == "address"
    assert gate.refusal("2001:db8:0:2::1") is None
    gate.leave(guests[0])
    assert gate.refusal("2001:db8:0:1::ffff") is None


def test_an_address_that_failed_too_often_is_turned_away() -> None:
    gate = Gate(LIMITS, shuns=lambda peer: peer == "10.0.0.2")
    assert gate.refusal("10.0.0.1") is None
    assert gate.refusal("10.0.0.2") == "locked_out"
    assert gate.refused == {"locked_out": 1}


def test_a_crowd_from_a_few_addresses_does_not_keep_others_waiting() -> None:
    gate = Gate(ListenerLimits(connections=99, strangers=2, strangers_per_address=8))
    crowd = [Guest(f"10.0.0.{number // 8}") for number in range(16)]
    for guest in crowd:
        gate.enter(guest)
    late = Guest("192.0.2.1")
    gate.enter(late)
    gate.leave(crowd[0])
    gate.leave(crowd[1])
    assert late.begun == 0
    gate.leave(next(guest for guest in crowd[2:] if guest.begun))
    assert late.begun == 1
