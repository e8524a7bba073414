"""Doors and restarts: done once, in time, or certainly not."""

from __future__ import annotations

import pytest

from gateway.domain.commands import DoorAction, DoorCommand, Outcome, Reboot
from gateway.domain.ids import Ticket
from tests.codecs.hikvision.isapi.works import Works, answer, none, says
from tests.codecs.hikvision.vectors import VECTORS, body_of

DOOR = "/ISAPI/AccessControl/RemoteControl/door"


def order(action: DoorAction = DoorAction.PULSE, **more: int) -> DoorCommand:
    return DoorCommand(**{"ticket": Ticket(7), "door": 1, "action": action, **more})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("action", "word"),
    [
        (DoorAction.PULSE, "open"),
        (DoorAction.CLOSE, "close"),
        (DoorAction.HOLD_OPEN, "alwaysOpen"),
        (DoorAction.HOLD_LOCKED, "alwaysClose"),
        (DoorAction.SCHEDULE, "resume"),
    ],
)
def test_a_door_is_moved_by_its_word(action: DoorAction, word: str) -> None:
    works = Works()
    outcome = works.do(order(action))
    assert (outcome.outcome, outcome.code, outcome.ticket) == (Outcome.DONE, "ok", 7)
    assert works.bench.terminal.doors.moved == [word]
    assert works.made() == [f"GET {DOOR}/capabilities", f"PUT {DOOR}/1"]
    assert [call.repeatable for call in works.calls] == [True, False]


def test_the_order_is_the_worked_vector() -> None:
    works = Works()
    works.do(order())
    assert works.calls[-1].body == body_of(VECTORS["C15"])


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (order(DoorAction.EVACUATE), "unsupported"),
        (order(duration_ms=1000), "unsupported"),
        (order(door=2), "bad_value"),
    ],
)
def test_what_it_cannot_do_is_not_asked_of_it(given: DoorCommand, code: str) -> None:
    works = Works()
    outcome = works.do(given)
    assert (outcome.outcome, outcome.code) == (Outcome.REFUSED, code)
    assert outcome.said
    assert works.bench.terminal.doors.moved == []


def test_without_capabilities_only_what_is_certain_is_ordered() -> None:
    no = answer('{"statusCode":4,"subStatusCode":"notSupport"}', 403)
    for action, outcome in (
        (DoorAction.PULSE, Outcome.DONE),
        (DoorAction.SCHEDULE, Outcome.REFUSED),
    ):
        works = Works(own={f"GET {DOOR}/capabilities": lambda _: no})
        assert works.do(order(action)).outcome is outcome


def test_an_order_that_took_too_long_to_prepare_never_leaves() -> None:
    works = Works()

    def late(_: object) -> object:
        works.bench.later(10.5)
        return answer('{"statusCode":4,"subStatusCode":"notSupport"}', 403, now=works.bench.now)

    works.own[f"GET {DOOR}/capabilities"] = late  # type: ignore[assignment]
    outcome = works.do(order())
    assert (outcome.outcome, outcome.code) == (Outcome.NOT_SENT, "expired")
    works = Works()
    works.do(order(valid_ms=2500))
    assert works.calls[-1].seconds == 2.5


@pytest.mark.parametrize(
    ("reason", "arrived", "outcome"),
    [
        ("cut", True, Outcome.UNANSWERED),
        ("slow", True, Outcome.UNANSWERED),
        ("unreachable", False, Outcome.NOT_SENT),
        ("password", False, Outcome.REFUSED),
    ],
)
def test_an_order_without_an_answer_is_what_it_is(
    reason: str, arrived: bool, outcome: Outcome
) -> None:
    works = Works(own={f"PUT {DOOR}": none(reason, arrived=arrived)})
    ended = works.do(order())
    assert (ended.outcome, ended.code) == (outcome, reason)
    works = Works(own={f"GET {DOOR}": none("slow", arrived=True)})
    assert works.do(order()).outcome is Outcome.NOT_SENT


@pytest.mark.parametrize(
    ("body", "status", "outcome", "code"),
    [
        ("<html><body>ok</body></html>", 200, Outcome.UNANSWERED, "unreadable"),
        ("\x00\x01", 200, Outcome.UNANSWERED, "unreadable"),
        ("<html>no</html>", 403, Outcome.REFUSED, "forbidden"),
        ("", 200, Outcome.DONE, "ok"),
        ("", 302, Outcome.REFUSED, "device_refused"),
        ('{"statusCode":2,"subStatusCode":"deviceBusy"}', 503, Outcome.REFUSED, "busy"),
        ('{"statusCode":6}', 400, Outcome.REFUSED, "bad_value"),
        ('{"statusCode":4,"subStatusCode":"whoKnows"}', 200, Outcome.REFUSED, "device_refused"),
        ('{"statusCode":"1","subStatusCode":"ok"}', 200, Outcome.DONE, "ok"),
        ('{"statusCode":7,"subStatusCode":"rebootRequired"}', 200, Outcome.DONE, "ok"),
        ('{"statusCode":1,"subStatusCode":"ok"}', 500, Outcome.REFUSED, "device_refused"),
    ],
)
def test_what_the_terminal_says_of_an_order(
    body: str, status: int, outcome: Outcome, code: str
) -> None:
    ended = Works(own={f"PUT {DOOR}": says(body, status)}).do(order())
    assert (ended.outcome, ended.code) == (outcome, code)


def test_the_terminals_own_words_are_kept() -> None:
    said = (
        '<!--x--><ResponseStatus xmlns="urn:psialliance-org"><statusCode>4</statusCode>'
        "<statusString>Invalid Operation</statusString><subStatusCode>lowPrivilege</subStatusCode>"
        "<description>operators may not</description></ResponseStatus>"
    )
    ended = Works(own={f"PUT {DOOR}": says(said, 403)}).do(order())
    assert ended.code == "forbidden"
    assert ended.said == "lowPrivilege; Invalid Operation; operators may not"


def test_entities_are_not_obeyed() -> None:
    bomb = (
        '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "1">]>'
        "<ResponseStatus><statusCode>&b;</statusCode></ResponseStatus>"
    )
    ended = Works(own={f"PUT {DOOR}": says(bomb)}).do(order())
    assert (ended.outcome, ended.code) == (Outcome.UNANSWERED, "unreadable")


def test_a_restart_is_one_call() -> None:
    works = Works()
    assert works.do(Reboot(ticket=Ticket(1))).outcome is Outcome.DONE
    assert works.made() == ["PUT /ISAPI/System/reboot"]
    assert works.bench.terminal.system.away_until > works.bench.now.mono
