"""Records in the gateway's vocabulary (YLS/1 10.2, 10.7, 14).

Owns the layout of REC_CORE, what counts as "the same bytes", and the translation of codes. Knows no
session: receipts are given to it.
"""

from __future__ import annotations

from hashlib import blake2b, sha256
from struct import Struct

from gateway.codecs.jpeg import judge
from gateway.codecs.yls.groups import Group
from gateway.codecs.yls.registers import NOT_AN_ACCESS, Tlv

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
_REF = Struct(">BI32s")
_SCALE = 10_000
_NO_TEMPERATURE = 0x7FFF

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
"""What must not change when a record is sent again, beside REC_CORE (YLS/1 10.7)."""
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


def report(group: Group, receipt: Receipt, lane: Lane) -> RecordReported:
    """Translate a group into the event it stands for.

    Nothing in a well-formed group is refused: a code nobody knows becomes "unknown" and the bytes
    are kept in ``raw``, so back-fill never gets stuck on one record (YLS/1 10.3).
    """
    core, extras = group.core, group.extras
    values = CORE.unpack(core)
    number, series, device_ms, person, direction, decision = values[:6]
    method, score, liveness, door, rflags, temperature = values[6:]
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
        text=_readable(value[FAULT.size :]) if value else "",
    )


def _readable(value: bytes) -> str:
    text = value.decode(errors="replace")
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)


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
