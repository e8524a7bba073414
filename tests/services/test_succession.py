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
