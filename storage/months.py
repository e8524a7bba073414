"""Our clock, and months as the store counts them: in UTC, written as ``yyyymm``."""

from __future__ import annotations

import time
from datetime import UTC, datetime


def wall_ms() -> int:
    """Return our clock, milliseconds since 1970 UTC."""
    return time.time_ns() // 1_000_000


def month_of(ms: int) -> int:
    """Return the month an instant (milliseconds since 1970 UTC) lies in, such as 202611."""
    moment = datetime.fromtimestamp(ms / 1000, UTC)
    return moment.year * 100 + moment.month


def next_month(month: int) -> int:
    """Return the month after ``month``."""
    return month + 1 if month % 100 < 12 else month + 89


def start_ms(month: int) -> int:
    """Return the first instant of ``month``, milliseconds since 1970 UTC."""
    return int(datetime(month // 100, month % 100, 1, tzinfo=UTC).timestamp()) * 1000
