"""Bodies made of type, length and value, split strictly.

Owns the tiling: the elements must cover the body to the last byte. Knows no types: which are
known, critical, repeated or nested is the dialect's business.
"""

from __future__ import annotations

import struct
from struct import Struct

U16_U16 = Struct(">HH")
"""Type and length of two bytes each, big-endian (YLS/1 6)."""

MOST_TLVS = 64
"""Elements in one body; more is refused so that a small frame cannot cost much (YLS/1 6)."""

Tlvs = list[tuple[int, bytes]]


class TlvError(ValueError):
    """The elements do not tile the body.

    ``code`` is ``head`` (fewer bytes left than a type and a length take), ``overrun`` (a length
    beyond the end of the body), ``count`` (too many elements) or ``length`` (a value too long to
    be written); ``offset`` is that of the offending element in the body.
    """

    def __init__(self, code: str, offset: int) -> None:
        super().__init__(f"{code} at offset {offset}")
        self.code = code
        self.offset = offset


def split_tlvs(
    body: bytes,
    start: int = 0,
    end: int | None = None,
    *,
    head: Struct = U16_U16,
    most: int = MOST_TLVS,
) -> Tlvs:
    """Split ``body[start:end]`` into (type, value) pairs in the order sent.

    ``head`` packs type and length, in this order. Everything is checked before anything is
    returned, so nobody acts on the first half of a body whose second half is broken. Raises
    TlvError.
    """
    stop = len(body) if end is None else end
    unpack, width = head.unpack_from, head.size
    found: Tlvs = []
    at = start
    while at < stop:
        value = at + width
        if value > stop:
            raise TlvError("head", at)
        if len(found) == most:
            raise TlvError("count", at)
        kind, size = unpack(body, at)
        after = value + size
        if after > stop:
            raise TlvError("overrun", at)
        found.append((kind, body[value:after]))
        at = after
    return found


def put_tlv(kind: int, value: bytes, *, head: Struct = U16_U16) -> bytes:
    """Return one element as bytes; raises TlvError when ``value`` or ``kind`` does not fit."""
    try:
        return head.pack(kind, len(value)) + value
    except struct.error:
        raise TlvError("length", 0) from None
