"""Deadlines in working days; the dates of 2025 are those the State Council announced."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from gateway.domain.working_days import BEIJING, Calendar, end_of_period_ms

OCTOBER = Calendar(
    holidays=frozenset(date(2025, 10, day) for day in range(1, 9)),
    worked=frozenset({date(2025, 9, 28), date(2025, 10, 11)}),
)


def ms(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=BEIJING).timestamp() * 1000)


@pytest.mark.parametrize(
    ("begun", "days", "calendar", "ends"),
    [
        ("2026-11-25T14:00:00", 1, Calendar(), "2026-11-27T00:00:00"),
        ("2026-11-27T23:59:59", 1, Calendar(), "2026-12-01T00:00:00"),
        ("2026-11-28T00:00:00", 1, Calendar(), "2026-12-01T00:00:00"),
        ("2026-11-25T00:00:00", 30, Calendar(), "2027-01-07T00:00:00"),
        ("2025-09-26T10:00:00", 3, OCTOBER, "2025-10-01T00:00:00"),
        ("2025-09-26T10:00:00", 4, OCTOBER, "2025-10-10T00:00:00"),
        ("2025-09-26T10:00:00", 6, OCTOBER, "2025-10-12T00:00:00"),
    ],
)
def test_the_day_it_begins_does_not_count(
    begun: str, days: int, calendar: Calendar, ends: str
) -> None:
    assert end_of_period_ms(ms(begun), days, calendar) == ms(ends)
