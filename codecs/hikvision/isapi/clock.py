"""The terminal's clock: how far off it is, and setting it.

Whole seconds are all a terminal tells, and a call is on its way for a while: what is measured is
good to about a second.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from gateway.codecs.errand import Answer
from gateway.codecs.hikvision.documents import Values
from gateway.codecs.hikvision.isapi.talk import Work, change, fetch, members, put_xml, refuse
from gateway.codecs.hikvision.values import text, time_ms

TARGET = "/ISAPI/System/time"
CLOSE_MS = 3_000
"""A clock that was just set may be read this far off: two roundings and the way."""
_OWN_TIME = ("NTP", "satellite")


def read_clock(utc_offset_minutes: int) -> Work[tuple[Values, int]]:
    """Return what the terminal says of its clock, and its time minus ours in milliseconds."""
    answer = yield from fetch(TARGET)
    told = members(answer, "Time")
    at = time_ms(told.get("localTime"), _zone(told, utc_offset_minutes))
    if at is None:
        raise refuse("unreadable", "no localTime")
    return told, at - _halfway(answer)


def set_clock(utc_offset_minutes: int) -> Work[tuple[int, int]]:
    """Set the clock; return how far off it was and is, in milliseconds."""
    told, before = yield from read_clock(utc_offset_minutes)
    if text(told.get("timeMode")) in _OWN_TIME:
        raise refuse("own_time", f"it takes its time from {text(told.get('timeMode'))}")
    answer = yield from fetch(TARGET)  # the instant to set is the one of the latest answer
    zone = _zone(told, utc_offset_minutes)
    values = {
        "timeMode": "manual",
        "localTime": _written(answer.at.wall, zone, "+" in text(told.get("localTime"))[19:]),
        "timeZone": text(told.get("timeZone")) or _posix(zone),
    }
    yield from change(put_xml(TARGET, "Time", values, repeatable=True))
    _, after = yield from read_clock(utc_offset_minutes)
    if abs(after) > CLOSE_MS:
        raise refuse("not_applied", f"the clock is still off by {after / 1000:.1f} s")
    return before, after


def _halfway(answer: Answer) -> int:
    """Return our time when the terminal looked at its clock, which rounds down."""
    return answer.at.wall - round(answer.took_s * 500) - 500


def _zone(told: Values, otherwise: int) -> int:
    """Return the zone in minutes east of UTC; POSIX counts them west (certain): ``CST-8:00:00``."""
    written = text(told.get("timeZone")).split("DST")[0].lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    sign, digits = (1, written[1:]) if written[:1] == "-" else (-1, written.lstrip("+"))
    hours, _, rest = digits.partition(":")
    minutes = rest.partition(":")[0] or "0"
    if not (hours.isdecimal() and minutes.isdecimal()):
        return otherwise
    return sign * (int(hours) * 60 + int(minutes))


def _posix(minutes: int) -> str:
    sign, away = "-" if minutes > 0 else "+", abs(minutes)
    return f"CST{sign}{away // 60}:{away % 60:02d}:00"


def _written(wall_ms: int, zone: int, with_offset: bool) -> str:
    at = datetime.fromtimestamp((wall_ms + 500) // 1000, UTC)
    local = at.astimezone(timezone(timedelta(minutes=zone)))
    return (
        local.isoformat(timespec="seconds") if with_offset else local.strftime("%Y-%m-%dT%H:%M:%S")
    )
