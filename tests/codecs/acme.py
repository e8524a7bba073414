"""A small but whole dialect: the worked example of docs/vendors/writing-a-codec.md.

Frame: ``AC`` | kind u8 | sequence u16 | body length u16 | body | CRC-16/MODBUS u16, big-endian.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from struct import Struct

from gateway.codecs.api import Context, Dialect, Limits, TimeBasis
from gateway.codecs.checksum import crc16_modbus
from gateway.codecs.conversation import FramedConversation
from gateway.codecs.framing import LengthPrefixed
from gateway.codecs.values import padded_text

from gateway.domain.events import (
    CredentialWanted,
    Event,
    Heartbeat,
    LoginFailed,
    LoginProved,
    Misbehaved,
    PassageReported,
    UnknownMessage,
)
from gateway.domain.ids import Receipt, Serial
from gateway.domain.requests import Accept, Admit, Conflict, CredentialGiven, Defer, Refuse, Request
from gateway.domain.times import Instant
from gateway.domain.vocabulary import Decision, Direction, Lane, Means

HEARTBEAT, HELLO, PROOF, RECORD = 0x01, 0x10, 0x11, 0x21
ANSWER, CHALLENGE, WELCOME, REFUSED, LATER = 0x80, 0x90, 0x91, 0x92, 0xA2
PASSAGE = Struct(">I8sIB")
"""Log number, person in GBK, seconds since 1970 UTC, direction (1 in, 2 out)."""


def sealed(frame: bytes) -> str | None:
    return "checksum" if crc16_modbus(frame[:-2]) != int.from_bytes(frame[-2:], "big") else None


FRAMES = LengthPrefixed(
    magic=b"AC", length_at=5, length_size=2, overhead=9, max_frame=1024, body=sealed
)


def seal(kind: int, sequence: int, body: bytes = b"") -> bytes:
    frame = b"AC" + Struct(">BHH").pack(kind, sequence, len(body)) + body
    return frame + crc16_modbus(frame).to_bytes(2, "big")


class AcmeConversation(FramedConversation[int]):
    framing = FRAMES

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._serial: Serial | None = None
        self._proof: tuple[int, bytes] | None = None
        self._nonce = b""
        self._online = False

    def submit(self, request: Request, now: Instant) -> list[Event]:
        match request:
            case CredentialGiven(secret=secret) if self._proof and self._serial:
                return self._judge(secret, self._serial)
            case Admit(session=session, heartbeat_s=heartbeat) if self._proof:
                self._online = True
                self._answer_login(WELCOME, Struct(">HH").pack(session, heartbeat))
            case Refuse() if self._proof:
                self._answer_login(REFUSED)
                self.closing = "refused"
            case Accept(receipt=receipt) | Conflict(receipt=receipt):
                self._answer(receipt, RECORD | ANSWER)
            case Defer(receipt=receipt):
                self._answer(receipt, LATER)
        return []

    def read(self, frame: bytes, now: Instant) -> Iterator[Event]:
        kind, sequence, body = frame[2], int.from_bytes(frame[3:5], "big"), frame[7:-2]
        if kind == HELLO and self._serial is None and len(body) == 12:
            self._serial = Serial(padded_text(body, "ascii"))
            self._nonce = self.context.entropy(8)
            self.send(seal(CHALLENGE, sequence, self._nonce))
        elif kind == PROOF and self._serial and not self._proof:
            self._proof = sequence, body
            yield CredentialWanted(serial=self._serial)
        elif not self._online:
            self.closing = "not_logged_in"
            yield Misbehaved(code="not_logged_in", fatal=True)
        elif kind == HEARTBEAT:
            self.send(seal(HEARTBEAT | ANSWER, sequence))
            yield Heartbeat()
        elif kind == RECORD and len(body) >= PASSAGE.size:
            yield self._passage(self.receipt(sequence), body)
        else:
            yield UnknownMessage(command=kind, sample=body[:32])

    def _passage(self, receipt: Receipt, body: bytes) -> PassageReported:
        number, person, seconds, direction = PASSAGE.unpack_from(body)
        return PassageReported(
            receipt=receipt,
            lane=Lane.LIVE,
            identity=body[:4],
            digest=hashlib.sha256(body[: PASSAGE.size]).digest(),
            series=0,
            number=number,
            device_ms=seconds * 1000,
            raw=body,
            direction=Direction(direction) if direction in (1, 2) else Direction.UNKNOWN,
            decision=Decision.GRANTED,
            means=Means.FACE,
            claim=padded_text(person) or None,
        )

    def _judge(self, secret: bytes | None, serial: Serial) -> list[Event]:
        assert self._proof
        proof = hmac.digest(secret or b"", self._nonce, "sha256")
        if secret and hmac.compare_digest(proof, self._proof[1]):
            return [LoginProved(serial=serial)]
        self._answer_login(REFUSED)
        self.closing = "bad_proof"
        return [LoginFailed(serial=serial, reason="bad_proof")]

    def _answer_login(self, kind: int, body: bytes = b"") -> None:
        assert self._proof
        self.send(seal(kind, self._proof[0], body))

    def _answer(self, receipt: Receipt, kind: int) -> None:
        sequence = self.settle(receipt)
        if sequence is not None:
            self.send(seal(kind, sequence))


ACME = Dialect(
    name="acme",
    version="1",
    summary="the worked example of the vendor guide",
    conversation=AcmeConversation,
    opening=lambda first: b"AC".startswith(first[:2]) if len(first) < 2 else first[:2] == b"AC",
    checksum=True,
    time_basis=TimeBasis.UTC,
    limits=Limits(max_frame=1024),
)
