"""Deadlines in working days, as Chinese authorities count them.

The State Council publishes each year which weekdays are free and which Saturdays and Sundays are
worked instead; that list is an argument. Without it working days are Monday to Friday.
"""

from __future__ import annotations

from collections.abc import Set
from datetime import UTC, date, datetime, timedelta, timezone

from gateway.domain.values import value

BEIJING = timezone(timedelta(hours=8))
SATURDAY = 5


@value
class Calendar:
    """What differs from Monday to Friday."""

    holidays: Set[date] = frozenset()
    """Weekdays that are free."""
    worked: Set[date] = frozenset()
    """Saturdays and Sundays that are worked."""

    def works(self, day: date) -> bool:
        """Say whether a day is a working day."""
        if day in self.worked:
            return True
        return day.weekday() < SATURDAY and day not in self.holidays


def end_of_period_ms(begun_ms: int, days: int, calendar: Calendar) -> int:
    """Return the midnight in China that ends the last of so many working days.

    The day on which the period begins does not count. Milliseconds since 1970 UTC.
    """
    day = datetime.fromtimestamp(begun_ms / 1000, BEIJING).date()
    while days:
        day += timedelta(days=1)
        days -= calendar.works(day)
    midnight = datetime(day.year, day.month, day.day, tzinfo=BEIJING) + timedelta(days=1)
    return round(midnight.astimezone(UTC).timestamp() * 1000)
