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
from gateway.domain.times import LATEST_MS
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
# Named once: looking up a member of an enum takes Python 3.11 a tenth of a microsecond.
_UNDECIDED, _NOWHERE = Decision.UNKNOWN, Direction.UNKNOWN
_SCALE = 10_000
_NO_TEMPERATURE = 0x7FFF
_LARGEST = 0x7FFF_FFFF
"""Bytes; what a reference may claim for its picture, and storage can hold as a number."""
_FAULT = int(Tlv.FAULT)
_HELMET = int(Tlv.HELMET)
_INLINE = int(Tlv.SNAPSHOT_INLINE)
_REFERENCE = int(Tlv.SNAPSHOT_REF)

_DIRECTIONS = (Direction.UNKNOWN, Direction.IN, Direction.OUT)
_DECISIONS = {int(one): one for one in Decision}
_MEANS = {bits: Means(bits) for bits in range(0x200)}
_SEVERITIES = tuple(FaultSeverity)
_HELMETS: dict[bytes | None, bool] = {b"\0": False, b"\1": True}


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
    (
        number, series, device_ms, person, direction, decision, method, score, liveness, door,
        rflags, temperature,
    ) = CORE.unpack(core)  # fmt: skip
    if decision == NOT_AN_ACCESS or _FAULT in extras:
        return _fault(group, receipt, lane, number, series, device_ms)
    return PassageReported(
        receipt=receipt,
        lane=lane,
        identity=core[4:8] + core[:4],
        digest=_digest(core, group.lasting),
        series=series,
        number=number,
        device_ms=device_ms,
        raw=group.raw,
        direction=_DIRECTIONS[direction] if direction < 3 else _NOWHERE,
        decision=_DECISIONS.get(decision, _UNDECIDED),
        means=_MEANS[method & 0x1FF],
        claim=str(person) if person else None,
        verified_by=_VERIFIED_BY[rflags],
        score=score / _SCALE if score <= _SCALE else None,
        liveness=liveness / _SCALE if liveness <= _SCALE else None,
        door=door or None,
        temperature_c=temperature / 100 if temperature != _NO_TEMPERATURE else None,
        helmet=_HELMETS.get(extras.get(_HELMET)),
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
    value = group.extras.get(_FAULT)
    # A record that is no access event and says nothing more is kept, but raises nothing.
    code, severity, state, count, first = FAULT.unpack_from(value) if value else (0, 0, 0, 1, 0)
    return FaultReported(
        receipt=receipt,
        lane=lane,
        identity=group.core[4:8] + group.core[:4],
        digest=_digest(group.core, group.lasting),
        series=series,
        number=number,
        device_ms=device_ms,
        raw=group.raw,
        code=code,
        severity=_SEVERITIES[min(severity, len(_SEVERITIES) - 1)],
        raised=state != 0,
        count=count,
        first_ms=first if 0 < first <= LATEST_MS else None,
        text=_readable(value[FAULT.size :]) if value else "",
    )


def _readable(value: bytes) -> str:
    text = value.decode(errors="replace")
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)


def _digest(core: bytes, lasting: list[tuple[int, bytes]]) -> bytes:
    """Return what tells a resend from a conflict: REC_CORE and the followers that must last."""
    if not lasting:
        return blake2b(core, digest_size=16).digest()
    pieces = [core]
    for kind, value in sorted(lasting) if len(lasting) > 1 else lasting:
        pieces += (_TLV.pack(kind, len(value)), value)
    return blake2b(b"".join(pieces), digest_size=16).digest()


def _picture(extras: dict[int, bytes]) -> PictureRef | None:
    inline = extras.get(_INLINE)
    if inline is not None:
        digest = sha256(inline).digest()
        return PictureRef(digest=digest, size=len(inline), data=inline, damage=judge(inline))
    reference = extras.get(_REFERENCE)
    if reference is None:
        return None
    _, size, digest = _REF.unpack(reference)
    return PictureRef(digest=digest, size=min(size, _LARGEST))
