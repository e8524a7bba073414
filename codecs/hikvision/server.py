"""The gateway's side of HTTP listening: one request, one answer, and only when it is true.

Owns the order on a connection: head, login, body, event. What becomes of an event is
`gateway.codecs.hikvision.booking`; who sends, `gateway.codecs.hikvision.entrance`.
"""

from __future__ import annotations

from collections.abc import Callable

from gateway.codecs.api import Context
from gateway.codecs.hikvision.booking import Booking
from gateway.codecs.hikvision.entrance import Entrance, Step
from gateway.codecs.hikvision.exchange import Exchange
from gateway.codecs.hikvision.limits import MOST_BODY, REQUEST_SECONDS
from gateway.codecs.hikvision.meaning import codes, meaning
from gateway.codecs.hikvision.notice import Notice, read_notice
from gateway.codecs.hikvision.refused import Refused
from gateway.codecs.hikvision.report import NO_TIME_MS, event_ms
from gateway.codecs.hikvision.settings import read_settings
from gateway.codecs.hikvision.values import text
from gateway.codecs.http.head import BadHead, Head

from gateway.domain.events import (
    ClockMeasured,
    Event,
    FrameDamaged,
    Heartbeat,
    LoginFailed,
    Misbehaved,
    UnknownMessage,
)
from gateway.domain.requests import (
    Accept,
    Admit,
    Conflict,
    CredentialGiven,
    Defer,
    Farewell,
    Refusal,
    Refuse,
    Request,
)
from gateway.domain.times import Instant
from gateway.domain.verification import Denied, Granted, Undecided

SAMPLE = 32
"""Bytes of what nobody knows that are shown to the operator."""
CLOCK_UNCERTAINTY_MS = 1500
"""A heartbeat tells the time in whole seconds, and was on its way for a while."""
_STATUS = {
    Refusal.NOT_LISTED: 404,
    Refusal.REVOKED: 403,
    Refusal.LOCKED_OUT: 403,
    Refusal.OVERLOADED: 503,
    Refusal.UNAVAILABLE: 503,
}

Judge = Callable[[Head], tuple[Step, list[Event]]]


class HikvisionConversation:
    """Implements `gateway.codecs.api.Conversation` for HTTP listening."""

    def __init__(self, context: Context) -> None:
        settings = read_settings(context.settings)
        self._offset = settings.utc_offset_minutes
        self._exchange = Exchange()
        self._inlet = self._exchange.inlet
        self._entrance = Entrance(settings)
        self._booking = Booking(self._exchange, settings)
        self._head: Head | None = None
        self._step = Step.TAKE
        self._hardware = ""

    @property
    def closing(self) -> str | None:
        """See `gateway.codecs.api.Conversation.closing`."""
        return self._exchange.closing

    def feed(self, data: bytes, now: Instant) -> list[Event]:
        """See `gateway.codecs.api.Conversation.feed`."""
        if self.closing is not None:
            return []
        try:
            self._exchange.feed(data, now.mono, owing=self._booking.busy)
        except BadHead as bad:
            return self._broken(bad, now)
        return self._run(now)

    def output(self) -> bytes:
        """See `gateway.codecs.api.Conversation.output`."""
        return self._exchange.output()

    def submit(self, request: Request, now: Instant) -> list[Event]:
        """See `gateway.codecs.api.Conversation.submit`."""
        if self.closing is not None:
            return []
        events: list[Event] = []
        match request:
            case CredentialGiven(secret=secret) if self._waiting:
                events = self._judged(
                    lambda head: self._entrance.prove(head, secret, now.wall), now
                )
            case Admit() if self._waiting:
                self._entrance.online = True
                events = self._judged(lambda _: (Step.TAKE, []), now)
            case Refuse(reason=reason) if self._waiting:
                self._exchange.reply(_STATUS[reason], now.mono, close=True)
            case Granted() | Denied() | Undecided():
                events = self._booking.decided(request, now)
            case Accept(receipt=receipt):
                events = self._booking.settled(receipt, now)
            case Conflict(receipt=receipt):
                events = self._booking.settled(receipt, now, disputed=True)
            case Defer(receipt=receipt):
                self._booking.deferred(receipt, now)
            case Farewell(reason=parting):
                self._part(parting.value)
        return events + self._run(now)

    def deadline(self) -> float | None:
        """See `gateway.codecs.api.Conversation.deadline`."""
        if self.closing is not None:
            return None
        if self._booking.busy or not self._inlet.unfinished:
            return self._booking.deadline()
        assert self._inlet.begun is not None
        return self._inlet.begun + REQUEST_SECONDS

    def tick(self, now: Instant) -> list[Event]:
        """See `gateway.codecs.api.Conversation.tick`."""
        due = self.deadline()
        if due is None or now.mono < due:
            return []
        if self._booking.busy:
            return self._booking.expire(now)
        self._exchange.closing = "request_timeout"
        return [Misbehaved(code="request_timeout", fatal=True)]

    def lost(self, now: Instant) -> list[Event]:
        """See `gateway.codecs.api.Conversation.lost`."""
        del now
        return self._booking.lost()

    @property
    def _waiting(self) -> bool:
        """A head waits for the gateway's word on who sent it."""
        return self._head is not None and self._step is Step.WAIT

    def _run(self, now: Instant) -> list[Event]:
        events: list[Event] = []
        try:
            while self.closing is None and not self._waiting and not self._booking.busy:
                if not self._advance(now, events):
                    break
        except BadHead as bad:
            events += self._broken(bad, now)
        return events

    def _advance(self, now: Instant, events: list[Event]) -> bool:
        """Take the next head or body; False where more bytes are needed."""
        if self._head is None:
            self._head = self._inlet.head()
            if self._head is None:
                return False
            events += self._judged(self._entrance.enter, now)
            return True
        body = self._inlet.body()
        if body is None:
            return False
        head, self._head = self._head, None
        if self._step is Step.CHALLENGE:
            spent = self._entrance.spent
            self._exchange.challenge(self._entrance.challenges(), now.mono, close=spent)
            return True
        try:
            events += self._take(head, body, now)
        except Refused as refused:
            events += self._refused(refused, now)
        return True

    def _judged(self, judge: Judge, now: Instant) -> list[Event]:
        """Do with a request what is to be done after a look at its head."""
        assert self._head is not None
        try:
            self._step, events = judge(self._head)
            if self._step is Step.TAKE:
                self._inlet.take_body(MOST_BODY, self._head.header("content-length"))
            elif self._step is Step.CHALLENGE:
                self._inlet.skip_body(MOST_BODY)
        except Refused as refused:
            return self._refused(refused, now, close=True)
        except BadHead as bad:
            return self._broken(bad, now)
        if self._step is not Step.WAIT:
            self._exchange.go_on()
        return events

    def _take(self, head: Head, body: bytes, now: Instant) -> list[Event]:
        if not body:  # what a terminal sends to try a new listening host is unknown
            self._exchange.reply(200, now.mono)
            return [Heartbeat()]
        notice = read_notice(head.header("content-type"), body)
        if notice.truncated:
            self._inlet.resynchronise()
        events: list[Event] = [Misbehaved(code=oddity) for oddity in notice.oddities]
        events += self._watch(notice)
        if notice.heartbeat:
            self._exchange.reply(200, now.mono)
            return events + self._beat(notice, now)
        if meaning(notice) is None:
            major, minor = codes(notice)
            events.append(UnknownMessage(command=major << 16 | minor, sample=notice.raw[:SAMPLE]))
        route = self._entrance.route
        return events + self._booking.take(notice, route.patience_s if route else None, now)

    def _beat(self, notice: Notice, now: Instant) -> list[Event]:
        at = event_ms(notice, self._offset)
        if at == NO_TIME_MS:
            return [Heartbeat()]
        clock = ClockMeasured(offset_ms=at - now.wall, uncertainty_ms=CLOCK_UNCERTAINTY_MS)
        return [Heartbeat(), clock]

    def _watch(self, notice: Notice) -> list[Event]:
        """Notice another device behind the same path: swapped, or its path was copied."""
        told = text(notice.envelope.get("macAddress"), 32).lower()
        hardware = "".join(one for one in told if one.isalnum())
        before, self._hardware = self._hardware, hardware or self._hardware
        if not hardware or before in ("", hardware):
            return []
        return [Misbehaved(code="other_hardware", detail=f"{before}, then {hardware}")]

    def _part(self, reason: str) -> None:
        """End the connection, after the answer that is still owed."""
        if self._booking.busy:
            self._exchange.parting = reason
        else:
            self._exchange.closing = reason

    def _refused(self, refused: Refused, now: Instant, *, close: bool = False) -> list[Event]:
        close = close or refused.status == 413
        self._exchange.reply(refused.status, now.mono, close=close)
        if refused.code == "token":
            assert self._entrance.route is not None
            return [LoginFailed(serial=self._entrance.route.serial, reason="token")]
        return [Misbehaved(code=refused.code, detail=refused.detail, fatal=close)]

    def _broken(self, bad: BadHead, now: Instant) -> list[Event]:
        """Answer what is no request, or hang up on what is no HTTP at all."""
        if bad.status:
            self._exchange.reply(bad.status, now.mono, close=True)
            return [Misbehaved(code=bad.code, fatal=True)]
        self._exchange.closing = bad.code
        size = self._inlet.held
        return [
            FrameDamaged(code="magic", size=size),
            Misbehaved(code=bad.code, fatal=True),
        ]
