"""Errands by PUSH: what waits, what goes out again, what was found, and how each of them ends."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from gateway.codecs.api import Context
from gateway.codecs.errand import Call, Errand, Errands, NoAnswer, Terms, ask, pause, report
from gateway.codecs.hikvision.booking import Receipts
from gateway.codecs.hikvision.notice import read_notice
from gateway.codecs.hikvision.push.carrying import Carrying
from gateway.codecs.hikvision.push.limits import MOST_CALL
from gateway.codecs.hikvision.push.outbox import Outbox
from gateway.codecs.hikvision.push.texts import Item
from gateway.codecs.hikvision.report import Facts
from gateway.codecs.hikvision.report import report as record_of

from gateway.domain.commands import CommandOutcome, Outcome
from gateway.domain.events import Misbehaved, PassageReported
from gateway.domain.ids import Receipt, Serial, Ticket
from gateway.domain.maintenance import AskStatus
from gateway.domain.requests import Accept, Defer
from gateway.domain.times import Instant
from tests.codecs.hikvision.vectors import NOW, SERIAL, event

READ = Call(method="GET", target="/read", repeatable=True)
ADD = Call(method="POST", target="/add", content_type="application/json", body=b"{}")
ORDER = AskStatus(ticket=Ticket(7))


def done(kept: object) -> CommandOutcome:
    return CommandOutcome(ticket=ORDER.ticket, outcome=Outcome.DONE, code=str(kept))


def found(serial: int) -> PassageReported:
    facts = Facts(Receipt(serial), NOW.wall, 480)
    record = record_of(read_notice("", event(serial=serial)), facts)
    assert isinstance(record, PassageReported)
    return record


def searching(order: Any, terms: Terms) -> Errand:
    """Read, hand over two records, rest, add: everything an errand may do."""
    del order, terms
    first = yield from ask(READ)
    assert not isinstance(first, NoAnswer)
    kept = yield from report((found(1), found(2)))
    yield from pause(5.0)
    last = yield from ask(ADD)
    if isinstance(last, NoAnswer):
        return CommandOutcome(ticket=ORDER.ticket, outcome=last.outcome, code=last.reason)
    return done(f"{kept} {last.status}")


class Side:
    """The outbox, seen by one connection after the other."""

    def __init__(self, work: Any = searching) -> None:
        self.outbox = Outbox()
        self.errands = Errands(makers={AskStatus: work})
        self.now = NOW
        self.drawn = 0
        self.connect()
        self.events = self.carrying.start(ORDER, None, self.now)

    def connect(self) -> None:
        context = Context(entropy=self.draw)
        self.carrying = Carrying(self.outbox, Serial(SERIAL), context, self.errands, Receipts())

    def draw(self, size: int) -> bytes:
        self.drawn += 1
        return self.drawn.to_bytes(size, "big")

    def later(self, seconds: float) -> None:
        self.now = Instant(self.now.mono + seconds, self.now.wall)
        self.events += self.carrying.review(self.now.mono)

    def fetch(self) -> list[tuple[str, Call]]:
        fetched, events = self.carrying.fetch(self.now.mono)
        self.events += events
        return fetched.calls

    def result(self, uuid: str, form: str = "jsonData", data: str = "e30=") -> None:
        self.events += self.carrying.result(Item(uuid=uuid, form=form, data=data), self.now)

    def settle(self, *answers: Any) -> None:
        for answer in answers:
            self.events += self.carrying.settle(answer, self.now.mono)

    @property
    def ends(self) -> list[tuple[Outcome, str]]:
        return [(e.outcome, e.code) for e in self.events if isinstance(e, CommandOutcome)]


def at_the_report() -> Side:
    side = Side()
    ((uuid, call),) = side.fetch()
    assert call == READ
    side.result(uuid)
    return side


def test_what_was_found_is_handed_over_and_the_errand_goes_on_when_all_is_kept() -> None:
    side = at_the_report()
    assert [e.receipt for e in side.events if isinstance(e, PassageReported)] == [1, 2]
    side.settle(Accept(receipt=Receipt(2)), Accept(receipt=Receipt(9)))
    side.later(6)
    assert side.fetch() == []
    side.settle(Accept(receipt=Receipt(1)))
    assert side.fetch() == []  # it rests
    side.later(6)
    ((uuid, call),) = side.fetch()
    assert call == ADD
    side.result(uuid)
    assert side.ends == [(Outcome.DONE, "True 200")]
    assert not side.outbox.busy


def test_what_was_not_kept_is_said_to_be_lost() -> None:
    side = at_the_report()
    side.settle(Accept(receipt=Receipt(1)), Defer(receipt=Receipt(2)))
    side.later(6)
    ((uuid, _),) = side.fetch()
    side.result(uuid)
    assert side.ends == [(Outcome.DONE, "False 200")]


def test_a_connection_that_ends_takes_the_answers_with_it() -> None:
    side = at_the_report()
    side.events += side.carrying.lost(side.now.mono)
    side.connect()
    side.later(6)
    ((uuid, _),) = side.fetch()
    side.result(uuid)
    assert side.ends == [(Outcome.DONE, "False 200")]


def test_a_reading_call_goes_out_again_after_a_new_login_by_the_same_name() -> None:
    side = Side()
    first = side.fetch()
    assert side.fetch() == []
    side.carrying.restarted()
    assert side.fetch() == first
    side.result(first[0][0])
    assert len([e for e in side.events if isinstance(e, PassageReported)]) == 2


def adding(order: Any, terms: Terms) -> Errand:
    del order, terms
    reply = yield from ask(ADD)
    if isinstance(reply, NoAnswer):
        return CommandOutcome(ticket=ORDER.ticket, outcome=reply.outcome, code=reply.reason)
    return done(reply.status)


def test_one_that_adds_something_does_not_and_its_result_may_still_come() -> None:
    side = Side(adding)
    ((uuid, _),) = side.fetch()
    side.carrying.restarted()
    assert side.fetch() == []
    side.result(uuid, data="eyJzdGF0dXNDb2RlIjo0fQ==")
    assert side.ends == [(Outcome.DONE, "403")]


def test_one_whose_result_never_comes_is_of_unknown_outcome() -> None:
    side = Side(adding)
    side.fetch()
    side.later(31)
    assert side.ends == [(Outcome.UNANSWERED, "slow")]
    assert side.fetch() == []


def test_one_that_nobody_fetched_in_time_never_leaves() -> None:
    side = Side(adding)
    side.later(10)
    assert side.ends == [(Outcome.NOT_SENT, "unreachable")]
    assert side.fetch() == []


def test_a_result_that_cannot_be_read_is_none() -> None:
    side = Side(adding)
    ((uuid, _),) = side.fetch()
    side.result(uuid, data="!")
    assert side.ends == [(Outcome.UNANSWERED, "not_http")]


def test_a_result_comes_once() -> None:
    side = Side(adding)
    ((uuid, _),) = side.fetch()
    side.result("other")
    side.result(uuid)
    side.result(uuid)
    assert side.ends == [(Outcome.DONE, "200")]
    assert side.events.count(Misbehaved(code="stray_result")) == 2


def test_a_newer_order_takes_the_place_of_one_that_was_given_up() -> None:
    side = Side(adding)
    ((old, _),) = side.fetch()
    side.events += side.carrying.start(replace(ORDER, ticket=Ticket(8)), None, side.now)
    side.result(old)
    assert side.ends == []
    ((new, _),) = side.fetch()
    assert new != old
    side.result(new)
    assert len(side.ends) == 1


def test_an_empty_finding_keeps_nobody_waiting() -> None:
    def nothing(order: Any, terms: Terms) -> Errand:
        del order, terms
        kept = yield from report(())
        last = yield from ask(ADD)
        return done(f"{kept} {type(last).__name__}")

    side = Side(nothing)
    ((uuid, _),) = side.fetch()
    side.result(uuid)
    assert side.ends == [(Outcome.DONE, "True Answer")]


def test_what_is_too_large_for_an_answer_never_leaves() -> None:
    def large(order: Any, terms: Terms) -> Errand:
        del order, terms
        reply = yield from ask(replace(ADD, body=bytes(MOST_CALL + 1)))
        assert isinstance(reply, NoAnswer)
        return CommandOutcome(ticket=ORDER.ticket, outcome=reply.outcome, code=reply.reason)

    side = Side(large)
    assert side.ends == [(Outcome.NOT_SENT, "too_large")]
