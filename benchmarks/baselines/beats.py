"""Heartbeats checked and answered by hand: both CRCs, the MAC both ways, STATUS, and no more.

What a server in Python can reach that keeps to YLS/1. It has one key for everybody, remembers
nothing and expects a whole frame in each read, as the terminals of the benchmark send them.
"""

from __future__ import annotations

import asyncio
import time
from hmac import compare_digest
from struct import Struct

from fastcrc import crc16
from gateway.codecs.yls.seal import Mac

KEY = bytes(32)
SID = 1
"""Key and session of a terminal that skipped its login."""
_HEAD = Struct(">HBBHHIHH")
_STATUS = Struct(">HHIIIHHHhBBI")
_ANSWER = Struct(">HHHHHQ")
_crc = crc16.mcrf4xx
_mac = Mac(KEY)


def answer(data: bytes) -> bytes:
    """Return the answer to one heartbeat; raises ValueError for anything else."""
    sof, version, flags, _, command, seq, sid, length = _HEAD.unpack_from(data)
    if (sof, version, flags, command, sid) != (0x594C, 0x19, 0x08, 0x0004, SID):
        raise ValueError("header")
    check = data[16] | data[17] << 8
    if length + 20 != len(data) or _crc(data[:16]) != check or _crc(data[18:], check):
        raise ValueError("checksum")
    if not compare_digest(_mac.tag(data[:16] + data[18:-10]), data[-10:-2]):
        raise ValueError("mac")
    kind, size, *_ = _STATUS.unpack_from(data, 18)
    if kind & 0x7FFF != 0x70 or size != 26:
        raise ValueError("status")
    body = _ANSWER.pack(0x8001, 2, 0, 0x0010, 8, int(time.time() * 1000))
    head = _HEAD.pack(0x594C, 0x19, 0x29, 0, command, seq, sid, len(body) + 8)
    sealed = body + _mac.tag(head + body)
    check = _crc(head)
    end = _crc(sealed, check).to_bytes(2, "little")
    return head + check.to_bytes(2, "little") + sealed + end


class Beats(asyncio.Protocol):
    """One connection."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._transport.write(answer(data))
