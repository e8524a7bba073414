"""Verdicts that are calls of their own: an empty 200 once all is durable, and the verdict then."""

from __future__ import annotations

from dataclasses import replace

import pytest
from gateway.codecs.errand import Call

from gateway.domain.events import Event
from gateway.domain.requests import Accept
from gateway.domain.verification import Denied, VerdictDue, VerifyLate
from gateway.domain.vocabulary import Decision
from tests.codecs.hikvision.isapi.works import Works
from tests.codecs.hikvision.test_questions import ASKED, asking, granted, record
from tests.codecs.hikvision.vectors import NOW, OK, PATH, VECTORS, Talk, body_of, event, post

CALLED = PATH.replace("/hik/", "/hik/async/3s/")
QUESTION = event(serial=1867, employeeNoString="10027", remoteCheck=True)


def settle(talk: Talk, raw: bytes = ASKED, prompt: str = "Welcome") -> list[Event]:
    kept = record(talk.tell(granted(asking(talk, raw), prompt)))
    assert talk.sent() == b""
    return talk.tell(Accept(receipt=kept.receipt))


@pytest.mark.parametrize(
    ("calls_back", "raw", "patience"),
    [(1, ASKED, 5.0), (0, post(QUESTION, path=CALLED), 3.0)],
)
def test_the_verdict_is_due_once_its_record_is_durable(
    calls_back: int, raw: bytes, patience: float
) -> None:
    talk = Talk(calls_back=calls_back)
    [due] = settle(talk, raw)
    assert isinstance(due, VerdictDue)
    assert (due.number, due.passes, due.prompt, due.due) == (
        1867,
        True,
        "Welcome",
        NOW.mono + patience,
    )
    assert talk.sent() == OK


def test_a_refusal_is_called_back_too() -> None:
    talk = Talk(calls_back=1)
    answer = Denied(receipt=asking(talk).receipt, decision=Decision.STRANGER)
    kept = record(talk.tell(answer))
    [due] = talk.tell(Accept(receipt=kept.receipt))
    assert isinstance(due, VerdictDue)
    assert not due.passes


def test_a_verdict_whose_time_is_over_is_counted_and_not_due() -> None:
    talk = Talk(calls_back=1)
    asked = asking(talk)
    kept = record(talk.tell(granted(asked)))
    talk.later(5)
    assert talk.tell(Accept(receipt=kept.receipt)) == [VerifyLate(about=asked.receipt, late_ms=0)]
    assert talk.sent() == OK


def test_nobody_is_called_back_about_a_question_of_yesterday() -> None:
    talk = Talk(calls_back=1)
    old = event(serial=1867, employeeNoString="10027", remoteCheck=True, currentEvent=False)
    kept = record(talk.say(post(old)))
    assert talk.tell(Accept(receipt=kept.receipt)) == []
    assert talk.sent() == OK


def test_a_question_that_comes_again_is_called_back_once() -> None:
    talk = Talk(calls_back=1)
    [due] = settle(talk)
    assert isinstance(due, VerdictDue)
    assert talk.sent() == OK
    kept = record(talk.say(ASKED))
    assert talk.tell(Accept(receipt=kept.receipt)) == []
    assert talk.sent() == OK


def test_an_event_that_asks_nothing_is_answered_as_ever() -> None:
    talk = Talk(calls_back=1)
    kept = record(talk.say(post(event(serial=5))))
    assert talk.tell(Accept(receipt=kept.receipt)) == []
    assert talk.sent() == OK


def test_the_call_is_the_worked_vector_and_takes_what_time_is_left() -> None:
    [due] = settle(Talk(calls_back=1))
    assert isinstance(due, VerdictDue)
    works = Works()
    left = works.bench.now.mono + 2.5
    errand = works.errand(replace(due, due=left), {})
    call = next(errand)
    assert isinstance(call, Call)
    assert (call.method, call.target) == ("PUT", "/ISAPI/AccessControl/remoteCheck?format=json")
    assert call.body == body_of(VECTORS["C4b"])
    assert (call.repeatable, call.seconds) == (False, 2.5)
    errand.close()
