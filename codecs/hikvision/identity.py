"""What makes two sendings one record, and two records two.

A serial number alone names nothing: it wraps (at 100 000 in the maker's example) and begins anew
after a factory reset. So a record is named by event type, serial number and its own time. The
digest holds what every telling of it has alike, be it told live, sent again, or found by a search:
a search leaves members out, adds others and calls the codes otherwise (certain). An event without a
number is found by no search, so all its members name it: two strangers in a second are two.
"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import NamedTuple

from gateway.codecs.hikvision.limits import MOST_SERIAL_NO
from gateway.codecs.hikvision.meaning import codes
from gateway.codecs.hikvision.notice import Notice
from gateway.codecs.hikvision.values import number, text, time_ms

SERIES = dict.fromkeys(
    (
        "AccessControllerEvent",
        "QRCodeEvent",
        "IDCardInfoEvent",
        "FaceTemperatureMeasurementEvent",
    ),
    0,
)
"""Events a terminal asks by are numbered by one counter (inferred from the worked examples). Else
each question of another kind would look like a hole, and a search would find it once more."""
OTHER_SERIES = 4
UNNUMBERED_SERIES = 5
"""Of events without a serial number: their number is a name, never a count."""
CHANGING = frozenset(
    {
        "currentEvent",
        "remoteCheck",
        "picturesNumber",
        "pictureURL",
        "visibleLightURL",
        "thermalURL",
        "faceBasemapURL",
    }
)
"""Members that a later sending may have otherwise (inferred)."""
_NOBODY = ("", "0")
"""How a search writes that there is none (inferred)."""
_NAME_BYTES = 6


class Identity(NamedTuple):
    """What names a record."""

    name: bytes
    digest: bytes
    series: int
    number: int


def told_time(notice: Notice) -> object:
    """Return the event's own time as it is written, where it has one, else the message's."""
    inner = notice.inner
    return inner.get("dateTime") or inner.get("time") or notice.envelope.get("dateTime")


def identify(notice: Notice, utc_offset_minutes: int) -> Identity:
    """Return what names a record."""
    serial = serial_no(notice)
    content = _whole(notice) if serial is None else _content(notice)
    digest = sha256(f"{notice.kind}\n{content}".encode("utf-8", "replace")).digest()
    told = told_time(notice)
    at = time_ms(told, utc_offset_minutes)
    when = told if at is None else at
    what = digest.hex() if serial is None else str(serial)
    name = sha256(f"{notice.kind}\n{what}\n{when}".encode("utf-8", "replace")).digest()
    if serial is None:
        short = int.from_bytes(name[:_NAME_BYTES], "big")
        return Identity(name, digest, UNNUMBERED_SERIES, short)
    return Identity(name, digest, SERIES.get(notice.kind, OTHER_SERIES), serial)


def _whole(notice: Notice) -> str:
    """Return everything that stays the same: all that tells two events without a number apart."""
    stable = {key: value for key, value in notice.inner.items() if key not in CHANGING}
    return json.dumps(stable, sort_keys=True, ensure_ascii=False)


def _content(notice: Notice) -> str:
    """Return what happened, as text; of events without codes everything that stays the same."""
    major, minor = codes(notice)
    if not major:
        return _whole(notice)
    inner = notice.inner
    person = text(inner.get("employeeNoString"), 64) or text(inner.get("employeeNo"), 64)
    card, door = text(inner.get("cardNo"), 64), text(inner.get("doorNo"), 16)
    told = (major, minor, *("" if one in _NOBODY else one for one in (person, card, door)))
    return json.dumps(told, ensure_ascii=False)


def serial_no(notice: Notice) -> int | None:
    """Return the record's number, 1…2 000 000 000, or None."""
    found = number(notice.inner.get("serialNo"))
    return found if found is not None and 0 < found <= MOST_SERIAL_NO else None
