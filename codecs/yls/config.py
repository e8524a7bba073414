"""CONFIG: settings of a terminal as a row of key, length, value (YLS/1 14.4)."""

from __future__ import annotations

from collections.abc import Iterable
from struct import Struct

from gateway.codecs.yls.body import Refused
from gateway.codecs.yls.registers import Result

_HEAD = Struct(">HB")
MOST_VALUE = 255
"""Bytes of one value."""


def write_values(values: Iterable[tuple[int, bytes]]) -> bytes:
    """Return the row; values longer than 255 bytes are cut, which no setting of ours is."""
    return b"".join(_HEAD.pack(key, len(v[:MOST_VALUE])) + v[:MOST_VALUE] for key, v in values)


def write_keys(keys: Iterable[int]) -> bytes:
    """Return the row of a question: keys with empty values."""
    return write_values((key, b"") for key in keys)


def read_values(data: bytes) -> tuple[tuple[int, bytes], ...]:
    """Return (key, value) in the order sent; raises Refused BAD_TLV where the row does not end."""
    found: list[tuple[int, bytes]] = []
    at = 0
    while at < len(data):
        if at + _HEAD.size > len(data):
            raise Refused(Result.BAD_TLV)
        key, size = _HEAD.unpack_from(data, at)
        at += _HEAD.size + size
        if at > len(data):
            raise Refused(Result.BAD_TLV)
        found.append((key, data[at - size : at]))
    if len({key for key, _ in found}) < len(found):
        raise Refused(Result.BAD_TLV)
    return tuple(found)
