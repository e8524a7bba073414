"""A logged-in session on the terminal's side: what is sent when, and what answers mean.

Owns the order of sending (clock, heartbeat, live records, backlog, pictures) inside the gateway's
window. Knows no framing and no login.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import NamedTuple

from gateway.codecs.yls import clock
from gateway.codecs.yls.asking import Asking
from gateway.codecs.yls.body import Body, Refused, put_number, put_result
from gateway.codecs.yls.calls import Calls
from gateway.codecs.yls.chores import Chore
from gateway.codecs.yls.device_events import (
    ClockCompared,
    Closed,
    DeviceEvent,
    HeartbeatAnswered,
)
from gateway.codecs.yls.duties import Duties
from gateway.codecs.yls.frame import Frame
from gateway.codecs.yls.inquiry import Inquiry
from gateway.codecs.yls.limits import CHUNK_OVERHEAD, MOST_BAD_MACS
from gateway.codecs.yls.login_device import AUTH_SEQ, DeviceConfig, DeviceLogin
from gateway.codecs.yls.order import FRESH, SEEN, Received
from gateway.codecs.yls.outgoing import Outgoing, Parcel
from gateway.codecs.yls.registers import (
    ENC,
    MAC,
    OW,
    PROTECTION,
    RSP,
    Bye,
    Command,
    Result,
    Tlv,
    bye_name,
    result_name,
)
from gateway.codecs.yls.seal import Seal
from gateway.codecs.yls.station import Station
from gateway.codecs.yls.status import StatusReport
from gateway.codecs.yls.store import RecordStore
from gateway.codecs.yls.uploads import Uploads

from gateway.domain.times import Instant

_ACKS = frozenset({Tlv.ACK_UPTO, Tlv.ACK_BITMAP})
_OVERHEAD = 28
"""Bytes of a sealed frame with an empty body."""

CLOCK_SECONDS = 3600.0
"""Between two comparisons of the clock (YLS/1 9)."""


class _Kind(Enum):
    BEAT = auto()
    CLOCK = auto()
    RECORDS = auto()
    PICTURE = auto()
    LANE = auto()
    """A picture somebody at the gate waits for."""
    CHORE = auto()


class _Errand(NamedTuple):
    """What a request of ours was for."""

    kind: _Kind
    parcel: Parcel | None = None
    asked: Instant | None = None
    chore: Chore | None = None


class DeviceSession:
    """The state between AUTH-RSP and the end of the session."""

    __slots__ = (
        "_asking",
        "_bad_macs",
        "_beat_at",
        "_beat_every",
        "_calls",
        "_chunk",
        "_clock_at",
        "_duties",
        "_lane_asked",
        "_out",
        "_outgoing",
        "_picture_protection",
        "_pumped_at",
        "_received",
        "_seal",
        "_station",
        "_store",
        "_uploads",
        "closing",
        "status",
    )

    def __init__(
        self,
        config: DeviceConfig,
        login: DeviceLogin,
        seal: Seal,
        store: RecordStore,
        station: Station,
        out: list[bytes],
        *,
        heartbeat_s: int,
        picture_protection: int | None,
    ) -> None:
        self._seal = seal
        self._station = station
        self._store = store
        self._out = out
        self._beat_every = float(heartbeat_s)
        self._beat_at = self._clock_at = self._pumped_at = 0.0
        self._calls: Calls[_Errand] = Calls(login.window, AUTH_SEQ)
        self._received = Received()
        self._picture_protection = picture_protection
        inline = config.inline_most if picture_protection is not None else 0
        self._outgoing = Outgoing(store, login.max_frame - _OVERHEAD, inline)
        self._chunk = login.max_frame - CHUNK_OVERHEAD
        self._uploads = Uploads(store, self._chunk)
        self._asking = Asking(seal, out, self._calls.next_seq, picture_protection)
        self._lane_asked = False
        self._duties = Duties(station, store, self._outgoing, config.serial, login.max_frame)
        self._duties.begin()
        self._duties.status = self._status_element
        self._bad_macs = 0
        self.status = StatusReport()
        """What the next heartbeat says."""
        self.closing: str | None = None

    def recorded(self, number: int) -> None:
        """Note a record of the current epoch that was just stored; `pump` sends it at once."""
        self._outgoing.recorded((self._store.epoch, number))

    def pump(self, now: Instant) -> None:
        """Send what the gateway's window allows, most urgent first."""
        self._pumped_at = now.mono
        if self._calls.spent:
            self.part(Bye.NORMAL)
        while self.closing is None and self._calls.room() and self._send_next(now):
            pass

    def verify(self, inquiry: Inquiry, picture: bytes | None, now: Instant) -> list[DeviceEvent]:
        """Ask the gateway who may pass, now; a ``picture`` that is too large for it follows."""
        if picture is None:
            return self._asking.ask(inquiry, now.mono)
        events = self._asking.ask_by_picture(inquiry, picture, self._chunk, now.mono)
        self.pump(now)
        return events

    def chore(self, chore: Chore, now: Instant) -> None:
        """Send a request of the terminal's own as soon as the window allows."""
        self._duties.add(chore)
        self.pump(now)

    @property
    def late_answers(self) -> int:
        """Answers to verifications that nobody waited for any more."""
        return self._asking.late

    def take(self, frame: Frame, now: Instant) -> list[DeviceEvent]:
        """Judge one frame whose CRCs and direction held."""
        if frame.command == Command.POLL and frame.flags & OW and not frame.body:
            return []
        body = self._seal.open(frame) if frame.sid == self._seal.sid else None
        if body is None:
            return self._untrusted()
        try:
            if frame.flags & RSP:
                return self._answered(frame.seq, body, now)
            verdict = self._received.judge(frame.seq)
            if frame.flags & OW:
                return self._one_way(frame, body) if verdict == FRESH else []
            if verdict != FRESH:
                self._again(frame, verdict)
                return []
            return self._requested(frame, body, now)
        except Refused as refused:
            return self._close(refused.result.name.lower())

    def deadline(self) -> float | None:
        """When there is something to send, to repeat or to give up."""
        due = self._calls.deadline()
        waits = self._asking.deadline()
        if waits is not None and (due is None or waits < due):
            due = waits
        if not self._calls.room():
            return due
        wanted = [self._beat_at, self._clock_at]
        if due is not None:
            wanted.append(due)
        holds = (self._outgoing.hold_until, self._uploads.hold_until)
        wanted.extend(hold for hold in holds if hold > self._pumped_at)
        later = self._duties.deadline(self._pumped_at)
        if later is not None:
            wanted.append(later)
        return min(wanted)

    def tick(self, now: Instant) -> list[DeviceEvent]:
        """Repeat what got no answer; give the connection up when that got none either."""
        again, lost = self._calls.overdue(now.mono)
        if lost:
            return self._close("timeout")
        if again:
            self._out.append(again)
        events = self._asking.tick(now.mono)
        self._duties.tick(now)
        events += self._leave()
        self.pump(now)
        return events

    def idle_number(self) -> tuple[int, int]:
        """Draw the number of a frame that says nothing; return it with the session's."""
        return self._calls.next_seq(), self._seal.sid

    def part(self, reason: Bye) -> None:
        """Say BYE and close."""
        self._tell(Command.BYE, put_number(Tlv.BYE_REASON, reason, 1))
        self.closing = reason.name.lower()

    @property
    def idle(self) -> bool:
        """Everything is acknowledged, delivered and answered."""
        settled = not self._calls and not self._store.unacknowledged
        return settled and self._uploads.idle and self._duties.idle

    def _send_next(self, now: Instant) -> bool:
        if now.mono >= self._clock_at:
            self._clock_at = now.mono + CLOCK_SECONDS
            errand = _Errand(_Kind.CLOCK, asked=now)
            self._request(Command.TIME_SYNC, clock.ask(now), errand, now)
            return True
        if now.mono >= self._beat_at:
            self._beat_at = now.mono + self._beat_every
            body = self._status_element()
            self._request(Command.HEARTBEAT, body, _Errand(_Kind.BEAT), now)
            return True
        if not self._lane_asked and (step := self._asking.next()):
            self._lane_asked = True
            self._request(*step, _Errand(_Kind.LANE), now, self._picture_protection)
            return True
        if chore := self._duties.next(now.mono):
            secret = self._picture_protection if chore.secret else None
            errand = _Errand(_Kind.CHORE, chore=chore)
            self._request(chore.command, chore.body(now), errand, now, secret)
            return True
        return self._send_records(now) or self._send_picture(now)

    def _send_records(self, now: Instant) -> bool:
        if now.mono >= self._outgoing.hold_until and (parcel := self._outgoing.next()):
            errand = _Errand(_Kind.RECORDS, parcel)
            protection = self._picture_protection if parcel.inline else None
            self._request(parcel.command, parcel.body, errand, now, protection)
            return True
        return False

    def _send_picture(self, now: Instant) -> bool:
        """Send a piece of a picture, unless somebody at a gate waits."""
        if self._picture_protection is None or now.mono < self._uploads.hold_until:
            return False
        if self._asking.busy:
            return False
        wanted = self._uploads.next()
        if wanted is None:
            return False
        self._request(*wanted, _Errand(_Kind.PICTURE), now, self._picture_protection)
        return True

    def _status_element(self) -> bytes:
        return self.status.encode(self._store.unacknowledged)

    def _request(
        self,
        command: Command,
        body: bytes,
        errand: _Errand,
        now: Instant,
        protection: int | None = None,
    ) -> None:
        seq = self._calls.next_seq()
        flags = self._seal.default if protection is None else protection
        raw = self._seal.pack(flags, command, seq, body)
        self._calls.sent(seq, raw, errand, now.mono)
        self._out.append(raw)

    def _tell(self, command: Command, body: bytes) -> None:
        seq = self._calls.next_seq()
        self._out.append(self._seal.pack(OW | self._seal.default, command, seq, body))

    def _close(self, reason: str) -> list[DeviceEvent]:
        self.closing = reason
        return [*self._asking.end(), Closed(reason=reason)]

    def _untrusted(self) -> list[DeviceEvent]:
        self._bad_macs += 1
        return self._close("bad_mac") if self._bad_macs >= MOST_BAD_MACS else []

    def _answered(self, seq: int, body: bytes, now: Instant) -> list[DeviceEvent]:
        errand = self._calls.answered(seq)
        if errand is None:
            events = self._asking.answered(seq, body)
            self.pump(now)
            return events
        fields = Body(body, _ACKS)
        events = []
        if errand.parcel is not None:
            events = self._outgoing.answered(errand.parcel, fields, now.mono)
        elif errand.kind is _Kind.PICTURE:
            events = self._uploads.answered(fields, now.mono)
        elif errand.kind is _Kind.LANE:
            self._lane_asked = False
            events = self._asking.step_answered(fields, now.mono)
        elif errand.chore is not None:
            events = self._duties.answered(errand.chore, fields, now)
        elif fields.number(Tlv.RESULT, 2) != Result.OK:
            pass
        elif errand.kind is _Kind.BEAT:
            events = [HeartbeatAnswered()]
        elif errand.asked is not None:
            found = clock.measure(fields, errand.asked, now)
            events = [ClockCompared(offset_ms=found.offset, delay_ms=found.delay)]
        self.pump(now)
        return events

    def _one_way(self, frame: Frame, body: bytes) -> list[DeviceEvent]:
        if frame.command == Command.BYE:
            return self._close(bye_name(Body(body).number(Tlv.BYE_REASON, 1, Bye.NORMAL)))
        if frame.command == Command.ERROR:
            return self._close(result_name(Body(body).number(Tlv.RESULT, 2, Result.INTERNAL)))
        return []

    def _requested(self, frame: Frame, body: bytes, now: Instant) -> list[DeviceEvent]:
        events: list[DeviceEvent] = []
        try:
            protected = not self._seal.default or bool(frame.flags & ENC)
            reply, events = self._duties.take(frame.command, body, now, protected=protected)
        except Refused as refused:
            reply = put_result(refused.result)
        protection = frame.flags & PROTECTION
        raw = self._seal.pack(RSP | protection, frame.command, frame.seq, reply)
        self._received.keep(frame.seq, raw)
        self._out.append(raw)
        self._seal.address = self._station.address  # SET_ADDR was answered under the old one
        events += self._leave()
        self.pump(now)
        return events

    def _leave(self) -> list[DeviceEvent]:
        """Say goodbye when a restart is due."""
        reason = self._duties.parting
        if reason is None:
            return []
        self.part(reason)
        return [*self._asking.end(), Closed(reason=reason.name.lower())]

    def _again(self, frame: Frame, verdict: int) -> None:
        kept = self._received.answer(frame.seq)
        if verdict != SEEN or kept is None:
            protection = MAC if frame.flags & PROTECTION else self._seal.default
            body = put_result(Result.REPLAY)
            kept = self._seal.pack(RSP | protection, frame.command, frame.seq, body)
        self._out.append(kept)
