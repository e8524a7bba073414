"""Frames as bytes: pack, check and take apart (YLS/1 3).

Owns the 18-byte header, both CRCs and the rule which bytes a MAC covers. Knows no keys and no
meaning. The readable declaration of the same header is `gateway.codecs.yls.layout`.
"""

from __future__ import annotations

from struct import Struct
from typing import NamedTuple

from fastcrc import crc16
from gateway.codecs.framing import CheckedHeader
from gateway.codecs.yls.limits import MOST_FRAME
from gateway.codecs.yls.registers import DUP, MUTABLE

SOF = 0x594C
VERSION_AND_LENGTH = 0x19
"""Major version 1, header of 9 times 2 bytes."""
CHECKED = 16
"""Header bytes under HCRC, which follows them."""
HEADER = 18
OVERHEAD = 20
"""Bytes of a frame with an empty body."""
SEAL = 8
"""Bytes of a MAC or CCM tag at the end of the body."""

HEAD = Struct(">HBBHHIHH")
_FIXED = 0xFF & ~MUTABLE
_crc = crc16.mcrf4xx


class Frame(NamedTuple):
    """A frame whose CRCs held."""

    flags: int
    address: int
    command: int
    seq: int
    sid: int
    body: bytes
    """As on the wire: encrypted when ENC is set, with its 8-byte seal when MAC or ENC is."""
    raw: bytes
    """The whole frame, SOF to FCRC."""


def pack(flags: int, address: int, command: int, seq: int, sid: int, body: bytes) -> bytes:
    """Return the frame as it travels; ``body`` already carries its seal, if any."""
    head = HEAD.pack(SOF, VERSION_AND_LENGTH, flags, address, command, seq, sid, len(body))
    return close(head, body)


def close(head: bytes, body: bytes) -> bytes:
    """Add both CRCs to the 16 header bytes and the body.

    FCRC goes on from HCRC instead of running over it: over a CRC's own bytes the register would
    return to zero whatever the header was, and a body could be moved behind another header.
    """
    check = _crc(head)
    return head + check.to_bytes(2, "little") + body + _crc(body, check).to_bytes(2, "little")


def whole(data: bytes, limit: int) -> Frame | None:
    """Return the frame when ``data`` is exactly one good frame of the usual header length.

    None says nothing about what is wrong: the reader finds out.
    """
    frames, end = leading(data, limit)
    return frames[0] if len(frames) == 1 and end == len(data) else None


def leading(data: bytes, limit: int) -> tuple[list[Frame], int]:
    """Return the good frames of the usual header length that ``data`` begins with, and their end.

    The fast path of TCP, where a read is nearly always a few whole frames. What follows, if
    anything does, may be the beginning of a frame or damage: the reader finds out.
    """
    frames: list[Frame] = []
    size, at, unpack, new = len(data), 0, HEAD.unpack_from, tuple.__new__
    while size - at >= OVERHEAD:
        sof, version, flags, address, command, seq, sid, length = unpack(data, at)
        end = at + length + OVERHEAD
        if sof != SOF or version != VERSION_AND_LENGTH or end > size or end - at > limit:
            break
        raw = data[at:end]
        check = raw[16] | raw[17] << 8
        if _crc(raw[:CHECKED]) != check or _crc(raw[HEADER:], check):
            break
        # Past the NamedTuple's own constructor, which is a function in Python: half the price.
        frames.append(new(Frame, (flags, address, command, seq, sid, raw[HEADER:-2], raw)))
        at = end
    return frames, at


def parse(raw: bytes) -> Frame:
    """Take apart a frame that `FRAMING` found good."""
    _, version, flags, address, command, seq, sid, _ = HEAD.unpack_from(raw)
    return Frame(flags, address, command, seq, sid, raw[(version & 15) * 2 : -2], raw)


def covered(raw: bytes, tail: int = 2) -> bytes:
    """Return what MAC and transcript cover: no mutable flags, no HCRC, not the last ``tail`` bytes.

    Header bytes beyond 18 are covered like the body they precede (YLS/1 3.2).
    """
    flags = raw[3]
    if flags & MUTABLE:
        return raw[:3] + bytes((flags & _FIXED,)) + raw[4:CHECKED] + raw[HEADER:-tail]
    return raw[:CHECKED] + raw[HEADER:-tail]


def associated(raw: bytes) -> bytes:
    """Return the header as additional data of the cipher: no mutable flags, no HCRC."""
    size = (raw[2] & 15) * 2
    return raw[:3] + bytes((raw[3] & _FIXED,)) + raw[4:CHECKED] + raw[HEADER:size]


def marked(raw: bytes, flag: int) -> bytes:
    """Return the frame with a mutable flag set and both CRCs renewed; its MAC stays valid."""
    return close(raw[:3] + bytes((raw[3] | flag,)) + raw[4:CHECKED], raw[HEADER:-2])


def as_duplicate(raw: bytes) -> bytes:
    """Return the frame as a repetition."""
    return marked(raw, DUP)


def _measure(buffer: bytearray) -> int | str:
    version = buffer[2]
    if version >> 4 != 1:
        return "version"
    size = (version & 15) * 2
    if size < HEADER:
        return "header"
    if len(buffer) < size:
        return 0
    check = _crc(buffer[HEADER:size], _crc(buffer[:CHECKED]))
    if check != buffer[16] | buffer[17] << 8:
        return "header"
    return size + (buffer[14] << 8 | buffer[15]) + 2


def _judge(raw: bytes) -> str | None:
    check = raw[16] | raw[17] << 8
    return "checksum" if _crc(raw[(raw[2] & 15) * 2 :], check) else None


FRAMING = CheckedHeader(
    magic=b"YL", header=HEADER, head=_measure, body=_judge, max_frame=MOST_FRAME
)
"""How a stream falls into frames; a length is believed only after HCRC held."""
