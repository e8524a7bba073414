"""A person and the face in one order, and what is said when only one of them arrives."""

from __future__ import annotations

import json

import pytest
from gateway.codecs.errand import Answer, Call, NoAnswer
from gateway.codecs.hikvision.isapi_device.habits import drawn

from gateway.domain.commands import Outcome
from tests.codecs.hikvision.isapi.bench import Bench
from tests.codecs.hikvision.isapi.carrier import Carrier
from tests.codecs.hikvision.isapi.test_people import put
from tests.support.jpegs import jpeg


def says(sub: str, message: str = "", status: int = 403) -> Answer:
    said = {"statusCode": 4, "subStatusCode": sub, "errorMsg": message}
    return Answer(status=status, body=json.dumps(said).encode(), at=Bench().now)


@pytest.mark.parametrize("seed", range(4))
def test_a_person_arrives_with_the_face_as_often_as_it_is_sent(seed: int) -> None:
    bench = Bench(drawn(str(seed)))
    carrier = Carrier(bench)
    for picture in (jpeg(5000), jpeg(5000), jpeg(note="another")):
        assert carrier.run(put(photo=picture)).outcome is Outcome.DONE
        assert bench.terminal.people.faces == {"10027": picture}
    assert carrier.run(put(name="B")).outcome is Outcome.DONE
    assert bench.terminal.people.known["10027"]["name"] == "B"
    assert list(bench.terminal.people.faces) == ["10027"]


def test_a_picture_no_terminal_takes_leaves_nobody_behind() -> None:
    carrier = Carrier(Bench())
    outcome = carrier.run(put(photo=jpeg(200 * 1024 + 1)))
    assert (outcome.outcome, outcome.code) == (Outcome.REFUSED, "bad_picture")
    assert carrier.calls == []


def test_a_terminal_without_faces_gets_the_person_and_says_so() -> None:
    bench = Bench()

    def faceless(call: Call) -> Answer | None:
        return says("notSupport") if "FDLib" in call.target else None

    outcome = Carrier(bench, faceless).run(put(photo=jpeg()))
    assert (outcome.outcome, list(bench.terminal.people.known)) == (Outcome.DONE, ["10027"])
    assert outcome.said.startswith("the person without a face: ")
    assert "notSupport" in outcome.said


def test_a_face_that_did_not_leave_does_not_undo_the_person() -> None:
    def cut(call: Call) -> NoAnswer | None:
        gone = NoAnswer(reason="unreachable", arrived=False)
        return gone if "FDLib" in call.target else None

    bench = Bench()
    outcome = Carrier(bench, cut).run(put(photo=jpeg()))
    assert list(bench.terminal.people.known) == ["10027"]
    assert (outcome.outcome, outcome.code) == (Outcome.UNANSWERED, "face_missing")
    assert outcome.said == "unreachable"


def test_what_a_terminal_says_of_a_person_is_told_without_the_name() -> None:
    def echoes(call: Call) -> Answer | None:
        if call.method == "GET":
            return None
        return says("badParameters", "name Ana Ruiz is odd", 400)

    outcome = Carrier(Bench(), echoes).run(put())
    assert outcome.outcome is Outcome.REFUSED
    assert "name … is odd" in outcome.said
    assert "Ana" not in outcome.said
