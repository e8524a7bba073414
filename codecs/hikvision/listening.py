"""HTTP listening: an event is posted, and the answer says that it is durable, or who may pass.

Who sends is `gateway.codecs.hikvision.entrance`, what becomes of an event
`gateway.codecs.hikvision.booking`.
"""

from __future__ import annotations

from gateway.codecs.hikvision.booking import Booking, Receipts, Settled
from gateway.codecs.hikvision.entrance import Entrance
from gateway.codecs.hikvision.exchange import Exchange
from gateway.codecs.hikvision.limits import MOST_BODY, MOST_PATIENCE_S
from gateway.codecs.hikvision.meaning import codes, meaning
from gateway.codecs.hikvision.notice import Notice, read_notice
from gateway.codecs.hikvision.questions import Question, Remembered, Reply
from gateway.codecs.hikvision.refused import Refused
from gateway.codecs.hikvision.report import NO_TIME_MS, event_ms
from gateway.codecs.hikvision.settings import Settings
from gateway.codecs.hikvision.values import text
from gateway.codecs.hikvision.verdict import put_verdict
from gateway.codecs.hikvision.way import Judged, Step
from gateway.codecs.http.head import Head

from gateway.domain.events import (
    ClockMeasured,
    Event,
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
    Refusal,
    Refuse,
    Request,
)
from gateway.domain.times import Instant
from gateway.domain.verification import Denied, Granted, Undecided, VerdictDue

SAMPLE = 32
"""Bytes of what nobody knows that are shown to the operator."""
CLOCK_UNCERTAINTY_MS = 1500
"""A heartbeat tells the time in whole seconds, and was on its way for a while."""
STATUS = {
    Refusal.NOT_LISTED: 404,
    Refusal.REVOKED: 403,
    Refusal.LOCKED_OUT: 403,
    Refusal.OVERLOADED: 503,
    Refusal.UNAVAILABLE: 503,
}


class Listening:
    """Implements `gateway.codecs.hikvision.way.Way`."""

    most_body = MOST_BODY

    def __init__(self, exchange: Exchange, settings: Settings) -> None:
        self._settings = settings
        self._offset = settings.utc_offset_minutes
        self._exchange = exchange
        self._entrance = Entrance(settings)
        self._booking = Booking(settings, Receipts(), Remembered())
        self._hardware = ""

    @property
    def busy(self) -> bool:
        """See `Way.busy`."""
        return self._booking.busy

    def enter(self, head: Head, now: Instant) -> Judged:
        """See `Way.enter`."""
        del now
        return self._entrance.enter(head)

    def told(self, request: Request, head: Head, now: Instant) -> Judged | None:
        """See `Way.told`."""
        match request:
            case CredentialGiven(secret=secret):
                return self._entrance.prove(head, secret, now.wall)
            case Admit():
                self._entrance.online = True
                return Step.TAKE, []
            case Refuse(reason=reason):
                self._exchange.reply(STATUS[reason], now.mono, close=True)
        return None

    def dismiss(self, now: Instant) -> None:
        """See `Way.dismiss`: the password is wanted."""
        spent = self._entrance.spent
        self._exchange.challenge(self._entrance.challenges(), now.mono, close=spent)

    def take(self, head: Head, body: bytes, now: Instant) -> list[Event]:
        """See `Way.take`."""
        if not body:  # what a terminal sends to try a new listening host is unknown; no heartbeat
            self._exchange.reply(200, now.mono)
            return []
        notice = read_notice(head.header("content-type"), body)
        if notice.truncated:
            self._exchange.inlet.resynchronise()
        events: list[Event] = [Misbehaved(code=oddity) for oddity in notice.oddities]
        self._hardware, strange = watch(notice, self._hardware)
        events += strange
        if notice.heartbeat:
            self._exchange.reply(200, now.mono)
            return events + beat(notice, self._offset, now)
        events += unknown(notice)
        route = self._entrance.route
        begun = self._exchange.begun(now.mono, MOST_PATIENCE_S)
        return events + self._booking.take(notice, begun, route.patience_s if route else None, now)

    def refuse(self, refused: Refused, now: Instant, *, close: bool) -> list[Event]:
        """See `Way.refuse`."""
        self._exchange.reply(refused.status, now.mono, close=close)
        if refused.code == "token":
            assert self._entrance.route is not None
            return [LoginFailed(serial=self._entrance.route.serial, reason="token")]
        return [Misbehaved(code=refused.code, detail=refused.detail, fatal=close)]

    def submit(self, request: Request, now: Instant) -> list[Event]:
        """See `Way.submit`."""
        match request:
            case Granted() | Denied() | Undecided():
                return self._booking.decided(request, now)
            case Accept(receipt=receipt):
                return self._answer(self._booking.settled(receipt, now), now)
            case Conflict(receipt=receipt):
                return self._answer(self._booking.settled(receipt, now, disputed=True), now)
            case Defer(receipt=receipt):
                if self._booking.deferred(receipt):  # it sends the event again
                    self._exchange.reply(503, now.mono)
        return []

    def deadline(self) -> float | None:
        """See `Way.deadline`."""
        return self._booking.deadline()

    def expire(self, now: Instant) -> list[Event]:
        """See `Way.expire`."""
        return self._booking.expire(now)

    def lost(self, now: Instant) -> list[Event]:
        """See `Way.lost`."""
        del now
        return self._booking.lost()

    def _answer(self, settled: Settled | None, now: Instant) -> list[Event]:
        if settled is None:
            return []
        said, question = settled.verdict, settled.question
        if said is None or question is None:
            self._exchange.reply(200, now.mono)
            return settled.events
        if self._calls_back:
            self._exchange.reply(200, now.mono)
            due = [] if settled.replayed or settled.again else [_due(question, said)]
            return [*settled.events, *due]
        verdict = put_verdict(said.serial_no, said.passes, said.info, said.person)
        self._exchange.tell(verdict, now.mono)
        return settled.events

    @property
    def _calls_back(self) -> bool:
        """The terminal takes verdicts as calls of their own; not before the record is durable."""
        route = self._entrance.route
        return self._settings.calls_back == 1 or (route is not None and route.calls_back)


def watch(notice: Notice, before: str) -> tuple[str, list[Event]]:
    """Notice another device behind the same name: swapped, or its secret was copied.

    Returns the hardware address known from now on.
    """
    told = text(notice.envelope.get("macAddress"), 32).lower()
    hardware = "".join(one for one in told if one.isalnum())
    if not hardware or before in ("", hardware):
        return hardware or before, []
    return hardware, [Misbehaved(code="other_hardware", detail=f"{before}, then {hardware}")]


def beat(notice: Notice, utc_offset_minutes: int, now: Instant) -> list[Event]:
    """Return what a heartbeat says: that the terminal is there, and perhaps its time."""
    at = event_ms(notice, utc_offset_minutes)
    if at == NO_TIME_MS:
        return [Heartbeat()]
    clock = ClockMeasured(offset_ms=at - now.wall, uncertainty_ms=CLOCK_UNCERTAINTY_MS)
    return [Heartbeat(), clock]


def unknown(notice: Notice) -> list[Event]:
    """Report an event that nobody knows; it is stored all the same."""
    if meaning(notice) is not None:
        return []
    major, minor = codes(notice)
    return [UnknownMessage(command=major << 16 | minor, sample=notice.raw[:SAMPLE])]


def _due(question: Question, said: Reply) -> VerdictDue:
    return VerdictDue(
        about=question.receipt,
        number=said.serial_no,
        passes=said.passes,
        prompt=said.info,
        person=said.person,
        due=question.gone_at,
    )
