"""What a terminal has and we do not: found in pages, stored page by page, the same as reported."""

from __future__ import annotations

import json
from typing import Any

import pytest
from gateway.codecs.errand import Answer, Call, NoAnswer, Terms
from gateway.codecs.hikvision.identity import identify
from gateway.codecs.hikvision.isapi.search import search
from gateway.codecs.hikvision.isapi_device.habits import Habits, drawn
from gateway.codecs.hikvision.notice import read_notice

from gateway.domain.commands import Outcome
from gateway.domain.events import FaultReported, PassageReported
from gateway.domain.ids import Serial, Ticket
from gateway.domain.maintenance import SearchOutcome, SearchRecords
from gateway.domain.vocabulary import Decision, Lane
from tests.codecs.hikvision.isapi.bench import Bench
from tests.codecs.hikvision.isapi.carrier import Carrier
from tests.codecs.hikvision.vectors import VECTORS, body_of


def hole(first: int, last: int, series: int = 0) -> SearchRecords:
    return SearchRecords(ticket=Ticket(7), series=series, first=first, last=last)


def names(carrier: Carrier) -> list[bytes]:
    return [e.identity for e in carrier.events if isinstance(e, PassageReported | FaultReported)]


def answered(call: Call, *rows: dict[str, Any], state: str = "OK") -> Answer:
    said = {"responseStatusStrg": state, "totalMatches": len(rows), "InfoList": list(rows)}
    return Answer(status=200, body=json.dumps({"AcsEvent": said}).encode(), at=Bench().now)


@pytest.mark.parametrize("seed", range(8))
def test_what_is_found_has_the_name_and_content_it_was_reported_with(seed: int) -> None:
    bench = Bench(drawn(str(seed)))
    for at in range(70):
        bench.passes(str(at), minor=(75, 1, 0x15)[at % 3], cardNo="12" if at % 3 == 1 else "")
        bench.later(1)
    carrier = Carrier(bench)
    outcome = carrier.run(hole(5, 64))
    assert outcome == SearchOutcome(ticket=Ticket(7), outcome=Outcome.DONE, code="ok", found=60)
    told = [read_notice("", one.text) for one in bench.device.memory]
    named = [identify(notice, 480) for notice in told][4:64]
    assert names(carrier) == [one.name for one in named]
    records = [e for e in carrier.events if isinstance(e, PassageReported | FaultReported)]
    assert [one.digest for one in records] == [one.digest for one in named]
    assert {one.lane for one in records} == {Lane.BACKFILL}
    assert all(one.follows is None for one in records)
    assert len(carrier.calls) == -(-60 // bench.terminal.habits.page)


def test_the_request_is_the_vectors_and_the_answer_of_the_vectors_is_understood() -> None:
    def vector(call: Call) -> Answer:
        body = body_of(VECTORS["C12b"])
        return Answer(status=200, content_type="application/json", body=body, at=Bench().now)

    carrier = Carrier(Bench(), vector)
    terms = Terms(serial=Serial("K1"), now=Bench().now, entropy=lambda _: b"\0\1")
    call = next(search(hole(1860, 1866), terms))
    assert isinstance(call, Call)
    assert call.body == body_of(VECTORS["C12a"])
    assert f"{call.method} {call.target} HTTP/1.1".encode() == VECTORS["C12a"].split(b"\r\n")[0]
    outcome = carrier.run(hole(1860, 1866))
    assert isinstance(outcome, SearchOutcome)
    assert outcome.found == 2
    passage, door = carrier.events
    assert isinstance(passage, PassageReported)
    assert isinstance(door, FaultReported)
    assert (passage.number, passage.claim, passage.decision) == (1864, "10031", Decision.GRANTED)
    assert (door.number, door.code, door.text) == (1865, 5 << 16 | 0x15, "door unlocked")


def test_a_page_that_could_not_be_stored_ends_the_search_and_says_it_was_not_done() -> None:
    bench = Bench(Habits(page=10))
    for _ in range(30):
        bench.passes()
    carrier = Carrier(bench, kept=[True, False])
    outcome = carrier.run(hole(1, 30))
    assert (outcome.outcome, outcome.code) == (Outcome.NOT_SENT, "deferred")
    assert len(carrier.calls) == 2


@pytest.mark.parametrize("words", ["NO MATCH", "NO_MATCHES"])
def test_nothing_there_is_an_answer_too(words: str) -> None:
    outcome = Carrier(Bench(Habits(nothing=words))).run(hole(3, 9))
    assert outcome == SearchOutcome(ticket=Ticket(7), outcome=Outcome.DONE, code="ok", found=0)


def test_a_terminal_that_goes_on_for_ever_is_left() -> None:
    row = {"major": 5, "minor": 75, "time": "2026-03-09T08:14:58+08:00", "serialNo": 3}
    outcome = Carrier(Bench(), lambda call: answered(call, row, state="MORE")).run(hole(3, 4))
    assert (outcome.outcome, outcome.code) == (Outcome.REFUSED, "endless")


def test_a_terminal_that_says_more_and_gives_nothing_has_told_all() -> None:
    outcome = Carrier(Bench(), lambda call: answered(call, state="MORE")).run(hole(3, 4))
    assert outcome.outcome is Outcome.DONE


def test_a_terminal_that_does_not_heed_the_numbers_is_not_believed() -> None:
    row = {"major": 5, "minor": 75, "time": "2026-03-09T08:14:58+08:00", "serialNo": 9}
    carrier = Carrier(Bench(), lambda call: answered(call, row))
    outcome = carrier.run(hole(3, 4))
    assert (outcome.outcome, outcome.code) == (Outcome.REFUSED, "unsupported")
    assert carrier.events == []


@pytest.mark.parametrize(
    "row",
    [
        {"serialNo": 3},
        {"serialNo": "3", "time": "24:00", "major": "5", "minor": "0x4b"},
        {"serialNo": 3, "major": [], "minor": {}, "time": 7, "employeeNoString": None},
        {"serialNo": 3, "major": -1, "minor": 10**18, "time": "1970-01-01T00:00:00"},
    ],
)
def test_odd_rows_are_stored_and_never_passages_of_somebody(row: dict[str, Any]) -> None:
    carrier = Carrier(Bench(), lambda call: answered(call, row))
    assert carrier.run(hole(3, 3)).outcome is Outcome.DONE
    [event] = carrier.events
    decided = isinstance(event, PassageReported) and event.decision is Decision.GRANTED
    assert decided == (row.get("minor") == "0x4b")


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b'{"AcsEvent":7}', b"<a/>", b'{"x":{}}', b"\xff"]
)
def test_what_is_no_answer_ends_the_search(body: bytes) -> None:
    said = Answer(status=200, body=body, at=Bench().now)
    outcome = Carrier(Bench(), lambda _: said).run(hole(3, 3))
    assert (outcome.outcome, outcome.code) == (Outcome.REFUSED, "unreadable")


def test_rows_that_are_none_are_left_out() -> None:
    said = {"AcsEvent": {"responseStatusStrg": "OK", "InfoList": [7, None, "x"]}}
    answer = Answer(status=200, body=json.dumps(said).encode(), at=Bench().now)
    outcome = Carrier(Bench(), lambda _: answer).run(hole(3, 3))
    assert (outcome.outcome, outcome.code) == (Outcome.DONE, "ok")


@pytest.mark.parametrize(
    ("first", "last", "series", "code"),
    [(3, 2, 0, "bad_value"), (0, 2, 0, "bad_value"), (1, 2, 5, "unsupported")],
)
def test_what_is_no_range_is_not_asked_for(first: int, last: int, series: int, code: str) -> None:
    carrier = Carrier(Bench())
    assert carrier.run(hole(first, last, series)).code == code
    assert carrier.calls == []


def test_a_terminal_that_is_away_was_not_asked() -> None:
    away = NoAnswer(reason="unreachable", arrived=False)
    outcome = Carrier(Bench(), lambda _: away).run(hole(1, 2))
    assert (outcome.outcome, outcome.code) == (Outcome.NOT_SENT, "unreachable")
