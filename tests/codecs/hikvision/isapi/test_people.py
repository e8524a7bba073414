"""People and faces brought to a terminal, and refused before or by it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from gateway.codecs.errand import Answer, Call
from gateway.codecs.hikvision.isapi_device.habits import Habits, drawn
from gateway.codecs.hikvision.isapi_device.people import MOST_PEOPLE

from gateway.domain.commands import Outcome
from gateway.domain.ids import Ticket
from gateway.domain.objects import ObjectKind, SendObject
from gateway.domain.people import (
    ALL_DOORS,
    AskPeople,
    PeopleListed,
    PersonDelete,
    PersonListed,
    PersonOutcome,
    PersonPut,
)
from tests.codecs.hikvision.isapi.bench import Bench
from tests.codecs.hikvision.isapi.carrier import Carrier
from tests.support.jpegs import jpeg

DAY_MS = 1_773_015_342_000


def put(person: int = 10027, name: str = "Ana Ruiz", **more: Any) -> PersonPut:
    given = {"doors": ALL_DOORS, "revision": 3, **more}
    return PersonPut(ticket=Ticket(7), person=person, name=name, **given)


def face(data: bytes, person: int | None = 10027) -> SendObject:
    return SendObject(ticket=Ticket(7), kind=ObjectKind.FACE_PHOTO, data=data, person=person)


def without(word: str) -> Any:
    """Let a terminal not list a function it can be asked for."""

    def twist(call: Call) -> Answer | None:
        if "capabilities" not in call.target:
            return None
        about: dict[str, Any] = {"supportFDFunction": "post,put"}
        if "UserInfo" in call.target:
            about = {"UserInfo": {"supportFunction": {"@opt": ["post", "put"]}}}
        return Answer(status=200, body=json.dumps(about).encode(), at=Bench().now)

    del word
    return twist


@pytest.mark.parametrize("seed", range(6))
def test_a_person_is_put_with_its_face_listed_changed_and_removed(seed: int) -> None:
    bench = Bench(drawn(str(seed)))
    carrier = Carrier(bench)
    done = carrier.run(put(valid_from_ms=DAY_MS, valid_to_ms=DAY_MS + 86_400_000))
    assert done == PersonOutcome(
        ticket=Ticket(7), outcome=Outcome.DONE, code="ok", person=10027, revision=3
    )
    known = bench.terminal.people.known["10027"]
    assert known["Valid"]["beginTime"] == "2026-03-09T08:15:42"
    assert known["Valid"]["endTime"] == "2026-03-10T08:15:42"
    assert carrier.run(put(name="B")).outcome is Outcome.DONE
    assert carrier.run(face(jpeg(5000))).outcome is Outcome.DONE
    assert bench.terminal.people.faces["10027"] == jpeg(5000)
    listed = carrier.run(AskPeople(ticket=Ticket(7)))
    assert isinstance(listed, PeopleListed)
    assert listed.people == (PersonListed(person="10027", name="B", faces=1),)
    gone = carrier.run(PersonDelete(ticket=Ticket(7), person=10027, revision=4))
    assert gone.outcome is Outcome.DONE
    assert (bench.terminal.people.known, bench.terminal.people.faces) == ({}, {})


def test_a_person_without_an_end_is_good_for_as_long_as_terminals_can_say() -> None:
    bench = Bench()
    assert Carrier(bench).run(put(doors=0b101)).outcome is Outcome.DONE
    known = bench.terminal.people.known["10027"]
    assert known["Valid"]["endTime"] == "2037-12-31T23:59:59"
    assert [one["doorNo"] for one in known["RightPlan"]] == [1, 3]


def test_a_terminal_that_cannot_set_up_is_told_to_add_or_to_change() -> None:
    bench = Bench()
    carrier = Carrier(bench, without("setUp"))
    assert carrier.run(put()).outcome is Outcome.DONE
    assert carrier.run(put(name="B")).outcome is Outcome.DONE
    assert bench.terminal.people.known["10027"]["name"] == "B"
    for picture in (jpeg(note="a"), jpeg(note="b")):
        assert carrier.run(face(picture)).outcome is Outcome.DONE
        assert bench.terminal.people.faces["10027"] == picture
    assert not any("SetUp" in call.target for call in carrier.calls)


def test_everybody_is_listed_page_by_page() -> None:
    bench = Bench(Habits(page=24))
    for number in range(100):
        bench.terminal.people.known[str(number)] = {"employeeNo": str(number), "name": "N"}
    listed = Carrier(bench).run(AskPeople(ticket=Ticket(7)))
    assert isinstance(listed, PeopleListed)
    assert [one.person for one in listed.people] == [str(number) for number in range(100)]
    assert listed.total == 100


def test_nobody_new_is_sent_to_a_full_terminal_but_whom_it_has_can_be_changed() -> None:
    bench = Bench()
    for number in range(MOST_PEOPLE):
        bench.terminal.people.known[str(number)] = {"employeeNo": str(number)}
    carrier = Carrier(bench)
    assert carrier.run(put()).code == "store_full"
    assert not any(call.method == "PUT" for call in carrier.calls)
    assert carrier.run(put(person=7)).outcome is Outcome.DONE


def test_a_name_that_is_too_long_is_refused_before_anything_is_sent() -> None:
    carrier = Carrier(Bench())
    outcome = carrier.run(put(name="王" * 43))
    assert (outcome.outcome, outcome.code) == (Outcome.REFUSED, "bad_value")
    assert "129 bytes" in outcome.said
    assert [call.method for call in carrier.calls] == ["GET"]


def test_a_removal_never_goes_without_a_list() -> None:
    bench = Bench()
    for number in ("1", "2"):
        bench.terminal.people.known[number] = {"employeeNo": number}
    order = PersonDelete(ticket=Ticket(7), person=1, revision=4)

    def old(call: Call) -> Answer | None:
        if "UserInfoDetail" not in call.target:
            return None
        said = b'{"statusCode":4,"subStatusCode":"notSupport"}'
        return Answer(status=403, body=said, at=bench.now)

    assert Carrier(bench, old).run(order).outcome is Outcome.DONE
    assert list(bench.terminal.people.known) == ["2"]


@pytest.mark.parametrize(
    ("status", "outcome", "code"),
    [("failed", Outcome.REFUSED, "device_refused"), ("processing", Outcome.UNANSWERED, "slow")],
)
def test_a_removal_that_fails_or_never_ends_is_not_called_done(
    status: str, outcome: Outcome, code: str
) -> None:
    def twist(call: Call) -> Answer | None:
        if "DeleteProcess" not in call.target:
            return None
        said = {"UserInfoDetailDeleteProcess": {"status": status}}
        return Answer(status=200, body=json.dumps(said).encode(), at=Bench().now)

    done = Carrier(Bench(), twist).run(PersonDelete(ticket=Ticket(7), person=1, revision=4))
    assert (done.outcome, done.code) == (outcome, code)


@pytest.mark.parametrize(
    ("order", "words"),
    [
        (face(jpeg(200 * 1024 + 1)), "terminals take 204800"),
        (face(b"<html>"), "not_jpeg"),
        (face(jpeg()[:-9]), "truncated"),
        (face(jpeg(), None), "whose face"),
    ],
)
def test_a_picture_no_terminal_takes_is_not_sent(order: SendObject, words: str) -> None:
    carrier = Carrier(Bench())
    outcome = carrier.run(order)
    assert outcome.outcome is Outcome.REFUSED
    assert words in outcome.said
    assert carrier.calls == []


def test_a_face_the_terminal_refuses_has_its_code_and_its_words() -> None:
    outcome = Carrier(Bench()).run(face(jpeg()))
    assert (outcome.outcome, outcome.code) == (Outcome.REFUSED, "unknown_person")
    assert "employeeNoNotExist" in outcome.said

    def blind(call: Call) -> Answer | None:
        said = b'{"statusCode":6,"statusString":"Invalid Content","subStatusCode":'
        said += b'"SubpicAnalysisModelingError","errorMsg":"no face"}'
        sends = call.body and "Search" not in call.target
        return Answer(status=400, body=said, at=Bench().now) if sends else None

    refused = Carrier(Bench(), blind).run(face(jpeg()))
    assert refused.code == "bad_picture"
    assert refused.said == "SubpicAnalysisModelingError; Invalid Content; no face"


def test_firmware_that_wants_bare_names_gets_them_the_second_time() -> None:
    bench = Bench(Habits(bare_names=True))
    carrier = Carrier(bench)
    assert carrier.run(put()).outcome is Outcome.DONE
    assert carrier.run(face(jpeg())).outcome is Outcome.DONE
    assert bench.terminal.people.faces["10027"] == jpeg()
    assert sum("FDSetUp" in call.target for call in carrier.calls) == 2
