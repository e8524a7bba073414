"""A logged-in session on the gateway's side: what each message of the device does.

Owns the order in which a frame is judged (session, protection, sequence, window, meaning) and the
answers. Each feature keeps its own small machine in a module beside this one, so one stuck
transfer cannot hold up records. Knows no framing and no login.
"""

from __future__ import annotations

from collections.abc import Callable
from struct import Struct

from gateway.codecs.yls import clock
from gateway.codecs.yls.asked import Asked, Message, Reply, Verdict
from gateway.codecs.yls.blobs import BlobIntake
from gateway.codecs.yls.body import BadTemplate, Body, Refused, put_number, put_result
from gateway.codecs.yls.features import TAKEN, UNCOUNTED, Core, Features
from gateway.codecs.yls.frame import HEADER, Frame, pack
from gateway.codecs.yls.groups import scan
from gateway.codecs.yls.intake import RecordIntake
from gateway.codecs.yls.limits import MOST_BAD_MACS
from gateway.codecs.yls.order import FRESH, SEEN, Received
from gateway.codecs.yls.registers import (
    CRITICAL,
    DIR,
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
from gateway.codecs.yls.status import read_status
from gateway.codecs.yls.wishes import AskClock, AskRange, Wishes, secret_flags

from gateway.domain.events import (
    Event,
    Heartbeat,
    Misbehaved,
    SaidGoodbye,
    UnknownMessage,
)
from gateway.domain.ids import Receipt
from gateway.domain.requests import AskRecords, MeasureClock, Parting, Request
from gateway.domain.times import Instant
from gateway.domain.verification import TemplateRejected
from gateway.domain.vocabulary import Lane

# Named once: looking up a member of an enum takes Python 3.11 a tenth of a microsecond.
_POLL, _OK, _TIME = int(Command.POLL), int(Result.OK), int(Tlv.TIME)
_LIVE = Lane.LIVE
_BEAT = Struct(">HHHHHQ")
_RESULT = Tlv.RESULT | CRITICAL
_BYES = {
    Parting.TAKEN_OVER: Bye.SESSION_TAKEN,
    Parting.DRAINING: Bye.SERVER_DRAIN,
    Parting.IDLE: Bye.IDLE,
    Parting.PROTOCOL_ERROR: Bye.PROTOCOL_ERROR,
    Parting.REVOKED: Bye.NORMAL,
}


Handler = Callable[["ServerSession", Message], bytes | None]
"""Returns the body of the answer, or None when the gateway must decide first."""


class ServerSession:
    """The state between AUTH-RSP and the end of the session."""

    __slots__ = (
        "_bad_macs",
        "_bench",
        "_blobs",
        "_by_picture",
        "_features",
        "_max_frame",
        "_out",
        "_pending",
        "_receipt",
        "_received",
        "_records",
        "_seal",
        "_secure",
        "_uplink_ms",
        "_window",
        "_wishes",
        "closing",
    )

    def __init__(
        self,
        seal: Seal,
        records: RecordIntake,
        out: list[bytes],
        receipt: Callable[[], Receipt],
        *,
        secure: bool,
        bench: bool,
        max_frame: int,
        window: int,
        device_window: int,
        last_seq: int,
        encrypts: bool = False,
        by_picture: bool = False,
        uplink_ms: int = 0,
    ) -> None:
        self._seal = seal
        self._records = records
        self._out = out
        self._receipt = receipt
        self._secure = secure
        self._bench = bench
        self._max_frame = max_frame
        self._window = window
        self._received = Received(last_seq)
        self._pending: dict[int, None] = {}
        """Numbers of requests whose answer the gateway owes; an empty set takes 150 bytes more."""
        self._blobs = BlobIntake(protected=secure or bench)
        secret = secret_flags(seal, secure=secure, bench=bench, encrypts=encrypts)
        self._wishes = Wishes(seal, out, device_window, secret, max_frame)
        self._by_picture = by_picture
        self._uplink_ms = uplink_ms
        self._features: Features | None = None
        self._bad_macs = 0
        self.closing: str | None = None
        """Set when the connection is to be closed."""

    def take(self, frame: Frame, now: Instant, events: list[Event]) -> None:
        """Judge one frame whose CRCs and direction held."""
        flags, command, seq, new = frame.flags, frame.command, frame.seq, tuple.__new__
        if command == _POLL and flags & OW and not frame.body:
            return
        if frame.sid != self._seal.sid:
            self._strange(frame, events)
            return
        body = self._seal.open(frame)
        if body is None:
            self._untrusted(frame, events)
            return
        if flags & (RSP | OW):
            self._aside(frame, body, now, events)
            return
        verdict = self._received.judge(seq)
        if verdict != FRESH:
            self._again(frame, verdict, events)
            return
        if len(self._pending) >= self._window and command not in UNCOUNTED:
            self.violate(Result.WINDOW)
            events.append(Misbehaved(code="window", fatal=True))
            return
        # Past the NamedTuples' own constructors, which are functions in Python: half the price.
        asked = new(Asked, (command, seq, flags & PROTECTION))
        handler = _HANDLERS.get(command)
        if handler is None:
            events.append(UnknownMessage(command=command, sample=frame.raw[:HEADER]))
            reply: bytes | None = put_result(Result.UNKNOWN_CMD)
        else:
            try:
                reply = handler(self, new(Message, (asked, body, now, events)))
            except Refused as refused:
                reply = self._refused(refused, command, events)
        if reply is not None:
            self._answer(asked, reply)
        elif command not in UNCOUNTED:
            self._pending[seq] = None

    def settle(self, verdict: Verdict) -> None:
        """Take the gateway's word on a receipt; ignored where nobody waits for it."""
        reply = self._records.settle(verdict) or self._blobs.settle(verdict)
        if reply is None and self._features is not None:
            reply = self._features.settle(verdict)
        if reply is not None:
            self._reply(reply)

    def ask(self, request: Request, now: Instant) -> list[Event]:
        """Take any other word or wish of the gateway's; one we cannot express does nothing."""
        if isinstance(request, AskRecords):
            return self._wishes.add(AskRange(request), now)
        if isinstance(request, MeasureClock):
            return self._wishes.add(AskClock(), now)
        features = self._others()
        events = features.ask(request, now)
        self._send_ready(features)
        return events

    @property
    def address(self) -> int:
        """Where the device is on its bus; 0 on every other link."""
        return self._seal.address

    def deadline(self) -> float | None:
        """When something must be repeated or given up."""
        due = self._wishes.deadline()
        if self._features is None:
            return due
        other = self._features.deadline()
        return other if due is None or (other is not None and other < due) else due

    def tick(self, now: Instant) -> list[Event]:
        """Repeat or give up what is overdue."""
        events = self._wishes.tick(now)
        if self._features is not None:
            events += self._features.tick(now)
            self._send_ready(self._features)
        return events

    def part(self, reason: Parting) -> None:
        """Say BYE and close."""
        self._wishes.tell(Command.BYE, put_number(Tlv.BYE_REASON, _BYES[reason], 1))
        self.closing = reason.value

    def violate(self, result: Result) -> None:
        """Say ERROR and close."""
        self._wishes.tell(Command.ERROR, put_result(result))
        self.closing = result_name(result)

    def end(self) -> list[Event]:
        """Return what should survive the session."""
        features = self._features.end() if self._features is not None else []
        return [*self._blobs.interrupt(), *features, *self._wishes.end()]

    def _others(self) -> Features:
        if self._features is None:
            core = Core(
                wishes=self._wishes,
                blobs=self._blobs,
                seal=self._seal,
                receipt=self._receipt,
                max_frame=self._max_frame,
                by_picture=self._by_picture,
                uplink_ms=self._uplink_ms,
            )
            self._features = Features(core)
        return self._features

    def _send_ready(self, features: Features) -> None:
        for reply in features.ready():
            self._reply(reply)

    def _reply(self, reply: Reply) -> None:
        self._pending.pop(reply.asked.seq, None)
        self._answer(reply.asked, reply.body)

    def _answer(self, asked: Asked, body: bytes) -> None:
        raw = self._seal.pack(RSP | asked.protection, asked.command, asked.seq, body)
        self._received.keep(asked.seq, raw)
        self._out.append(raw)

    def _answer_once(self, frame: Frame, result: Result) -> None:
        # Never encrypted: the same nonce may already have carried another answer (YLS/1 5).
        protection = MAC if frame.flags & PROTECTION else self._seal.default
        body = put_result(result)
        self._out.append(self._seal.pack(RSP | protection, frame.command, frame.seq, body))

    def _strange(self, frame: Frame, events: list[Event]) -> None:
        """Hint to a device that uses a session we do not have that it must log in (YLS/1 7.6).

        Never sealed: anybody can send such a frame, and our seal would make its answer pass for the
        one to a request of the session we do have.
        """
        events.append(Misbehaved(code="not_logged_in"))
        if not frame.flags & (RSP | OW):
            hint = put_result(Result.NOT_LOGGED_IN)
            self._out.append(pack(DIR | RSP, 0, frame.command, frame.seq, 0, hint))

    def _untrusted(self, frame: Frame, events: list[Event]) -> None:
        self._bad_macs += 1
        fatal = self._bad_macs >= MOST_BAD_MACS
        events.append(Misbehaved(code="bad_mac", fatal=fatal))
        if fatal:
            self.violate(Result.BAD_MAC)
        elif not frame.flags & (RSP | OW) and not self._received.stale(frame.seq):
            self._answer_once(frame, Result.BAD_MAC)

    def _again(self, frame: Frame, verdict: int, events: list[Event]) -> None:
        """Answer a number that came before; only one nobody repeats so late is a breach."""
        kept = self._received.answer(frame.seq)
        if verdict == SEEN and kept is not None:
            self._out.append(kept)
        elif frame.seq not in self._pending and not self._decides(frame.seq):
            events.append(Misbehaved(code="replay"))
            self._answer_once(frame, Result.REPLAY)

    def _decides(self, seq: int) -> bool:
        return self._features is not None and self._features.decides(seq)

    def _refused(self, refused: Refused, command: int, events: list[Event]) -> bytes:
        result = refused.result
        if isinstance(refused, BadTemplate):
            events.append(TemplateRejected(fault=refused.fault))
        if result < Result.BUSY or result == Result.TOO_LARGE:
            detail = f"command 0x{command:04x}"
            events.append(Misbehaved(code=result_name(result), detail=detail))
        return put_result(result)

    def _aside(self, frame: Frame, body: bytes, now: Instant, events: list[Event]) -> None:
        """Take an answer to a request of ours, or a message that wants none."""
        try:
            if frame.flags & RSP:
                events.extend(self._wishes.answered(frame.seq, body, now))
            elif self._received.judge(frame.seq) == FRESH:
                self._one_way(frame, body, events)
        except Refused as refused:
            self._refused(refused, frame.command, events)

    def _one_way(self, frame: Frame, body: bytes, events: list[Event]) -> None:
        if frame.command == Command.BYE:
            reason = Body(body).number(Tlv.BYE_REASON, 1, Bye.NORMAL)
            events.append(SaidGoodbye(reason=bye_name(reason)))
            self.closing = "goodbye"
        elif frame.command == Command.ERROR:
            result = Body(body).number(Tlv.RESULT, 2, Result.INTERNAL)
            events.append(Misbehaved(code="peer_error", detail=result_name(result), fatal=True))
            self.closing = "peer_error"
        elif not self._others().aside(frame.command, body, events):
            events.append(UnknownMessage(command=frame.command, sample=frame.raw[:HEADER]))

    def _other(self, message: Message) -> bytes | None:
        """Hand on what is neither record nor beat nor object."""
        asked, body, now, events = message
        protected = self._secure or self._bench or asked.protection == ENC
        return self._others().take(asked, body, now, events, protected=protected)

    def _heartbeat(self, message: Message) -> bytes | None:
        message.events.append(Heartbeat(status=read_status(message.body)))
        return _BEAT.pack(_RESULT, 2, _OK, _TIME, 8, message.now.wall)

    def _time_sync(self, message: Message) -> bytes | None:
        return clock.answer(message.body, message.now)

    def _live(self, message: Message) -> bytes | None:
        self._take_records(message, _LIVE)
        return None

    def _backfill(self, message: Message) -> bytes | None:
        self._take_records(message, Lane.BACKFILL)
        return None

    def _take_records(self, message: Message, lane: Lane) -> None:
        asked = message.asked
        protected = self._secure or self._bench or asked.protection == ENC
        found = scan(message.body, live=lane is _LIVE, biometric=protected)
        message.events.extend(self._records.take(asked, found, lane, self._receipt))

    def _blob_open(self, message: Message) -> bytes | None:
        asked, body = message.asked, Body(message.body)
        reply, offered = self._blobs.open(asked, body, self._max_frame, self._receipt)
        message.events.extend(offered)
        return reply

    def _blob_data(self, message: Message) -> bytes | None:
        body = Body(message.body)
        reply = self._blobs.data(message.asked, body)
        if self._features is not None and (whole := self._blobs.finished(body)) is not None:
            message.events.extend(self._features.pictured(*whole, message.now))
            self._send_ready(self._features)
        return reply

    def _blob_close(self, message: Message) -> bytes | None:
        reply, done = self._blobs.close(message.asked, Body(message.body), self._receipt)
        message.events.extend(done)
        return reply

    def _blob_status(self, message: Message) -> bytes | None:
        return self._blobs.status(Body(message.body))

    def _blob_abort(self, message: Message) -> bytes | None:
        reply, ended = self._blobs.abort(Body(message.body))
        message.events.extend(ended)
        return reply


_HANDLERS: dict[int, Handler] = {
    **dict.fromkeys(TAKEN, ServerSession._other),
    Command.HEARTBEAT: ServerSession._heartbeat,
    Command.STATUS_REPORT: ServerSession._heartbeat,
    Command.TIME_SYNC: ServerSession._time_sync,
    Command.REC_REALTIME: ServerSession._live,
    Command.REC_BACKFILL: ServerSession._backfill,
    Command.BLOB_OPEN: ServerSession._blob_open,
    Command.BLOB_DATA: ServerSession._blob_data,
    Command.BLOB_CLOSE: ServerSession._blob_close,
    Command.BLOB_STATUS: ServerSession._blob_status,
    Command.BLOB_ABORT: ServerSession._blob_abort,
}
