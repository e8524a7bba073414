"""What contents have in common: the XOR byte at their end, and times in BCD."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from gateway.codecs.checksum import xor8
from gateway.codecs.cti.limits import UTC_OFFSET_MINUTES
from gateway.codecs.values import BadValue, bcd, local_time, put_bcd, utc_ms

TIME = 7
"""Bytes of a time: YYYYMMDDhhmmss in BCD (certain for 848 and 844)."""


class Refused(Exception):
    """A content cannot be taken; ``reason`` is what the terminal is told.

    ``code`` is ``checksum``, ``length``, ``text``, ``multi_part``, ``busy`` or ``not_logged_in``.
    """

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


def seal(content: bytes) -> bytes:
    """Append the exclusive or of all bytes (certain for 823, 843, 848 and 844)."""
    return content + bytes((xor8(content),))


def unseal(content: bytes) -> bytes:
    """Return the content without its XOR byte; raises Refused(``checksum``)."""
    if not content or xor8(content):
        raise Refused("checksum", "校验错误 the XOR byte at the end of the content is wrong")
    return content[:-1]


def read_time(data: bytes) -> int | None:
    """Return milliseconds since 1970 UTC, or None for bytes that are no time."""
    try:
        year, *rest = bcd(data[:2]), *(bcd(data[at : at + 1]) for at in range(2, TIME))
        return utc_ms(local_time(year, *rest), UTC_OFFSET_MINUTES)
    except BadValue:
        return None


def put_time(wall_ms: int) -> bytes:
    """Return an instant (milliseconds since 1970 UTC) as the terminal's wall clock shows it."""
    local = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(
        milliseconds=wall_ms, minutes=UTC_OFFSET_MINUTES
    )
    return put_bcd(int(f"{local:%Y%m%d%H%M%S}"), TIME)
