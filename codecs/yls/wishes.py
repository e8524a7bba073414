"""What the gateway wants of a device: our requests from the wish to the answer (YLS/1 5).

Owns numbering, the device's window and repetition. What a request says and what its answer means is
its errand's business. Knows nothing of what the device asks of us.
"""

from __future__ import annotations

import struct
from collections import deque
from enum import Enum, auto
from struct import Struct
from typing import Protocol

from gateway.codecs.yls import clock
from gateway.codecs.yls.body import Body, Refused
from gateway.codecs.yls.calls import Calls
from gateway.codecs.yls.frame import OVERHEAD, SEAL, marked
from gateway.codecs.yls.registers import CRITICAL, ENC, GRANT, OW, Command, Result, Tlv, result_name
from gateway.codecs.yls.seal import Seal

from gateway.domain.events import ClockMeasured, Event, Misbehaved, RangeAnswered
from gateway.domain.requests import AskRecords
from gateway.domain.times import Instant

MOST_QUEUED = 64
"""Requests of ours that wait for the device's window; more are answered as BUSY at once."""
_RANGE = Struct(">HHIII")
_RANGE_KIND = Tlv.REC_GAP | CRITICAL


class Secrecy(Enum):
    """Whether a request of ours is encrypted on a link that does not encrypt by itself."""

    PLAIN = auto()
    WANTED = auto()
    """Where the device can."""
    NEEDED = auto()
    """Else it is not sent at all."""


class Errand(Protocol):
    """One request of ours and what its answer means."""

    command: Command
    repeat: bool
    """May be sent twice; what moves a door may not."""
    secrecy: Secrecy

    def body(self, now: Instant) -> bytes:
        """Write the request; called when it leaves. Raises Refused where it must not leave."""

    def answered(self, body: bytes, now: Instant) -> list[Event]:
        """Read the device's answer; raises Refused for one that says too little."""

    def unanswered(self, result: Result, *, sent: bool) -> list[Event]:
        """Say that there is no answer, and why.

        Not ``sent`` means that the device certainly knows nothing of it; else nobody knows. At the
        end of a session the result is NOT_LOGGED_IN or SESSION_EXPIRED.
        """


class AskRange:
    """Records that are missing here."""

    command = Command.REC_RANGE_REQ
    repeat = True
    secrecy = Secrecy.PLAIN

    def __init__(self, asked: AskRecords) -> None:
        self._asked = asked

    def body(self, now: Instant) -> bytes:  # noqa: ARG002
        """See `Errand.body`."""
        one = self._asked
        return _RANGE.pack(_RANGE_KIND, 12, one.series, one.first, one.last)

    def answered(self, body: bytes, now: Instant) -> list[Event]:  # noqa: ARG002
        """See `Errand.answered`."""
        result = Body(body).number(Tlv.RESULT, 2)
        return [RangeAnswered(accepted=result == Result.OK, code=result)]

    def unanswered(self, result: Result, *, sent: bool) -> list[Event]:  # noqa: ARG002
        """See `Errand.unanswered`; a new session asks again by itself."""
        if result in (Result.SESSION_EXPIRED, Result.NOT_LOGGED_IN):
            return []
        return [RangeAnswered(accepted=False, code=result)]


class AskClock:
    """The device's clock; T1 is taken when the question leaves."""

    command = Command.TIME_SYNC
    repeat = True
    secrecy = Secrecy.PLAIN

    def __init__(self) -> None:
        self._asked: Instant | None = None

    def body(self, now: Instant) -> bytes:
        """See `Errand.body`."""
        self._asked = now
        return clock.ask(now)

    def answered(self, body: bytes, now: Instant) -> list[Event]:
        """See `Errand.answered`."""
        fields = Body(body)
        if fields.number(Tlv.RESULT, 2) != Result.OK or self._asked is None:
            return []
        found = clock.measure(fields, self._asked, now)
        return [ClockMeasured(offset_ms=found.offset, uncertainty_ms=(found.delay + 1) // 2)]

    def unanswered(self, result: Result, *, sent: bool) -> list[Event]:  # noqa: ARG002
        """See `Errand.unanswered`."""
        return []


class Wishes:
    """Our requests of one session."""

    __slots__ = ("_calls", "_max_frame", "_out", "_queued", "_seal", "_secret")

    def __init__(
        self, seal: Seal, out: list[bytes], device_window: int, secret: int | None, max_frame: int
    ) -> None:
        """``secret`` are the flags that keep a secret on this link, None where nothing does."""
        self._seal = seal
        self._secret = secret
        self._max_frame = max_frame
        self._out = out
        self._calls: Calls[Errand] = Calls(device_window)
        self._queued: deque[Errand] | None = None

    def add(self, errand: Errand, now: Instant) -> list[Event]:
        """Ask the device as soon as its window allows."""
        if errand.secrecy is Secrecy.NEEDED and self._secret is None:
            return errand.unanswered(Result.FORBIDDEN, sent=False)
        if self._queued is None:
            self._queued = deque()
        if len(self._queued) >= MOST_QUEUED:
            return errand.unanswered(Result.BUSY, sent=False)
        self._queued.append(errand)
        return self._ask(now)

    def answered(self, seq: int, body: bytes, now: Instant) -> list[Event]:
        """Take the device's answer; one that nobody waits for means nothing.

        Of one that cannot be read the outcome is as unknown as without any.
        """
        errand = self._calls.answered(seq)
        if errand is None:
            return []
        others = self._ask(now)
        try:
            return [*errand.answered(body, now), *others]
        except Refused as refused:
            detail = f"command 0x{errand.command:04x}"
            broken = Misbehaved(code=result_name(refused.result), detail=detail)
            return [*others, broken, *errand.unanswered(refused.result, sent=True)]

    def tell(self, command: Command, body: bytes, *, protection: int | None = None) -> None:
        """Send what wants no answer."""
        seq = self._calls.next_seq()
        flags = self._seal.default if protection is None else protection
        self._out.append(self._granted(self._seal.pack(OW | flags, command, seq, body)))

    def deadline(self) -> float | None:
        """When a request must be repeated or given up."""
        return self._calls.deadline()

    def tick(self, now: Instant) -> list[Event]:
        """Repeat or give up what got no answer."""
        again, lost = self._calls.overdue(now.mono)
        if again:
            self._out.append(again)
        events = self._ask(now) if lost else []
        for errand in lost:
            events += errand.unanswered(Result.DEADLINE, sent=True)
        return events

    def end(self) -> list[Event]:
        """Give up everything: the session is over."""
        events: list[Event] = []
        for errand in self._calls.clear():
            events += errand.unanswered(Result.SESSION_EXPIRED, sent=True)
        kept, self._queued = self._queued, None
        for errand in kept or ():
            events += errand.unanswered(Result.NOT_LOGGED_IN, sent=False)
        return events

    def _granted(self, raw: bytes) -> bytes:
        """On a bus every frame of the master that is no answer hands over the line."""
        return marked(raw, GRANT) if self._seal.address else raw

    def _ask(self, now: Instant) -> list[Event]:
        """Send what the window allows; return the ends of what could not be sent."""
        events: list[Event] = []
        while self._queued and self._calls.room():
            errand = self._queued.popleft()
            try:
                body = self._written(errand, now)
            except Refused as refused:
                events += errand.unanswered(refused.result, sent=False)
                continue
            seq = self._calls.next_seq()
            flags = self._seal.default
            if errand.secrecy is not Secrecy.PLAIN and self._secret is not None:
                flags = self._secret
            raw = self._granted(self._seal.pack(flags, errand.command, seq, body))
            self._calls.sent(seq, raw, errand, now.mono, repeat=errand.repeat)
            self._out.append(raw)
        if not self._queued:
            self._queued = None  # an empty deque takes 760 bytes of every idle connection
        return events

    def _written(self, errand: Errand, now: Instant) -> bytes:
        """Return the body of a request; raises Refused for one that no frame can carry."""
        try:
            body = errand.body(now)
        except (OverflowError, ValueError, struct.error):
            raise Refused(Result.OUT_OF_RANGE) from None  # a number that its field cannot hold
        if len(body) + OVERHEAD + SEAL > self._max_frame:
            raise Refused(Result.TOO_LARGE)
        return body


def secret_flags(seal: Seal, *, secure: bool, bench: bool, encrypts: bool) -> int | None:
    """Return the flags under which biometric data and keys may go out, None for none."""
    if secure:
        return 0
    if encrypts:
        return ENC
    return seal.default if bench else None
