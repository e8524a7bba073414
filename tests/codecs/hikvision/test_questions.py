"""Remote verification and what makes two events one: nothing old, late or doubtful opens a door."""

from __future__ import annotations

import json
from typing import Any

import pytest
from gateway.codecs.hikvision.keys import nonce, password
from gateway.codecs.http.digest import Login, authorise

from gateway.domain.events import Event, FaultReported, Misbehaved, PassageReported, UnknownMessage
from gateway.domain.requests import Accept, Conflict, Defer, Farewell, Parting
from gateway.domain.verification import (
    Denied,
    Granted,
    Hesitation,
    Undecided,
    VerifyCancelled,
    VerifyLate,
    VerifyRequested,
)
from gateway.domain.vocabulary import Decision, Lane, VerifiedBy
from tests.codecs.hikvision.vectors import (
    NOW,
    OK,
    PATH,
    SECRET,
    SERIAL,
    VECTORS,
    Talk,
    body_of,
    envelope,
    event,
    post,
)

ASKED = post(event(serial=1867, employeeNoString="10027", remoteCheck=True))


def asking(talk: Talk, raw: bytes = ASKED) -> VerifyRequested:
    [asked] = talk.say(raw)
    assert isinstance(asked, VerifyRequested)
    return asked


def granted(asked: VerifyRequested, prompt: str = "") -> Granted:
    return Granted(receipt=asked.receipt, claim="10027", prompt=prompt)


def verdict(sent: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(body_of(sent))["RemoteCheck"]
    return found


def record(events: list[Event]) -> PassageReported:
    return next(one for one in events if isinstance(one, PassageReported))


def test_a_granted_question_opens_once_its_record_is_durable() -> None:
    talk = Talk()
    asked = asking(talk)
    assert (asked.budget_ms, asked.candidate) == (4000, "10027")
    kept = record(talk.tell(granted(asked)))
    assert (kept.decision, kept.verified_by) == (Decision.GRANTED, VerifiedBy.GATEWAY)
    assert talk.sent() == b""
    talk.tell(Accept(receipt=kept.receipt))
    assert verdict(talk.sent()) == {"serialNo": 1867, "checkResult": "success"}


@pytest.mark.parametrize(
    ("answer", "decision"),
    [
        (lambda r: Denied(receipt=r, decision=Decision.STRANGER), Decision.STRANGER),
        (lambda r: Undecided(receipt=r, reason=Hesitation.BUSY), Decision.DENIED),
    ],
)
def test_whatever_is_no_grant_keeps_the_door_shut(answer: Any, decision: Decision) -> None:
    talk = Talk()
    kept = record(talk.tell(answer(asking(talk).receipt)))
    talk.tell(Accept(receipt=kept.receipt))
    assert (kept.decision, verdict(talk.sent())["checkResult"]) == (decision, "failed")


def test_without_a_decision_the_answer_is_no_before_the_terminal_gives_up() -> None:
    talk = Talk()
    asked = asking(talk)
    assert talk.later(3.9) == []
    kept = record(talk.later(0.1))
    assert (kept.decision, kept.verified_by) == (Decision.DENIED, VerifiedBy.UNKNOWN)
    talk.tell(Accept(receipt=kept.receipt))
    assert verdict(talk.sent())["checkResult"] == "failed"
    talk.later(2)
    assert talk.tell(granted(asked)) == [VerifyLate(about=asked.receipt, late_ms=2000)]
    assert talk.tell(granted(asked)) == []
    assert talk.sent() == b""


def test_a_grant_whose_record_is_stored_too_late_is_not_sent() -> None:
    talk = Talk()
    asked = asking(talk)
    kept = record(talk.tell(granted(asked)))
    talk.later(5)
    assert talk.tell(Accept(receipt=kept.receipt)) == [VerifyLate(about=asked.receipt, late_ms=0)]
    assert talk.sent() == OK


def test_a_grant_that_cannot_be_stored_opens_nothing() -> None:
    talk = Talk()
    kept = record(talk.tell(granted(asking(talk))))
    talk.tell(Defer(receipt=kept.receipt))
    assert talk.status() == 503


def test_a_grant_for_a_disputed_record_opens_nothing() -> None:
    talk = Talk()
    kept = record(talk.tell(granted(asking(talk))))
    talk.tell(Conflict(receipt=kept.receipt))
    assert verdict(talk.sent())["checkResult"] == "failed"


def test_the_terminals_time_runs_from_the_first_byte_of_its_first_request() -> None:
    talk = Talk(digest=1)
    talk.say(ASKED[:10])
    talk.later(1)
    talk.say(ASKED[10:])
    assert talk.status() == 401
    talk.later(1)
    header = _authorised(PATH)
    asked = asking(talk, post(body_of(ASKED), header))
    assert asked.budget_ms == 2000


def _authorised(path: str) -> str:
    made = nonce(SECRET, NOW.wall + 1000).hex()
    challenge = f'Digest realm="gw", qop="auth", algorithm=MD5, nonce="{made}"'
    login = Login(user=SERIAL, password=password(SECRET))
    return f"Authorization: {authorise(challenge, login, ('POST', path), '0a', 1)}"


def test_a_question_that_took_its_time_to_arrive_is_answered_at_once() -> None:
    talk = Talk()
    talk.say(ASKED[:-1])
    talk.later(4.5)
    kept = record(talk.say(ASKED[-1:]))
    talk.tell(Accept(receipt=kept.receipt))
    assert verdict(talk.sent())["checkResult"] == "failed"


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(post(event(remoteCheck=True, currentEvent=False)), id="stored"),
        pytest.param(
            post(
                envelope(
                    "AccessControllerEvent",
                    {"majorEventType": 5, "subEventType": 75, "serialNo": 5, "remoteCheck": True},
                    "2026-03-09T08:05:42+08:00",
                )
            ),
            id="ten minutes old",
        ),
        pytest.param(
            post(
                envelope(
                    "AccessControllerEvent",
                    {
                        "majorEventType": 5,
                        "subEventType": 75,
                        "serialNo": 5,
                        "remoteCheck": True,
                        "currentEvent": True,
                    },
                    "2026-03-09T09:15:42+08:00",
                )
            ),
            id="an hour ahead",
        ),
    ],
)
def test_a_replayed_question_is_recorded_and_opens_nothing(raw: bytes) -> None:
    talk = Talk()
    events = talk.say(raw)
    assert not any(isinstance(one, VerifyRequested) for one in events)
    assert Misbehaved(code="stale_question") in events
    kept = record(events)
    assert kept.decision is Decision.UNKNOWN
    talk.tell(Accept(receipt=kept.receipt))
    assert verdict(talk.sent())["checkResult"] == "failed"


def test_the_same_question_again_is_answered_as_before_without_asking() -> None:
    talk = Talk()
    first = record(talk.tell(granted(asking(talk), "Welcome")))
    talk.tell(Accept(receipt=first.receipt))
    answer = talk.sent()
    [again] = talk.say(ASKED)
    assert isinstance(again, PassageReported)
    assert (again.identity, again.digest) == (first.identity, first.digest)
    talk.tell(Accept(receipt=again.receipt))
    assert talk.sent() == answer
    talk.later(6)
    assert isinstance(talk.say(ASKED)[0], VerifyRequested)


def test_a_question_without_a_number_is_recorded_and_not_answered() -> None:
    talk = Talk()
    fault, kept = talk.say(post(event(serial=None, remoteCheck=True)))
    assert fault == Misbehaved(code="question_without_serial")
    assert isinstance(kept, PassageReported)
    assert kept.decision is Decision.DENIED
    talk.tell(Accept(receipt=kept.receipt))
    assert talk.sent() == OK


def test_a_question_of_an_unknown_event_type_is_asked_too() -> None:
    talk = Talk()
    unknown, asked = talk.say(post(envelope("LaterEvent", {"serialNo": 7, "remoteCheck": True})))
    assert isinstance(unknown, UnknownMessage)
    assert isinstance(asked, VerifyRequested)


def test_a_terminal_that_hangs_up_is_not_waited_for() -> None:
    talk = Talk()
    asked = asking(talk)
    assert talk.conversation.lost(talk.now) == [VerifyCancelled(about=asked.receipt)]
    other = Talk()
    other.tell(granted(asking(other)))
    assert other.conversation.lost(other.now) == [Misbehaved(code="verdict_undelivered")]


def test_a_connection_ends_after_what_it_owes() -> None:
    talk = Talk()
    asked = asking(talk)
    talk.tell(Farewell(reason=Parting.TAKEN_OVER))
    assert talk.conversation.closing is None
    kept = record(talk.tell(granted(asked)))
    talk.tell(Accept(receipt=kept.receipt))
    assert b"Connection: close" in talk.sent()
    assert talk.conversation.closing == "taken_over"


def test_ten_terminals_that_ask_at_once_do_not_disturb_one_another() -> None:
    talks = [Talk() for _ in range(10)]
    asked = [asking(talk) for talk in talks]
    for talk, one in reversed(list(zip(talks, asked, strict=True))):
        kept = record(talk.tell(granted(one)))
        talk.tell(Accept(receipt=kept.receipt))
        assert verdict(talk.sent())["checkResult"] == "success"


@pytest.mark.parametrize(
    ("prompt", "info"),
    [
        ("Welcome", "Welcome"),
        ('line\nand "quotes"', 'line and "quotes"'),
        ("\0\x1b[2J", "[2J"),
        ("x" * 40, "x" * 32),
        ("欢迎" * 20, "欢迎" * 5),
        ("😀" * 20, "😀" * 8),
        ("", None),
    ],
)
def test_the_text_on_the_screen_is_one_short_line(prompt: str, info: str | None) -> None:
    talk = Talk()
    kept = record(talk.tell(granted(asking(talk), prompt)))
    talk.tell(Accept(receipt=kept.receipt))
    assert verdict(talk.sent()).get("info") == info


def test_an_event_twice_is_one_record_however_it_comes() -> None:
    first = record(Talk().say(post(event(currentEvent=True, employeeNoString="1"))))
    later = record(
        Talk().say(post(event(currentEvent=False, employeeNoString="1", pictureURL="http://x")))
    )
    assert (first.identity, first.digest) == (later.identity, later.digest)
    assert (first.lane, later.lane) == (Lane.LIVE, Lane.BACKFILL)
    assert later.taken_offline


def test_after_a_wrap_or_a_reset_the_same_number_is_another_record() -> None:
    body = {"majorEventType": 5, "subEventType": 75, "serialNo": 5}
    one, other = (
        record(Talk().say(post(envelope("AccessControllerEvent", body, time))))
        for time in ("2026-03-09T08:15:42+08:00", "2026-03-09T08:15:43+08:00")
    )
    assert one.number == other.number
    assert one.identity != other.identity


@pytest.mark.parametrize(
    ("front", "follows"),
    [(1865, 1865), ("1865", 1865), (9999, 9999), (0, 0), (-1, None), (None, None)],
)
def test_the_record_before_is_told_as_the_terminal_says_it(front: Any, follows: int | None) -> None:
    assert record(Talk().say(post(event(frontSerialNo=front)))).follows == follows


def test_another_terminal_behind_the_same_path_is_noticed() -> None:
    talk = Talk()
    for mac, codes in (
        ("44:19:b6:00:5a:17", []),
        ("44-19-B6-00-5A-17", []),
        ("44:19:b6:00:5a:18", ["other_hardware"]),
    ):
        body = json.loads(event())
        events = talk.say(post(json.dumps({**body, "macAddress": mac}).encode()))
        assert [one.code for one in events if isinstance(one, Misbehaved)] == codes
        talk.tell(Accept(receipt=record(events).receipt))


def test_another_path_on_the_same_connection_is_refused() -> None:
    talk = Talk()
    kept = record(talk.say(post(event())))
    talk.tell(Accept(receipt=kept.receipt))
    talk.sent()
    [fault] = talk.say(post(event(), path=PATH.replace("K51234567", "K51234568")))
    assert isinstance(fault, Misbehaved)
    assert (fault.code, talk.status()) == ("other_route", 404)


def test_a_result_tells_of_a_passage_that_was_stored_already() -> None:
    for told, decision in (
        ("success", Decision.GRANTED),
        ("failed", Decision.DENIED),
        (True, Decision.GRANTED),
        (7, Decision.UNKNOWN),
    ):
        kept = record(Talk().say(post(event(remoteCheckResult=told))))
        assert (kept.repeat, kept.decision) == (True, decision)
        assert kept.verified_by is VerifiedBy.UNKNOWN


def test_worked_question_keeps_its_picture() -> None:
    [asked] = Talk().say(VECTORS["C2"])
    assert isinstance(asked, VerifyRequested)
    assert asked.picture is not None
    assert len(asked.picture) == 22


def test_a_fault_that_ends_names_the_fault_that_began() -> None:
    begun, ended = (
        next(
            one for one in Talk().say(post(event(minor, major=2))) if isinstance(one, FaultReported)
        )
        for minor in (0x403, 0x404)
    )
    assert (begun.code, begun.raised) == (ended.code, True)
    assert not ended.raised
