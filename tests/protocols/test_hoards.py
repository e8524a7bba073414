"""Room for messages that are not whole: who waits, who goes on, and that everybody gets through."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from gateway.codecs.api import Reach
from gateway.protocols.flow import FlowLimits
from gateway.protocols.hoards import FAVOURED, FREE, Hoard, Hoards
from gateway.protocols.session import Session
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.events import Event, Heartbeat
from gateway.domain.times import Instant

BIG = 100_000


class Socket:
    """Remembers whether it is read."""

    def __init__(self) -> None:
        self.read = True

    def hold(self) -> None:
        assert self.read
        self.read = False

    def release(self) -> None:
        assert not self.read
        self.read = True


def crowd(count: int) -> list[tuple[Socket, Hoard]]:
    sockets = [Socket() for _ in range(count)]
    return [(one, Hoard(one)) for one in sockets]


def readable(everybody: list[tuple[Socket, Hoard]]) -> list[Socket]:
    return [one for one, _ in everybody if one.read]


def test_small_messages_never_wait() -> None:
    hoards = Hoards(0)
    for one, hoard in crowd(1_000):
        hoards.keep(hoard, FREE)
        assert one.read
    assert hoards.held == 0


def test_above_the_bound_a_few_go_on_and_the_others_follow_in_their_order() -> None:
    hoards = Hoards(0)
    everybody = crowd(FAVOURED + 3)
    for _, hoard in everybody:
        hoards.keep(hoard, BIG)
    assert [one.read for one, _ in everybody] == [True] * FAVOURED + [False] * 3
    assert hoards.waiting == 3
    hoards.keep(everybody[0][1], BIG)
    assert everybody[0][0].read
    hoards.drop(everybody[0][1])
    assert [one.read for one, _ in everybody[FAVOURED:]] == [True, False, False]
    hoards.drop(everybody[FAVOURED + 1][1])  # it hung up while it waited
    hoards.drop(everybody[1][1])
    assert [one.read for one, _ in everybody[FAVOURED:]] == [True, False, True]


def test_room_lets_everybody_go_on() -> None:
    hoards = Hoards(3 * BIG)
    everybody = crowd(FAVOURED + 10)
    for _, hoard in everybody:
        hoards.keep(hoard, BIG)
    assert hoards.waiting > 0
    for one, hoard in everybody:
        if one.read:
            hoards.drop(hoard)
    assert all(one.read for one, _ in everybody)


@given(st.lists(st.tuples(st.integers(0, 19), st.integers(1, 60_000)), max_size=300))
def test_somebody_is_always_read_and_the_count_is_right(steps: list[tuple[int, int]]) -> None:
    hoards = Hoards(200_000)
    everybody = crowd(20)
    for at, size in steps:
        one, hoard = everybody[at]
        if one not in readable(everybody):
            continue
        hoards.keep(hoard, size)
        if one in readable(everybody) and hoard.held > BIG:
            hoards.drop(hoard)
        assert hoards.held == sum(max(0, each.held - FREE) for _, each in everybody)
        assert sum(not each.read for each, _ in everybody) == hoards.waiting
        assert any(each.read for each, _ in everybody)
    for _, hoard in everybody:
        hoards.drop(hoard)
    assert (hoards.held, hoards.waiting) == (0, 0)
    assert all(one.read for one, _ in everybody)


def test_what_arrives_whole_while_it_waits_is_read_on() -> None:
    """TLS hands over what it has decrypted already, in several pieces and to whoever waits too."""
    whole: list[Event] = [Heartbeat()]
    told: list[list[Event]] = [[], whole]
    conversation = SimpleNamespace(
        closing=None,
        deadline=lambda: None,
        feed=lambda data, now: told.pop(0),
        output=lambda: b"",
    )
    desk = SimpleNamespace(heard=lambda *_: None, beat=lambda *_: None)
    hoards = Hoards(0)
    for _, hoard in crowd(FAVOURED):
        hoards.keep(hoard, BIG)
    shared = SimpleNamespace(
        flow=FlowLimits(), taps=None, clock=lambda: Instant(5.0, 1), hoards=hoards, desk=desk
    )
    socket = Socket()
    connection = SimpleNamespace(peer="here", ending=None, hold=socket.hold, release=socket.release)
    dialect = SimpleNamespace(name="some", version="1", reach=Reach.PUSH_ONLY, carries=frozenset())
    session = Session(*cast(Any, (shared, connection, conversation, dialect)))
    session.admitted = True
    session.receive(bytes(BIG), Instant(5.0, 1))
    assert (socket.read, hoards.waiting) == (False, 1)
    session.receive(bytes(10), Instant(5.0, 1))
    assert (socket.read, hoards.waiting) == (True, 0)


def test_a_deadline_waits_while_the_connection_is_not_read() -> None:
    ticks: list[float] = []
    now = [100.0]

    def tick(at: Instant) -> list[Event]:
        ticks.append(at.mono)
        return []

    conversation = SimpleNamespace(
        closing=None,
        deadline=lambda: 130.0,
        output=lambda: b"",
        tick=tick,
    )
    shared = SimpleNamespace(
        flow=FlowLimits(), taps=None, clock=lambda: Instant(now[0], 1), hoards=Hoards(0)
    )
    connection = SimpleNamespace(peer="here", ending=None, hold=lambda: None, release=lambda: None)
    dialect = SimpleNamespace(name="some", version="1", reach=Reach.PUSH_ONLY, carries=frozenset())
    session = Session(*cast(Any, (shared, connection, conversation, dialect)))
    assert session.deadline() == 130.0
    session.hold()
    assert session.deadline() is None
    session.tick(Instant(149.0, 1))
    now[0] = 150.0
    session.release()
    assert session.deadline() == 180.0
    session.tick(Instant(179.0, 1))
    assert ticks == []
    session.tick(Instant(180.0, 1))
    assert ticks == [180.0]
