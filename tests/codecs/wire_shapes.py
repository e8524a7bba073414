"""One framing of each shape, how to wrap a body in it, and how to read a stream piece by piece."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from gateway.codecs.checksum import crc16_mcrf4xx, sum8
from gateway.codecs.framing import (
    CheckedHeader,
    Delimited,
    Escaped,
    Fixed,
    FrameReader,
    Framing,
    LengthPrefixed,
)
from hypothesis import strategies as st

from gateway.domain.events import FrameDamaged

MOST = 300


def crc(data: bytes) -> bytes:
    return crc16_mcrf4xx(data).to_bytes(2, "little")


def head(buffer: bytearray) -> int | str:
    if bytes(buffer[4:6]) != crc(bytes(buffer[:4])):
        return "header"
    return int.from_bytes(buffer[2:4], "big") + 8


def tail(frame: bytes) -> str | None:
    return None if frame[-2:] == crc(frame[:-2]) else "checksum"


def summed(frame: bytes) -> str | None:
    return None if frame and frame[-1] == sum8(frame[:-1]) else "checksum"


CHECKED = CheckedHeader(magic=b"YL", header=6, head=head, body=tail, max_frame=MOST)
PREFIXED = LengthPrefixed(
    magic=b"AC", length_at=2, length_size=2, overhead=6, max_frame=MOST, body=tail
)
FLAGGED = Escaped(flag=0x7E, escape=0x7F, codes={1: 0x7E, 2: 0x7F}, max_frame=2 * MOST, body=summed)
LINES = Delimited(terminator=b"\r\n", max_frame=MOST)
EQUAL = Fixed(max_frame=16, magic=b"\xa5", body=tail)


def checked(body: bytes) -> bytes:
    start = b"YL" + len(body).to_bytes(2, "big")
    start += crc(start)
    return start + body + crc(start + body)


def prefixed(body: bytes) -> bytes:
    start = b"AC" + len(body).to_bytes(2, "big") + body
    return start + crc(start)


def flagged(body: bytes) -> bytes:
    return FLAGGED.wrap(body + bytes((sum8(body),)))


def line(body: bytes) -> bytes:
    return body.replace(b"\r", b"r").replace(b"\n", b"n") + b"\r\n"


def equal(body: bytes) -> bytes:
    start = b"\xa5" + body[:13].ljust(13, b"\0")
    return start + crc(start)


SHAPES: dict[str, tuple[Framing, Callable[[bytes], bytes], bytes]] = {
    "checked": (CHECKED, checked, b"YL"),
    "prefixed": (PREFIXED, prefixed, b"AC"),
    "escaped": (FLAGGED, flagged, b"\x7e"),
    "delimited": (LINES, line, b"\n"),
    "fixed": (EQUAL, equal, b"\xa5"),
}
BODIES = st.lists(st.binary(max_size=60), max_size=6)
CUTS = st.lists(st.integers(1, 40), max_size=30)
every_shape = pytest.mark.parametrize("shape", SHAPES)


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    out = []
    for size in cuts:
        out.append(data[:size])
        data = data[size:]
    return [*out, data]


def drain(reader: FrameReader) -> list[bytes | FrameDamaged]:
    out = []
    while (item := reader.take()) is not None:
        out.append(item)
    return out


def read(
    framing: Framing, reads: list[bytes], *, resync: bool
) -> tuple[list[bytes | FrameDamaged], FrameReader]:
    reader = FrameReader(framing, resync=resync)
    out = []
    for data in reads:
        reader.feed(data)
        out += drain(reader)
        assert reader.buffered <= framing.max_frame + 4096
    return out, reader


def frames_of(items: list[bytes | FrameDamaged]) -> list[bytes]:
    return [item for item in items if isinstance(item, bytes)]
