"""Single members of an event: firmware writes ``1``, ``"1"``, ``true`` and ``"true"`` as it likes.

What is no value of its kind is None, never a guess.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

_TRUE, _FALSE = ("true", "1"), ("false", "0")
_DECIMAL = re.compile(r"-?[0-9]{1,18}\Z", re.ASCII)
_HEX = re.compile(r"0[xX][0-9a-fA-F]{1,8}\Z")
_TIME = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2}):(\d{2})(?:[.,]\d{1,9})?"
    r"(Z|[+-]\d{2}:?\d{2})?\Z",
    re.ASCII,
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY_END = 24


def number(value: Any) -> int | None:
    """Return a whole number, also one written as text, as hexadecimal or as ``1867.0``."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < 1e18 else None
    if not isinstance(value, str):
        return None
    text = value.strip()
    if _HEX.match(text):
        return int(text, 16)
    return int(text) if _DECIMAL.match(text) else None


def share(value: Any) -> float | None:
    """Return a similarity of 0…100 as 0…1."""
    found = fraction(value)
    return found / 100 if found is not None and 0 <= found <= 100 else None


def fraction(value: Any) -> float | None:
    """Return a number with a fraction."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if abs(found) < 1e9 else None


def flag(value: Any) -> bool | None:
    """Return a truth value."""
    text = str(value).strip().lower() if isinstance(value, bool | int | str) else ""
    return True if text in _TRUE else False if text in _FALSE else None


def text(value: Any, most: int = 128) -> str:
    """Return a text of at most that many characters, empty where there is none; numbers count."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return str(value).replace("\0", "").strip()[:most]


def time_ms(value: Any, utc_offset_minutes: int) -> int | None:
    """Return milliseconds since 1970 UTC of ISO 8601; a date without zone is in the given one.

    ``24:00:00`` is the next day's beginning.
    """
    found = _TIME.match(value.strip()) if isinstance(value, str) else None
    if found is None:
        return None
    year, month, day, hour, minute, second = (int(found[at]) for at in range(1, 7))
    late = hour == _DAY_END and minute == second == 0
    try:
        zone = _zone(found[7], utc_offset_minutes)
        at = datetime(year, month, day, 0 if late else hour, minute, second, tzinfo=zone)
        return (at - _EPOCH) // timedelta(milliseconds=1) + late * 86_400_000
    except (ValueError, OverflowError):
        return None


def _zone(text_: str | None, utc_offset_minutes: int) -> timezone:
    if text_ is None:
        return timezone(timedelta(minutes=utc_offset_minutes))
    if text_ == "Z":
        return UTC
    minutes = int(text_[1:3]) * 60 + int(text_[-2:])
    return timezone(timedelta(minutes=-minutes if text_[0] == "-" else minutes))
