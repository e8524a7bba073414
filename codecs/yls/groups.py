"""Record bodies taken apart: groups of REC_CORE and its followers (YLS/1 10.2, 10.5).

Owns the scan of REC_REALTIME and REC_BACKFILL bodies and what of a group may be kept. Knows no
meaning: `gateway.codecs.yls.records` translates.
"""

from __future__ import annotations

from struct import Struct
from typing import NamedTuple

from gateway.codecs.yls.body import KNOWN, Refused
from gateway.codecs.yls.limits import MOST_RECORDS, MOST_TLVS
from gateway.codecs.yls.registers import CRITICAL, Result, Tlv

CORE_SIZE = 32
"""Bytes of REC_CORE."""
_TLV = Struct(">HH")
_CORE_LENGTH = CORE_SIZE.to_bytes(2, "big")
_LOST = Struct(">IIIB")
_KIND = 0xFFFF & ~CRITICAL
_CORE = int(Tlv.REC_CORE)
_RANGE = int(Tlv.REC_LOST)
_BEGINNINGS = frozenset((_CORE, _RANGE))

GUARDED, DROPPED, REPEATED, LASTING = 1, 2, 4, 8
"""Marks of a follower: needs TLS or ENC (YLS/1 7.4); is read but never stored with the record; may
come twice; must not change when the record is sent again (YLS/1 10.7)."""

_MARKS: dict[int, int] = {
    Tlv.SNAPSHOT_INLINE: GUARDED | DROPPED,
    Tlv.FACE_EMB: GUARDED | DROPPED,
    Tlv.IRIS_CODE: GUARDED | DROPPED | REPEATED,
    Tlv.FINGER_TPL: GUARDED | DROPPED,
    Tlv.TEMPLATE_REF: GUARDED | DROPPED | REPEATED,
    Tlv.IDCARD_TEXT: GUARDED | DROPPED,
    Tlv.IDCARD_PHOTO: GUARDED | DROPPED,
    Tlv.IDCARD_REF: GUARDED | LASTING,
    Tlv.QR: GUARDED | LASTING,
    Tlv.PERSON_NO: LASTING,
    Tlv.DIRECTION: LASTING,
    Tlv.METHOD: LASTING,
    Tlv.DECISION: LASTING,
    Tlv.CARD: LASTING | REPEATED,
    Tlv.QR_DIGEST: LASTING,
    Tlv.FAULT: LASTING,
}
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
_FOLLOWERS = {
    kind: (*_SIZES.get(kind, (0, 0xFFFF)), _MARKS.get(kind, 0)) for kind in KNOWN - _BEGINNINGS
}
"""Least bytes, most bytes and marks of every type we know that is no REC_CORE."""


class Group(NamedTuple):
    """One REC_CORE with what belongs to it."""

    core: bytes
    extras: dict[int, bytes]
    """Known followers by type, without the critical bit; of repeated ones the last."""
    lasting: list[tuple[int, bytes]]
    """Followers that must not change when the record is sent again, in the order sent."""
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
    barred = 0 if biometric else GUARDED
    start, seen = -1, 0
    extras: dict[int, bytes] = {}
    lasting: list[tuple[int, bytes]] = []
    for marked, at, after in _elements(body):
        kind = marked & _KIND
        rule = _FOLLOWERS.get(kind)
        if rule is not None:
            least, most, marks = rule
            if start < 0 or (kind in extras and not marks & REPEATED):
                raise Refused(Result.BAD_TLV)
            if marks & barred:
                raise Refused(Result.FORBIDDEN)
            if not least <= after - at - 4 <= most:
                raise Refused(Result.BAD_LENGTH)
            extras[kind] = value = body[at + 4 : after]
            seen |= marks
            if marks & LASTING:
                lasting.append((kind, value))
        elif kind in _BEGINNINGS:
            if start >= 0:
                found.append(_group(body[start:at], seen, extras, lasting))
                start, seen, extras, lasting = -1, 0, {}, []
            if kind == _RANGE:
                found.append(_lost(body[at + 4 : after]))
            else:
                start = at
        elif marked & CRITICAL:
            raise Refused(Result.UNSUPPORTED_CRITICAL)
    if start >= 0:
        found.append(_group(body[start:], seen, extras, lasting))
    _check_count(found, live=live)
    return found


def _elements(body: bytes) -> list[tuple[int, int, int]]:
    """Return type as sent, offset and end of every element; they must tile the body."""
    unpack, end, at = _TLV.unpack_from, len(body), 0
    elements: list[tuple[int, int, int]] = []
    while at < end:
        if at + 4 > end:
            raise Refused(Result.BAD_TLV)
        marked, size = unpack(body, at)
        after = at + 4 + size
        elements.append((marked, at, after))
        at = after
    if at != end or len(elements) > MOST_TLVS:
        raise Refused(Result.BAD_TLV)
    return elements


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


def _group(
    raw: bytes, marks: int, extras: dict[int, bytes], lasting: list[tuple[int, bytes]]
) -> Group:
    if raw[2:4] != _CORE_LENGTH:
        raise Refused(Result.BAD_LENGTH)
    core = raw[4 : 4 + CORE_SIZE]
    if core.startswith(b"\0\0\0\0"):
        raise Refused(Result.OUT_OF_RANGE)
    return Group(core, extras, lasting, _kept(raw) if marks & DROPPED else raw)


def _kept(raw: bytes) -> bytes:
    """Leave out what must not be stored with the record."""
    return b"".join(
        raw[at:after]
        for marked, at, after in _elements(raw)
        if not _MARKS.get(marked & _KIND, 0) & DROPPED
    )
