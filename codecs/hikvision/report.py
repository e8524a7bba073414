"""From an event to the record the gateway stores.

Every event is stored, whatever it says: terminals number them all, and a hole in the numbers must
mean a loss. One nobody knows is stored too, and never counts as somebody having passed.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any, NamedTuple

from gateway.codecs.hikvision.identity import UNNUMBERED_SERIES, Identity, identify, told_time
from gateway.codecs.hikvision.limits import LIVE_MS, MOST_SERIAL_NO
from gateway.codecs.hikvision.meaning import codes, meaning
from gateway.codecs.hikvision.notice import Notice
from gateway.codecs.hikvision.outcomes import MAJOR_EVENT, NOT_EQUIPPED, Outcome
from gateway.codecs.hikvision.states import State
from gateway.codecs.hikvision.values import flag, fraction, number, share, text, time_ms
from gateway.codecs.jpeg import judge

from gateway.domain.events import FaultReported, PassageReported, PictureRef, RecordReported
from gateway.domain.ids import Receipt
from gateway.domain.vocabulary import Decision, Direction, Lane, VerifiedBy

NO_TIME_MS = 0
"""Stands for a text that is no time: the gateway holds 1970 for impossible and sets the record
aside for a look; refusing it would stop the terminal's queue for ever."""
DURESS_CARD = 5
HOTTEST_C = 100.0
MOST_DOOR = 0xFFFF
_DIRECTIONS = {
    "checkin": Direction.IN,
    "breakin": Direction.IN,
    "overtimein": Direction.IN,
    "checkout": Direction.OUT,
    "breakout": Direction.OUT,
    "overtimeout": Direction.OUT,
}
_HELMETS = {"yes": True, "no": False}
_RESULTS = {
    **dict.fromkeys(("success", "true", "1", "pass"), Decision.GRANTED),
    **dict.fromkeys(("failed", "fail", "false", "0"), Decision.DENIED),
}
"""Readings of remoteCheckResult, whose values the maker does not tell: any other is UNKNOWN."""


class Ruling(NamedTuple):
    """How the gateway answered a question."""

    decision: Decision
    claim: str | None = None
    score: float | None = None
    by_gateway: bool = False
    """Somebody here decided; otherwise nobody did in time, and the answer was no."""


class Facts(NamedTuple):
    """What a record needs beside the event."""

    receipt: Receipt
    wall_ms: int
    """Our clock; decides what counts as live where the terminal does not say so."""
    utc_offset_minutes: int
    ruling: Ruling | None = None


def report(notice: Notice, facts: Facts) -> RecordReported:
    """Return the record of an event."""
    named = identify(notice, facts.utc_offset_minutes)
    about = meaning(notice)
    if isinstance(about, State) or (about is None and not _of_somebody(notice)):
        return _fault(notice, facts, named, about)
    return _passage(notice, facts, named, about or Outcome(Decision.UNKNOWN))


def event_ms(notice: Notice, utc_offset_minutes: int) -> int:
    """Return the event's time, `NO_TIME_MS` where it is none."""
    found = time_ms(told_time(notice), utc_offset_minutes)
    return NO_TIME_MS if found is None else found


def lane(notice: Notice, device_ms: int, wall_ms: int) -> Lane:
    """Say whether the event is told as it happens."""
    current = flag(notice.inner.get("currentEvent"))
    if current is None:
        current = wall_ms - device_ms <= LIVE_MS
    return Lane.LIVE if current else Lane.BACKFILL


def claim_of(notice: Notice) -> str | None:
    """Return who the terminal says it was; the text counts more than the number."""
    inner = notice.inner
    return text(inner.get("employeeNoString"), 64) or text(inner.get("employeeNo"), 64) or None


def _of_somebody(notice: Notice) -> bool:
    """Say whether an event nobody knows may be about a person."""
    return codes(notice)[0] == MAJOR_EVENT or claim_of(notice) is not None


def _base(notice: Notice, facts: Facts, named: Identity) -> dict[str, Any]:
    device_ms = event_ms(notice, facts.utc_offset_minutes)
    front = number(notice.inner.get("frontSerialNo"))
    known = front is not None and 0 <= front <= MOST_SERIAL_NO
    known = known and named.series != UNNUMBERED_SERIES
    return {
        "receipt": facts.receipt,
        "lane": lane(notice, device_ms, facts.wall_ms),
        "identity": named.name,
        "digest": named.digest,
        "series": named.series,
        "number": named.number,
        "device_ms": device_ms,
        "raw": notice.raw,
        "follows": front if known else None,
    }


def _fault(notice: Notice, facts: Facts, named: Identity, state: State | None) -> FaultReported:
    major, minor = codes(notice)
    known = state if state is not None else State(f"unknown event {notice.kind}")
    return FaultReported(
        **_base(notice, facts, named),
        code=major << 16 | (known.ends or minor),
        severity=known.severity,
        raised=not known.ends,
        text=known.text,
    )


def _passage(notice: Notice, facts: Facts, named: Identity, about: Outcome) -> PassageReported:
    inner, ruling, base = notice.inner, facts.ruling, _base(notice, facts, named)
    helmet = _HELMETS.get(text(inner.get("helmet")).lower())
    stated = text(inner.get("attendanceStatus")).lower()
    return PassageReported(
        **base,
        direction=_DIRECTIONS.get(stated, Direction.UNKNOWN),
        decision=_decision(notice, about, helmet, ruling),
        means=about.means,
        claim=(ruling.claim if ruling else None) or claim_of(notice),
        verified_by=_verified_by(notice, about, ruling),
        score=ruling.score if ruling and ruling.by_gateway else share(inner.get("faceSimilarity")),
        door=_small(inner.get("doorNo")),
        temperature_c=_celsius(inner),
        helmet=helmet,
        taken_offline=base["lane"] is Lane.BACKFILL,
        # The question was the passage already, and says how it was answered.
        repeat="remoteCheckResult" in inner,
        duress=number(inner.get("cardType")) == DURESS_CARD,
        picture=_picture(notice.picture),
    )


def _decision(
    notice: Notice, about: Outcome, helmet: bool | None, ruling: Ruling | None
) -> Decision:
    if ruling is not None:
        return ruling.decision
    if "remoteCheckResult" in notice.inner and about.decision is Decision.GRANTED:
        told = notice.inner["remoteCheckResult"]
        return _RESULTS.get(str(told).strip().lower(), Decision.UNKNOWN)
    if codes(notice) == (MAJOR_EVENT, NOT_EQUIPPED) and helmet is False:
        return Decision.HELMET_MISSING
    return about.decision


def _verified_by(notice: Notice, about: Outcome, ruling: Ruling | None) -> VerifiedBy:
    if ruling is not None:
        return VerifiedBy.GATEWAY if ruling.by_gateway else VerifiedBy.UNKNOWN
    if "remoteCheckResult" in notice.inner or about.decision is Decision.UNKNOWN:
        return VerifiedBy.UNKNOWN
    return VerifiedBy.TERMINAL


def _small(value: Any) -> int | None:
    found = number(value)
    return found if found is not None and 0 <= found <= MOST_DOOR else None


def _celsius(inner: dict[str, Any]) -> float | None:
    degrees = fraction(inner.get("currTemperature"))
    if degrees is None:
        return None
    unit = text(inner.get("thermometryUnit")).lower()
    if unit == "fahrenheit":
        degrees = (degrees - 32) / 1.8
    elif unit == "kelvin":
        degrees -= 273.15
    return round(degrees, 2) if 0 < degrees < HOTTEST_C else None


def _picture(data: bytes | None) -> PictureRef | None:
    if data is None:
        return None
    digest = sha256(data).digest()
    return PictureRef(digest=digest, size=len(data), data=data, damage=judge(data))
