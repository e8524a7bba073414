"""Frames to everybody on a bus: group tag, time guard, addressing terminals (YLS/1 4.4).

Owns the bodies and the rules by which a terminal believes a broadcast. None ever moves a door.
"""

from __future__ import annotations

import hmac

from gateway.codecs.yls.body import Body, Refused, put, put_number
from gateway.codecs.yls.frame import CHECKED, HEAD, SEAL, SOF, VERSION_AND_LENGTH, Frame, close
from gateway.codecs.yls.registers import DIR, OW, Command, Result, Tlv

BROADCAST = 0xFFFF
MOST_ADDRESS = 0x00F7
GUARD_MS = 10_000
"""A broadcast's TIME may be this far from the terminal's clock."""
SLOTS, SLOT_SECONDS = 16, 0.03
"""ENUM is answered in one of so many slots, drawn at random."""
ALLOWED = frozenset({Command.TIME_SYNC, Command.ENROLL, Command.PROMPT})
"""What a broadcast may ask for: set the clock, stop enrolling, show a text."""
_ELEMENT = 4 + SEAL
"""Bytes of GROUP_TAG, type and length included."""


def broadcast(key: bytes, command: Command, seq: int, body: bytes, now_ms: int) -> bytes:
    """Return a frame to everybody, with its time and the group's tag at the end."""
    said = body + put_number(Tlv.TIME, now_ms, 8)
    head = _head(command, seq, len(said) + _ELEMENT)
    return close(head, said + put(Tlv.GROUP_TAG, _tag(key, head, said), critical=True))


def bare_broadcast(command: Command, seq: int, body: bytes) -> bytes:
    """Return a frame to everybody that nobody vouches for: ENUM, or TIME for clocks not set."""
    return close(_head(command, seq, len(body)), body)


def _head(command: Command, seq: int, size: int) -> bytes:
    return HEAD.pack(SOF, VERSION_AND_LENGTH, DIR | OW, BROADCAST, command, seq, 0, size)


def _tag(key: bytes, head: bytes, body: bytes) -> bytes:
    return hmac.digest(key, head + body, "sha256")[:SEAL]


class Broadcasts:
    """What a terminal believes of frames to everybody."""

    __slots__ = ("last_ms",)

    def __init__(self) -> None:
        self.last_ms = 0
        """TIME of the last one believed; the next must be later."""

    def judge(
        self, frame: Frame, keys: dict[int, bytes], now_ms: int, *, clock_set: bool
    ) -> tuple[Body, int]:
        """Return the body and the time of a broadcast; raises Refused for one to be ignored."""
        fields = Body(frame.body)
        time = fields.number(Tlv.TIME, 8)
        if time <= self.last_ms:
            raise Refused(Result.REPLAY)
        if self._vouched(frame, fields, keys):
            if clock_set and abs(time - now_ms) > GUARD_MS:
                raise Refused(Result.EXPIRED)
            if frame.command not in ALLOWED:
                raise Refused(Result.FORBIDDEN)
            self.last_ms = time
        elif clock_set or frame.command != Command.TIME_SYNC:
            raise Refused(Result.BAD_MAC)
        return fields, time

    @staticmethod
    def _vouched(frame: Frame, fields: Body, keys: dict[int, bytes]) -> bool:
        if Tlv.GROUP_TAG not in fields or fields.items[-1][0] != Tlv.GROUP_TAG:
            return False
        said, tag = frame.body[:-_ELEMENT], fields.bytes(Tlv.GROUP_TAG, SEAL)
        head = frame.raw[:CHECKED]
        return any(hmac.compare_digest(_tag(key, head, said), tag) for key in keys.values())


def write_search(prefix: str) -> bytes:
    """Return the body of ENUM: whose serial number begins like this, and has no address."""
    return put(Tlv.ENUM_MASK, prefix.encode(), critical=True)


def matches(body: bytes, serial: str) -> bool:
    """Say whether an ENUM means this serial number; raises Refused."""
    return serial.encode().startswith(Body(body).bytes(Tlv.ENUM_MASK))


def read_address(body: bytes, serial: str) -> int:
    """Return the address SET_ADDR gives to this serial number; raises Refused."""
    fields = Body(body)
    if fields.name(Tlv.SN) != serial:
        raise Refused(Result.FORBIDDEN)
    address = fields.number(Tlv.BUS_ADDR, 2)
    if not 1 <= address <= MOST_ADDRESS:
        raise Refused(Result.OUT_OF_RANGE)
    return address
