"""A miniature protocol of text lines, to test the shells without a real codec.

A terminal says ``HELLO serial``, ``BEAT``, ``REC n``, ``LOST n``, ``STATUS``, ``CLOCK n``,
``RUNS firmware``, ``OFFER n``, ``BLOB data``, ``RANGE n``, ``FLOOD n`` (wants n bytes back),
``WAIT seconds`` (wants a ``TICK`` then), ``HALF data`` (of an object) or ``BYE``; and, to break it,
``NOISE``, ``RUDE`` or ``BOOM``, at which the codec raises. The gateway says ``IN n``,
``OUT reason``, ``ACK n``, ``LATER n``, ``CONFLICT n``, ``DECLINED n code`` or ``FAREWELL reason``.
"""

from __future__ import annotations

from collections.abc import Callable

from gateway.codecs.api import Context, Dialect, Limits

from gateway.domain.events import (
    BlobCompleted,
    BlobInterrupted,
    BlobOffered,
    ClockMeasured,
    CredentialWanted,
    DeviceStatus,
    Event,
    FirmwareChanged,
    FrameDamaged,
    Heartbeat,
    LoginFailed,
    LoginProved,
    Misbehaved,
    PassageReported,
    RangeAnswered,
    RecordsLost,
    UnknownMessage,
)
from gateway.domain.ids import Receipt, Serial
from gateway.domain.requests import (
    Accept,
    Admit,
    Conflict,
    CredentialGiven,
    DeclineBlob,
    Defer,
    Farewell,
    Refuse,
    Request,
)
from gateway.domain.times import Instant
from gateway.domain.vocabulary import Lane


class Boom(Exception):
    """A codec's mistake."""


def passage(receipt: int) -> PassageReported:
    return PassageReported(
        receipt=Receipt(receipt),
        lane=Lane.LIVE,
        identity=receipt.to_bytes(4, "big"),
        digest=b"",
        series=1,
        number=receipt,
        device_ms=0,
        raw=b"",
    )


class LineConversation:
    """The gateway's side."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.closing: str | None = None
        self._inbox = b""
        self._outbox = b""
        self._serial = Serial("")
        self._deadline: float | None = None
        self._half = b""

    def feed(self, data: bytes, now: Instant) -> list[Event]:
        *lines, self._inbox = (self._inbox + data).split(b"\n")
        return [event for line in lines for event in self._line(line.decode(), now)]

    def _line(self, line: str, now: Instant) -> list[Event]:
        word, _, rest = line.partition(" ")
        match word:
            case "HELLO":
                self._serial = Serial(rest)
                return [CredentialWanted(serial=self._serial)]
            case "BEAT":
                self._say("BEAT")
                return [Heartbeat()]
            case "REC":
                return [passage(int(rest))]
            case "LOST":
                number = int(rest)
                return [
                    RecordsLost(
                        receipt=Receipt(number), series=1, first=number, last=number, reason=1
                    )
                ]
            case "FLOOD":
                self._say("x" * int(rest))
                return [Heartbeat()]
            case "WAIT":
                self._deadline = now.mono + float(rest)
                return []
            case "STATUS":
                return [Heartbeat(status=DeviceStatus())]
            case "RUNS":
                return [FirmwareChanged(firmware=rest)]
            case "CLOCK":
                return [ClockMeasured(offset_ms=int(rest), uncertainty_ms=1)]
            case "OFFER":
                return [
                    BlobOffered(
                        receipt=Receipt(int(rest)), digest=b"", size=int(rest), kind="snapshot"
                    )
                ]
            case "BLOB":
                return [
                    BlobCompleted(
                        receipt=Receipt(1), digest=b"", kind="snapshot", data=rest.encode()
                    )
                ]
            case "RANGE":
                return [RangeAnswered(accepted=True, code=int(rest))]
            case "HALF":
                self._half = rest.encode()
                return []
            case "BYE":
                self._say("BYE")
                self.closing = "goodbye"
                return []
            case "BOOM":
                raise Boom("somebody's name")
            case "NOISE":
                return [FrameDamaged(code="magic", size=3)]
            case "RUDE":
                return [Misbehaved(code="order")]
            case _:
                return [UnknownMessage(command=0)]

    def submit(self, request: Request, now: Instant) -> list[Event]:
        match request:
            case CredentialGiven(secret=None):
                self.closing = "denied"
                self._say("OUT denied")
                return [LoginFailed(serial=self._serial, reason="unknown")]
            case CredentialGiven():
                return [LoginProved(serial=self._serial)]
            case Admit():
                self._say(f"IN {request.session}")
            case Refuse():
                self._say(f"OUT {request.reason.value}")
                self.closing = "refused"
            case Accept():
                self._say(f"ACK {request.receipt}")
            case Defer():
                self._say(f"LATER {request.receipt}")
            case DeclineBlob():
                self._say(f"DECLINED {request.receipt} {request.code}")
            case Conflict():
                self._say(f"CONFLICT {request.receipt}")
            case Farewell():
                self._say(f"FAREWELL {request.reason.value}")
            case _:
                raise Boom
        return []

    def _say(self, line: str) -> None:
        self._outbox += line.encode() + b"\n"

    def output(self) -> bytes:
        out, self._outbox = self._outbox, b""
        return out

    def deadline(self) -> float | None:
        return self._deadline

    def tick(self, now: Instant) -> list[Event]:
        if self._deadline is not None and now.mono >= self._deadline:
            self._deadline = None
            self._say("TICK")
            return [Heartbeat()]
        return []

    def lost(self, now: Instant) -> list[Event]:
        return [BlobInterrupted(digest=b"", data=self._half)] if self._half else []


def line_dialect(
    name: str = "lines",
    conversation: Callable[[Context], LineConversation] = LineConversation,
    opening: Callable[[bytes], bool | None] = lambda head: True,
    before_login_bytes: int = 64,
) -> Dialect:
    return Dialect(
        name=name,
        version="1",
        summary="text lines",
        conversation=conversation,
        opening=opening,
        limits=Limits(max_frame=1024, before_login_bytes=before_login_bytes, login_seconds=10.0),
    )
