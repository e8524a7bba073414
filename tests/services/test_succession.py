"""Records that name their predecessor: holes and counters begun anew are said, nothing else is."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.domain.vocabulary import Lane
from gateway.services.succession import follow
from gateway.services.terminals import Terminal
from tests.support.reports import device, passage
from tests.support.sessions import SilentLog


def said(*told: tuple[int, int | None, int], **changes: Any) -> list[tuple[str, Any, Any]]:
    """Return what is logged of records given as number, predecessor and device time."""
    terminal, log = Terminal(device()), SilentLog()
    for number, follows, time in told:
        report = passage(number, series=0, follows=follows, device_ms=time, **changes)
        follow(terminal, report, log)
    return [
        (event, fields.get("first", fields.get("held")), fields["last"])
        for event, fields in log.lines
    ]


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ([(1865, 1864, 1), (1866, 1865, 2)], []),
        ([(1865, 1864, 1), (1869, 1865, 2)], []),
        ([(1865, 1864, 1), (1869, 1868, 2)], [("record.gap_told", 1866, 1868)]),
        ([(1865, 1864, 1), (1865, 1864, 1), (1866, 1865, 2)], []),
        (
            [(99_999, 99_998, 1), (100_000, 99_999, 2), (1, 100_000, 3)],
            [("device.counter_regressed", 100_000, 1)],
        ),
        ([(1865, 1864, 1), (3, 2, 9), (4, 3, 10)], [("device.counter_regressed", 1865, 3)]),
        ([(1866, 1865, 2), (1865, 1864, 1), (1867, 1866, 3)], []),
        ([(1865, None, 1), (1900, None, 2)], []),
        ([(1865, 9999, 1), (1866, 9999, 2)], []),
    ],
)
def test_only_what_a_terminal_says_itself_is_a_hole(
    told: list[tuple[int, int | None, int]], expected: list[tuple[str, int, int]]
) -> None:
    assert said(*told) == expected


def test_records_of_an_outage_come_when_they_come() -> None:
    assert said((1865, 1864, 1), (1869, 1868, 2), lane=Lane.BACKFILL) == []


def told_with_outage(*told: tuple[int, int | None, Lane]) -> list[tuple[int, int]]:
    """Return the holes that are handed on; each record's time is its number."""
    terminal, holes = Terminal(device()), list[tuple[int, int]]()
    for number, follows, lane in told:
        report = passage(number, series=0, follows=follows, device_ms=number, lane=lane)
        follow(terminal, report, SilentLog(), lambda _, hole: holes.append(hole[1:]))
    return holes


def test_what_came_of_an_outage_before_the_next_live_record_is_no_hole() -> None:
    late = [(at, at - 1, Lane.BACKFILL) for at in (11, 12, 14, 15)]
    holes = told_with_outage((10, 9, Lane.LIVE), *late, (16, 15, Lane.LIVE))
    assert holes == [(13, 13)]
    assert told_with_outage((10, 9, Lane.LIVE), *late[:2], (13, 12, Lane.LIVE)) == []


def test_a_record_without_a_predecessor_counts_in_a_series_that_names_them() -> None:
    live = Lane.LIVE
    assert told_with_outage((10, 9, live), (11, None, live), (12, 11, live)) == []
    assert told_with_outage((10, None, live), (12, 11, live)) == []
