"""The clock of a terminal: how far off it is, and setting it in its own zone."""

from __future__ import annotations

import pytest
from gateway.codecs.hikvision.isapi_device.habits import NAMESPACES, Habits
from gateway.codecs.hikvision.isapi_device.system import Nameplate

from gateway.domain.commands import Outcome
from gateway.domain.ids import Ticket
from gateway.domain.maintenance import Describe, DescriptionOutcome, SetClock, Topic
from tests.codecs.hikvision.isapi.bench import Bench
from tests.codecs.hikvision.isapi.works import Works, none, says

ORDER = SetClock(ticket=Ticket(1))
TIME = "/ISAPI/System/time"


def facts(works: Works, order: object) -> dict[str, str]:
    outcome = works.do(order)
    assert isinstance(outcome, DescriptionOutcome)
    assert outcome.outcome is Outcome.DONE, outcome
    return dict(outcome.facts)


@pytest.mark.parametrize("minutes", [480, 0, -210, 345])
def test_a_clock_that_is_off_is_set_and_read_again(minutes: int) -> None:
    works = Works()
    works.bench.terminal.system.plate = Nameplate(utc_offset_minutes=minutes)
    works.bench.terminal.system.clock_ms = -3_600_000
    told = facts(works, ORDER)
    assert float(told["was_ahead_seconds"]) == pytest.approx(-3600, abs=1)
    assert float(told["ahead_seconds"]) == pytest.approx(0, abs=1)
    assert abs(works.bench.terminal.system.clock_ms) <= 1000


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_how_far_off_a_clock_is_is_told(namespace: str) -> None:
    works = Works(Bench(Habits(namespace=namespace)))
    works.bench.terminal.system.clock_ms = 90_000
    told = facts(works, Describe(ticket=Ticket(1), topic=Topic.CLOCK))
    assert float(told["ahead_seconds"]) == pytest.approx(90, abs=1)
    assert told["timeZone"] == "CST-8:00:00"


def time(local: str, zone: str = "CST-8:00:00", mode: str = "manual") -> str:
    return (
        f"<Time><timeMode>{mode}</timeMode><localTime>{local}</localTime>"
        f"<timeZone>{zone}</timeZone></Time>"
    )


@pytest.mark.parametrize(
    ("local", "zone", "written"),
    [
        ("2026-03-09T09:00:00", "CST-8:00:00", "2026-03-09T08:15:42"),
        ("2026-03-09T09:00:00+08:00", "CST-8:00:00", "2026-03-09T08:15:42+08:00"),
        ("2026-03-09T09:00:00", "CST+3:30:00", "2026-03-08T20:45:42"),
        ("2026-03-09T09:00:00", "", "2026-03-09T05:45:42"),
    ],
)
def test_the_time_is_written_in_its_zone_and_as_it_writes_it(
    local: str, zone: str, written: str
) -> None:
    works = Works(own={f"GET {TIME}": says(time(local, zone))})
    works.do(ORDER, utc_offset_minutes=330)
    (put,) = [call for call in works.calls if call.method == "PUT"]
    assert f"<localTime>{written}</localTime>".encode() in put.body
    assert (f"<timeZone>{zone or 'CST-5:30:00'}</timeZone>").encode() in put.body


@pytest.mark.parametrize("mode", ["NTP", "satellite"])
def test_a_clock_that_is_set_by_others_is_left_alone(mode: str) -> None:
    works = Works(own={f"GET {TIME}": says(time("2026-03-09T09:00:00", mode=mode))})
    outcome = works.do(ORDER)
    assert (outcome.outcome, outcome.code) == (Outcome.REFUSED, "own_time")
    assert not [call for call in works.calls if call.method == "PUT"]


def test_a_clock_that_says_yes_and_stays_wrong_is_not_called_set() -> None:
    works = Works(own={f"GET {TIME}": says(time("2026-03-09T09:00:00"))})
    outcome = works.do(ORDER)
    assert (outcome.outcome, outcome.code) == (Outcome.REFUSED, "not_applied")


@pytest.mark.parametrize(
    "said", ["<Time/>", time("yesterday"), "<Other/>", "<html/>", "{", "", '{"Time":1}', "[]"]
)
def test_what_is_no_time_is_not_guessed(said: str) -> None:
    works = Works(own={f"GET {TIME}": says(said)})
    outcome = works.do(ORDER)
    assert (outcome.outcome, outcome.code) == (Outcome.REFUSED, "unreadable")


def test_a_terminal_that_cannot_be_reached_is_set_another_time() -> None:
    outcome = Works(own={f"GET {TIME}": none("unreachable", arrived=False)}).do(ORDER)
    assert (outcome.outcome, outcome.code) == (Outcome.NOT_SENT, "unreachable")
