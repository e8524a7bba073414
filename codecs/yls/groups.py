"""Record bodies taken apart: groups of REC_CORE and its followers (YLS/1 10.2, 10.5).

Owns the scan of REC_REALTIME and REC_BACKFILL bodies and what of a group may be kept. Knows no
meaning: `gateway.codecs.yls.records` translates.
"""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct
from typing import NamedTuple

from gateway.codecs.yls.body import KNOWN, Refused
from gateway.codecs.yls.limits import MOST_RECORDS, MOST_TLVS
from gateway.codecs.yls.registers import CRITICAL, Result, Tlv

CORE_SIZE = 32
"""Bytes of REC_CORE."""
_TLV = Struct(">HH")
_LOST = Struct(">IIIB")

BIOMETRIC = frozenset({Tlv.SNAPSHOT_INLINE, *range(0x0030, 0x0038)})
"""Types that need TLS or ENC (YLS/1 7.4)."""
_NOT_KEPT = frozenset({Tlv.SNAPSHOT_INLINE, *range(0x0030, 0x0036)})
"""Pictures, templates and raw card data: read, never stored with the record."""
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


class Group(NamedTuple):
    """One REC_CORE with what belongs to it."""

    core: bytes
    extras: list[tuple[int, bytes]]
    """Known followers without the critical bit, in the order sent."""
    raw: bytes
    """The group as it came, without pictures, templates and raw card data."""


class Lost(NamedTuple):
    """A range of numbers a device gave up (YLS/1 10.5)."""

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
    found: Found = []
    start: int | None = None
    extras: list[tuple[int, bytes]] = []
    for marked, at, after in _elements(body):
        kind = marked & ~CRITICAL
        if kind == Tlv.REC_CORE or kind == Tlv.REC_LOST:
            if start is not None:
                found.append(_group(body, start, at, extras))
                start, extras = None, []
            if kind == Tlv.REC_LOST:
                found.append(_lost(body[at + 4 : after]))
            elif after - at != 4 + CORE_SIZE:
                raise Refused(Result.BAD_LENGTH)
            else:
                start = at
        elif kind not in KNOWN:
            if marked & CRITICAL:
                raise Refused(Result.UNSUPPORTED_CRITICAL)
        elif start is None:
            raise Refused(Result.BAD_TLV)
        elif kind in BIOMETRIC and not biometric:
            raise Refused(Result.FORBIDDEN)
        else:
            extras.append((kind, body[at + 4 : after]))
    if start is not None:
        found.append(_group(body, start, len(body), extras))
    _check_count(found, live=live)
    return found


def _elements(body: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield type as sent, offset and end of every element; they must tile the body."""
    unpack, end, at, count = _TLV.unpack_from, len(body), 0, 0
    while at < end:
        if at + 4 > end:
            raise Refused(Result.BAD_TLV)
        marked, size = unpack(body, at)
        after = at + 4 + size
        count += 1
        if after > end or count > MOST_TLVS:
            raise Refused(Result.BAD_TLV)
        yield marked, at, after
        at = after


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


def _group(body: bytes, start: int, end: int, extras: list[tuple[int, bytes]]) -> Group:
    raw = body[start:end]
    core = raw[4 : 4 + CORE_SIZE]
    if core.startswith(b"\0\0\0\0"):
        raise Refused(Result.OUT_OF_RANGE)
    if extras:
        _check_extras(extras)
        if not _NOT_KEPT.isdisjoint(kind for kind, _ in extras):
            raw = _kept(raw)
    return Group(core, extras, raw)


def _kept(raw: bytes) -> bytes:
    return b"".join(
        raw[at:after] for marked, at, after in _elements(raw) if marked & ~CRITICAL not in _NOT_KEPT
    )


def _check_extras(extras: list[tuple[int, bytes]]) -> None:
    seen: set[int] = set()
    for kind, value in extras:
        if kind in seen and kind not in _MULTI:
            raise Refused(Result.BAD_TLV)
        seen.add(kind)
        least, most = _SIZES.get(kind, (0, 0xFFFF))
        if not least <= len(value) <= most:
            raise Refused(Result.BAD_LENGTH)
