"""The reference terminal and the gateway's side by PUSH, byte against byte."""

from __future__ import annotations

import pytest
from gateway.codecs.hikvision.device_events import (
    Answered,
    LoggedIn,
    Opened,
    PushStyle,
    Taken,
)
from gateway.codecs.hikvision.push.memory import Memory

from gateway.domain.commands import CommandOutcome, Outcome
from gateway.domain.events import Event, LoginFailed, LoginProved, Misbehaved, PassageReported
from gateway.domain.ids import Ticket
from gateway.domain.maintenance import SearchOutcome, SearchRecords
from gateway.domain.requests import Accept, Defer, Request
from gateway.domain.vocabulary import Lane
from tests.codecs.hikvision.push.pair import JPEG, Pair, door

STYLES = [
    PushStyle(),
    PushStyle(security=3),
    PushStyle(security=4, seals_login=True),
    PushStyle(by="sha1"),
]

MOVE = b"PUT /ISAPI/AccessControl/RemoteControl/door/1"


def outcomes(pair: Pair) -> list[Outcome]:
    return [one.outcome for one in pair.seen(CommandOutcome) if isinstance(one, CommandOutcome)]


@pytest.mark.parametrize("closes", [False, True])
@pytest.mark.parametrize("style", STYLES)
def test_events_verdicts_and_orders_find_their_way(style: PushStyle, closes: bool) -> None:
    pair = Pair(style, closes=closes)
    pair.happen(25, picture=JPEG)
    pair.happen(asks=True)
    pair.orders.append(door())
    for _ in range(4):
        pair.later(2)
    assert LoggedIn() in pair.told
    assert sorted(one.number for one in pair.records) == list(range(1, 27))
    assert all(one.number > 26 for one in pair.faults)  # what the door did
    assert sum(isinstance(one, Taken) for one in pair.told) == 26 + 4
    assert pair.records[0].picture is not None
    assert pair.records[0].picture.data == JPEG
    assert Opened(serial=26, info="Welcome") in pair.told
    assert pair.moved == ["open"]
    assert outcomes(pair) == [Outcome.DONE]
    assert pair.seen(LoginFailed) == []
    reported = Misbehaved(code="push_login_sha1") in pair.events
    assert reported is (style.by == "sha1")


def test_a_record_keeps_the_name_it_was_sent_by() -> None:
    pair = Pair()
    pair.happen()
    (record,) = pair.records
    name, _, text = record.raw.partition(b"\r\n\r\n")
    assert name.startswith(b"UUID: ")
    assert len(name) == len("UUID: ") + 36
    assert b"10027" in text


class PutsOff(Pair):
    """A gateway that takes a record at the third try only."""

    tries = 0

    def answer(self, event: Event) -> Request | None:
        if isinstance(event, PassageReported) and self.tries < 2:
            self.tries += 1
            return Defer(receipt=event.receipt)
        return super().answer(event)


def test_what_was_put_off_comes_again_and_is_one_record() -> None:
    pair = PutsOff()
    pair.happen()
    for _ in range(4):
        pair.later(5)
    assert Taken(serial=1) in pair.told
    assert Answered(status=503) in pair.told
    assert len(pair.records) == 3
    assert len({(one.identity, one.digest) for one in pair.records}) == 1


def test_a_request_whose_answer_was_lost_is_answered_again_and_done_once() -> None:
    pair = Pair()
    pair.orders.append(door())
    pair.lose = MOVE
    pair.later(2)
    assert pair.moved == []
    pair.cut()
    pair.later(2)
    assert pair.moved == ["open"]
    assert outcomes(pair) == [Outcome.DONE]
    assert pair.told.count(LoggedIn()) == 1
    assert len(pair.seen(LoginProved)) == 2  # the connection is new, the session is not
    assert not any(isinstance(one, Answered) for one in pair.told)


def test_a_session_nobody_knows_any_more_begins_anew() -> None:
    pair = Pair()
    pair.happen()
    pair.memory = Memory()  # the gateway was started anew
    pair.cut()
    pair.happen()
    assert pair.told.count(LoggedIn()) == 2
    assert [one.number for one in pair.records] == [1, 2]


def test_silence_ends_a_session() -> None:
    pair = Pair()
    pair.later(6.5)
    pair.happen()
    assert pair.told.count(LoggedIn()) == 2


def test_a_door_that_was_fetched_before_a_new_session_is_not_moved_again() -> None:
    pair = Pair()
    pair.orders.append(door())
    pair.lose = MOVE
    pair.later(2)
    pair.later(7)  # the session is over, and with it the answer that held the order
    pair.cut()
    for _ in range(20):
        pair.later(2)
    assert pair.told.count(LoggedIn()) == 2
    assert pair.moved == []
    assert outcomes(pair) == [Outcome.UNANSWERED]


def test_an_answer_with_an_order_is_not_given_again_once_the_order_is_old() -> None:
    pair = Pair(poll_s=30)
    pair.orders.append(door())
    pair.lose = MOVE
    pair.later(30)
    pair.later(15)  # the session goes on, but nobody wants the door to open any more
    pair.cut()
    pair.later(30)
    assert pair.moved == []
    assert outcomes(pair) == [Outcome.UNANSWERED]


def test_a_door_nobody_fetched_in_time_stays_shut() -> None:
    pair = Pair()
    pair.server.submit(door(), pair.now)
    pair.later(40)
    pair.later(2)
    pair.later(2)
    assert pair.moved == []
    assert outcomes(pair) == [Outcome.NOT_SENT]


class Slow(Pair):
    """A gateway that takes its time with what was found."""

    found: PassageReported | None = None

    def answer(self, event: Event) -> Request | None:
        if isinstance(event, PassageReported) and event.lane is Lane.BACKFILL:
            self.found = event
            return None
        return super().answer(event)


def test_what_a_search_finds_is_durable_before_its_result_is_answered() -> None:
    pair = Slow(remembers=10)
    pair.happen()
    pair.server.submit(SearchRecords(ticket=Ticket(3), series=0, first=1, last=1), pair.now)
    for _ in range(4):
        pair.later(2)
    assert pair.found is not None
    assert pair.device.status == 0  # its result has no answer yet
    assert pair.seen(SearchOutcome) == []
    assert pair.found.identity == pair.records[0].identity
    pair.route(pair.server.submit(Accept(receipt=pair.found.receipt), pair.now))
    (outcome,) = pair.seen(SearchOutcome)
    assert isinstance(outcome, SearchOutcome)
    assert (outcome.outcome, outcome.found) == (Outcome.DONE, 1)
    pair.run()
    assert pair.device.status == 200


def test_a_verdict_that_was_not_fetched_in_time_is_not_sent() -> None:
    pair = Pair(patience_s=1)
    pair.happen(asks=True)
    pair.later(2)
    pair.later(2)
    assert not any(isinstance(one, Opened) for one in pair.told)
    assert Misbehaved(code="verdict_undelivered") in pair.events


def test_another_key_ends_a_session_at_its_next_connection() -> None:
    pair = Pair()
    pair.secret = bytes(32)
    pair.cut()
    pair.happen()
    assert pair.records == []
    assert pair.seen(LoginFailed) != []
