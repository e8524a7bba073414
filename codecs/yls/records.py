"""Record bodies: groups of REC_CORE and its followers, and the events they become (YLS/1 10).

Owns the scan of REC_REALTIME and REC_BACKFILL bodies, what counts as "the same bytes", and the
translation into the gateway's vocabulary. Knows no session: receipts are given to it.
"""

from __future__ import annotations

from hashlib import blake2b, sha256
from struct import Struct
from typing import NamedTuple

from gateway.codecs.jpeg import judge
from gateway.codecs.yls.body import KNOWN, Refused, text_of
from gateway.codecs.yls.limits import MOST_RECORDS, MOST_TLVS
from gateway.codecs.yls.registers import CRITICAL, NOT_AN_ACCESS, Result, Tlv

from gateway.domain.events import FaultReported, PassageReported, PictureRef, RecordReported
from gateway.domain.ids import Receipt
from gateway.domain.vocabulary import (
    Decision,
    Direction,
    FaultSeverity,
    Lane,
    Means,
    VerifiedBy,
)

CORE = Struct(">IIQIBBHHHBBh")
FAULT = Struct(">HBBHQ")
_TLV = Struct(">HH")
_LOST = Struct(">IIIB")
_REF = Struct(">BI32s")
_NOT_TOLD = 0xFFFF
_SCALE = 10_000
_NO_TEMPERATURE = 0x7FFF

BIOMETRIC = frozenset({Tlv.SNAPSHOT_INLINE, *range(0x0030, 0x0038)})
"""Types that need TLS or ENC (YLS/1 7.4, ruling 18)."""
_NOT_KEPT = frozenset(
    {
        Tlv.SNAPSHOT_INLINE,
        Tlv.FACE_EMB,
        Tlv.IRIS_CODE,
        Tlv.FINGER_TPL,
        Tlv.IDCARD_TEXT,
        Tlv.IDCARD_PHOTO,
    }
)
_SAME_BYTES = frozenset(
    {
        Tlv.PERSON_NO,
        Tlv.DIRECTION,
        Tlv.METHOD,
        Tlv.DECISION,
        Tlv.CARD,
        Tlv.IDCARD_REF,
        Tlv.QR,
        Tlv.QR_DIGEST,
        Tlv.FAULT,
    }
)
"""What must not change when a record is sent again, beside REC_CORE (ruling 8)."""
_MULTI = frozenset({Tlv.CARD, Tlv.IRIS_CODE, Tlv.TEMPLATE_REF})
_SIZES: dict[int, tuple[int, int]] = {
    Tlv.TEXT: (0, 128),
    Tlv.CARD: (2, 17),
    Tlv.HELMET: (1, 1),
    Tlv.SNAPSHOT_REF: (37, 37),
    Tlv.IDCARD_TEXT: (256, 256),
    Tlv.IDCARD_PHOTO: (1024, 1024),
    Tlv.IDCARD_REF: (33, 33),
    Tlv.QR: (1, 512),
    Tlv.QR_DIGEST: (32, 32),
    Tlv.FAULT: (14, 14 + 128),
}
"""Least and most bytes of what may follow a REC_CORE, where the length is fixed."""

_DIRECTIONS = (Direction.UNKNOWN, Direction.IN, Direction.OUT)
_DECISIONS = {int(one): one for one in Decision}
_MEANS = {bits: Means(bits) for bits in range(0x200)}
_SEVERITIES = tuple(FaultSeverity)


def _verified_by(rflags: int) -> VerifiedBy:
    if rflags & 0x04:
        return VerifiedBy.GATEWAY
    if rflags & 0x08:
        return VerifiedBy.TERMINAL_AFTER_DEADLINE
    return VerifiedBy.GUARD if rflags & 0x20 else VerifiedBy.TERMINAL


_VERIFIED_BY = tuple(_verified_by(rflags) for rflags in range(256))


class Group(NamedTuple):
    """One REC_CORE with what belongs to it."""

    core: bytes
    extras: list[tuple[int, bytes]]
    """Known followers without the critical bit, in the order sent."""
    raw: bytes
    """The group as it came, without pictures, templates and raw card data."""


class Lost(NamedTuple):
    """A range of numbers a device gave up (ruling 5)."""

    series: int
    first: int
    last: int
    reason: int


Found = list[Group | Lost]


def scan(body: bytes, *, live: bool, biometric: bool) -> Found:
    """Split a record body into groups; raises Refused, and then nothing of it counts.

    ``live`` is a REC_REALTIME body, which holds exactly one record. Without ``biometric`` the link
    does not protect pictures and templates, and a body that has any is FORBIDDEN.
    """
    unpack, end, at, count = _TLV.unpack_from, len(body), 0, 0
    found: Found = []
    core: tuple[int, int] | None = None
    extras: list[tuple[int, bytes]] = []
    while at < end:
        if at + 4 > end:
            raise Refused(Result.BAD_TLV)
        marked, size = unpack(body, at)
        after = at + 4 + size
        count += 1
        if after > end or count > MOST_TLVS:
            raise Refused(Result.BAD_TLV)
        kind = marked & 0x7FFF
        if kind == Tlv.REC_CORE:
            if core is not None:
                found.append(_group(body, core, at, extras))
                extras = []
            if size != CORE.size:
                raise Refused(Result.BAD_LENGTH)
            core = (at, after)
        elif kind == Tlv.REC_LOST:
            if core is not None:
                found.append(_group(body, core, at, extras))
                core, extras = None, []
            found.append(_lost(body[at + 4 : after]))
        elif kind not in KNOWN:
            if marked & CRITICAL:
                raise Refused(Result.UNSUPPORTED_CRITICAL)
        elif core is None:
            raise Refused(Result.BAD_TLV)
        else:
            if kind in BIOMETRIC and not biometric:
                raise Refused(Result.FORBIDDEN)
            extras.append((kind, body[at + 4 : after]))
        at = after
    if core is not None:
        found.append(_group(body, core, end, extras))
    _check_count(found, live=live)
    return found


def _check_count(found: Found, *, live: bool) -> None:
    if not found:
        raise Refused(Result.MISSING_TLV)
    if live and (len(found) > 1 or isinstance(found[0], Lost)):
        raise Refused(Result.BAD_TLV)
    if len(found) > MOST_RECORDS:
        raise Refused(Result.OUT_OF_RANGE)


def _lost(value: bytes) -> Lost:
    if len(value) != _LOST.size:
        raise Refused(Result.BAD_LENGTH)
    lost = Lost(*_LOST.unpack(value))
    if not 1 <= lost.first <= lost.last:
        raise Refused(Result.OUT_OF_RANGE)
    return lost


def _group(body: bytes, core: tuple[int, int], end: int, extras: list[tuple[int, bytes]]) -> Group:
    start, after = core
    raw = body[start:end]
    if extras:
        _check_extras(extras)
        if not _NOT_KEPT.isdisjoint(kind for kind, _ in extras):
            raw = _kept(raw)
    if raw[4:8] == b"\0\0\0\0":
        raise Refused(Result.OUT_OF_RANGE)
    return Group(body[start + 4 : after], extras, raw)


def _kept(raw: bytes) -> bytes:
    pieces, at = [], 0
    while at < len(raw):
        marked, size = _TLV.unpack_from(raw, at)
        if marked & 0x7FFF not in _NOT_KEPT:
            pieces.append(raw[at : at + 4 + size])
        at += 4 + size
    return b"".join(pieces)


def _check_extras(extras: list[tuple[int, bytes]]) -> None:
    seen: set[int] = set()
    for kind, value in extras:
        if kind in seen and kind not in _MULTI:
            raise Refused(Result.BAD_TLV)
        seen.add(kind)
        least, most = _SIZES.get(kind, (0, 0xFFFF))
        if not least <= len(value) <= most:
            raise Refused(Result.BAD_LENGTH)


def report(group: Group, receipt: Receipt, lane: Lane) -> RecordReported:
    """Translate a group into the event it stands for; raises Refused for a text that is none."""
    core, extras = group.core, group.extras
    (
        number,
        series,
        device_ms,
        person,
        direction,
        decision,
        method,
        score,
        liveness,
        door,
        rflags,
        temperature,
    ) = CORE.unpack(core)
    if decision == NOT_AN_ACCESS or (extras and any(kind == Tlv.FAULT for kind, _ in extras)):
        return _fault(group, receipt, lane, number, series, device_ms)
    return PassageReported(
        receipt=receipt,
        lane=lane,
        identity=core[4:8] + core[:4],
        digest=_digest(core, extras),
        series=series,
        number=number,
        device_ms=device_ms,
        raw=group.raw,
        direction=_DIRECTIONS[direction] if direction < 3 else Direction.UNKNOWN,
        decision=_DECISIONS.get(decision, Decision.UNKNOWN),
        means=_MEANS[method & 0x1FF],
        claim=str(person) if person else None,
        verified_by=_VERIFIED_BY[rflags],
        score=score / _SCALE if score <= _SCALE else None,
        liveness=liveness / _SCALE if liveness <= _SCALE else None,
        door=door or None,
        temperature_c=temperature / 100 if temperature != _NO_TEMPERATURE else None,
        helmet=_helmet(extras) if extras else None,
        clock_synchronised=rflags & 0x01 != 0,
        taken_offline=rflags & 0x02 != 0,
        repeat=rflags & 0x10 != 0,
        duress=rflags & 0x40 != 0,
        test=rflags & 0x80 != 0,
        picture=_picture(extras) if extras else None,
    )


def _fault(
    group: Group, receipt: Receipt, lane: Lane, number: int, series: int, device_ms: int
) -> FaultReported:
    value = next((value for kind, value in group.extras if kind == Tlv.FAULT), None)
    # A record that is no access event and says nothing more is kept, but raises nothing.
    code, severity, state, count, first = FAULT.unpack_from(value) if value else (0, 0, 0, 1, 0)
    return FaultReported(
        receipt=receipt,
        lane=lane,
        identity=group.core[4:8] + group.core[:4],
        digest=_digest(group.core, group.extras),
        series=series,
        number=number,
        device_ms=device_ms,
        raw=group.raw,
        code=code,
        severity=_SEVERITIES[min(severity, len(_SEVERITIES) - 1)],
        raised=state != 0,
        count=count,
        first_ms=first or None,
        text=text_of(value[FAULT.size :], 128) if value else "",
    )


def _digest(core: bytes, extras: list[tuple[int, bytes]]) -> bytes:
    same = blake2b(core, digest_size=16)
    if extras:
        for kind, value in sorted(item for item in extras if item[0] in _SAME_BYTES):
            same.update(_TLV.pack(kind, len(value)) + value)
    return same.digest()


def _helmet(extras: list[tuple[int, bytes]]) -> bool | None:
    for kind, value in extras:
        if kind == Tlv.HELMET:
            return {b"\0": False, b"\1": True}.get(value)
    return None


def _picture(extras: list[tuple[int, bytes]]) -> PictureRef | None:
    reference = None
    for kind, value in extras:
        if kind == Tlv.SNAPSHOT_INLINE:
            digest = sha256(value).digest()
            return PictureRef(digest=digest, size=len(value), data=value, damage=judge(value))
        if kind == Tlv.SNAPSHOT_REF:
            _, size, digest = _REF.unpack(value)
            reference = PictureRef(digest=digest, size=size)
    return reference
