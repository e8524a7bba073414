"""The gateway's side of PUSH on one connection: who sends, and what is done with each request.

Implements `gateway.codecs.hikvision.way.Way`. Sessions are `gateway.codecs.hikvision.push.memory`,
events `batch`, orders `carrying`.
"""

from __future__ import annotations

from hashlib import sha256

from gateway.codecs.api import Context
from gateway.codecs.errand import Errands
from gateway.codecs.hikvision.booking import Receipts
from gateway.codecs.hikvision.exchange import Exchange
from gateway.codecs.hikvision.keys import Logins
from gateway.codecs.hikvision.limits import MOST_PATIENCE_S
from gateway.codecs.hikvision.listening import STATUS
from gateway.codecs.hikvision.push import texts
from gateway.codecs.hikvision.push.batch import Batch
from gateway.codecs.hikvision.push.carrying import Carrying
from gateway.codecs.hikvision.push.cipher import hashed
from gateway.codecs.hikvision.push.exits import Exits
from gateway.codecs.hikvision.push.limits import (
    EARLY_BODY,
    MOST_BODY,
    MOST_COMMANDS,
    MOST_EVENTS,
    MOST_LOGIN,
    POLL_SECONDS,
)
from gateway.codecs.hikvision.push.logins import Doorkeeper
from gateway.codecs.hikvision.push.memory import Memory, Standing, Terminal
from gateway.codecs.hikvision.push.paths import Action, PushPath, read_path
from gateway.codecs.hikvision.refused import Refused
from gateway.codecs.hikvision.settings import Settings
from gateway.codecs.hikvision.way import Judged, Step
from gateway.codecs.http.head import MOST_HEAD, Head

from gateway.domain.events import (
    CredentialWanted,
    Event,
    Heartbeat,
    LoginProved,
    Misbehaved,
    OrdersWanted,
    SaidGoodbye,
)
from gateway.domain.requests import (
    Admit,
    CredentialGiven,
    NoOrders,
    Refusal,
    Refuse,
    Request,
)
from gateway.domain.times import Instant

BEFORE = (Action.AUTH_INFO, Action.LOGIN)
"""What is asked without a session."""


class Push:
    """One connection of a terminal."""

    def __init__(
        self,
        exchange: Exchange,
        context: Context,
        settings: Settings,
        logins: Logins,
        errands: Errands,
    ) -> None:
        memory = context.memory if isinstance(context.memory, Memory) else None
        self._own_memory = memory is None
        self._memory = memory or Memory()
        self._exchange = exchange
        self._context = context
        self._settings = settings
        self._logins = logins
        self._errands = errands
        self._door = Doorkeeper(self._memory, context, settings, logins)
        self._exits = Exits(exchange, context)
        self._receipts = Receipts()
        self._path: PushPath | None = None
        self._secret: bytes | None = None
        self._known = False
        """The gateway said what it knows of the serial number."""
        self._online = False
        self._standing = Standing.NONE
        self._terminal: Terminal | None = None
        self._carrying: Carrying | None = None
        self._batch: Batch | None = None
        self._poll_until: float | None = None
        self._noting = False
        """Results were taken, and what was found at the terminal is on its way into the store."""
        self._login: bytes | None = None
        """The login that held and waits for its admission, by its digest."""

    @property
    def most_body(self) -> int:
        """See `Way.most_body`."""
        before = self._path is not None and self._path.action in BEFORE
        return MOST_LOGIN if before else MOST_BODY

    @property
    def busy(self) -> bool:
        """See `Way.busy`."""
        waits = self._batch is not None or self._poll_until is not None
        return waits or self._noting or self._login is not None

    def enter(self, head: Head, now: Instant) -> Judged:
        """See `Way.enter`."""
        if head.method != "POST":
            raise Refused("method", head.method, 405)
        path = read_path(head.target)
        if path is None:
            raise Refused("route", "no path of a terminal", 404)
        if not head.header("content-length") and not head.header("transfer-encoding"):
            raise Refused("no_length", status=411)
        if self._path is not None and path.serial != self._path.serial:
            raise Refused("other_route", "another terminal on the same connection", 404)
        self._path = path
        if not self._known or path.action in BEFORE:
            return Step.WAIT, [CredentialWanted(serial=path.serial)]
        return self._authorise(head, now)

    def told(self, request: Request, head: Head, now: Instant) -> Judged | None:
        """See `Way.told`."""
        assert self._path is not None
        match request:
            case CredentialGiven(secret=secret):
                self._secret, self._known = secret, True
                if self._path.action in BEFORE:
                    return Step.TAKE, []
                return self._authorise(head, now)
            case Admit():
                self._online = True
                return Step.TAKE, []
            case Refuse():
                self._turn_away(request, now)
        return None

    def dismiss(self, now: Instant) -> None:
        """See `Way.dismiss`: the terminal must log in anew."""
        self._exits.fail(401, "Log in again.", now.mono)

    def take(self, head: Head, body: bytes, now: Instant) -> list[Event]:
        """See `Way.take`."""
        assert self._path is not None
        key = sha256(head.target.encode() + b"\0" + body).digest()
        if self._path.action is Action.AUTH_INFO:
            self._exits.tell(self._door.offer(self._path.serial, body, now.mono), now.mono)
            return []
        if self._path.action is Action.LOGIN:
            return self._log_in(body, key, now)
        return self._serve(body, key, now)

    def refuse(self, refused: Refused, now: Instant, *, close: bool) -> list[Event]:
        """See `Way.refuse`: without a new challenge, for nothing was done."""
        self._exits.fail(refused.status, "Cannot be taken.", now.mono, close=close)
        return [Misbehaved(code=refused.code, detail=refused.detail, fatal=close)]

    def submit(self, request: Request, now: Instant) -> list[Event]:
        """See `Way.submit`."""
        if self._login is not None and isinstance(request, Admit | Refuse):
            return self._entered(request, now)
        carrying = self._carrying
        if carrying is None:
            return []
        if isinstance(request, NoOrders) or carrying.takes(request):
            events = (
                [] if isinstance(request, NoOrders) else carrying.start(request, self._secret, now)
            )
            return events + self._hand_out(now)
        events = carrying.settle(request, now.mono)
        if self._noting:
            self._note(carrying, now)
        if self._batch is not None:
            events += self._batch.submit(request, now) + self._answer_events(now)
        return events

    def deadline(self) -> float | None:
        """See `Way.deadline`."""
        if self._batch is not None:
            return self._batch.deadline()
        return self._poll_until

    def expire(self, now: Instant) -> list[Event]:
        """See `Way.expire`."""
        if self._batch is not None:
            return self._batch.expire(now)
        return self._hand_out(now)

    def lost(self, now: Instant) -> list[Event]:
        """See `Way.lost`."""
        events = self._batch.lost() if self._batch is not None else []
        if self._carrying is not None:
            events += self._carrying.lost(now.mono)
            events += self._carrying.abandon(now.mono) if self._own_memory else []
        return events

    def _authorise(self, head: Head, now: Instant) -> Judged:
        """Judge a request of a session by the proof it brings."""
        assert self._path is not None
        session = self._memory.session(self._path.serial, now.mono)
        self._standing = Standing.NONE
        if session is not None and self._secret is not None:
            h = hashed(self._logins(self._path.serial, self._secret), session.salt)
            self._standing = session.judge(head.header("my-custom-auth"), h)
            self._exits.bind(session, h, head.header("my-custom-auth"))
        if self._standing is Standing.NONE:
            return self._dismissed(head, wrong=session is not None)
        self._exchange.most_held = MOST_BODY + MOST_HEAD
        self._meet()
        if self._online:
            return Step.TAKE, []
        return Step.WAIT, [LoginProved(serial=self._path.serial, fetches=True)]

    def _dismissed(self, head: Head, *, wrong: bool) -> Judged:
        length = head.header("content-length")
        if length and int(length) > EARLY_BODY:
            raise Refused("push_auth", status=401)
        return Step.DISMISS, [Misbehaved(code="push_auth")] if wrong else []

    def _meet(self) -> Carrying:
        """Get hold of what is remembered of the terminal."""
        assert self._path is not None
        terminal = self._memory.terminal(self._path.serial)
        assert terminal is not None
        if self._carrying is None or terminal is not self._terminal:
            self._terminal = terminal
            self._carrying = Carrying(
                terminal.outbox, self._path.serial, self._context, self._errands, self._receipts
            )
        return self._carrying

    def _log_in(self, body: bytes, key: bytes, now: Instant) -> list[Event]:
        assert self._path is not None
        session = self._memory.session(self._path.serial, now.mono)
        if session is not None and session.told is not None and session.told.key == key:
            self._exits.repeat(session.told, now.mono)  # its answer was lost
            return []
        events = self._door.prove(self._path, self._secret, body, now.mono)
        if self._door.proved is None:
            self._exits.fail_login(self._door.spent, now.mono)
        else:
            self._login = key
        return events

    def _entered(self, request: Admit | Refuse, now: Instant) -> list[Event]:
        """Answer a login that held, by what the gateway made of it."""
        assert self._path is not None
        assert self._login is not None
        key, self._login = self._login, None
        if isinstance(request, Refuse):
            self._turn_away(request, now)
            return []
        self._online = True
        session, secrecy, h = self._door.open(now.mono)
        self._memory.enter(self._path.serial, session)
        self._meet().restarted()
        self._exits.bind(session, h, "")
        self._exits.begin(key, secrecy, now.mono)
        interval_s, delay_s = session.interval_s, self._door.error_delay_s
        self._exits.answer(texts.logged_in(interval_s, delay_s), now.mono)
        return []

    def _turn_away(self, refuse: Refuse, now: Instant) -> None:
        assert self._path is not None
        if refuse.reason is Refusal.LOCKED_OUT and self._path.action in BEFORE:
            self._exits.lock_out(refuse.retry_after_s or 0, now.mono)
        else:
            self._exits.fail(STATUS[refuse.reason], "Not now.", now.mono, close=True)

    def _serve(self, body: bytes, key: bytes, now: Instant) -> list[Event]:
        """Do what a terminal with a session asks."""
        assert self._path is not None
        if self._standing is Standing.AGAIN:
            return self._again(key, now)
        if not self._exits.begin(key, self._path.secrecy, now.mono):
            raise Refused("push_security", "not the encryption that was agreed")
        text = self._exits.read(body, plain_too=self._path.action is Action.LOGOUT)
        match self._path.action:
            case Action.EVENT:
                return self._take_events(text, now)
            case Action.COMMAND_REQUEST:
                return self._poll(now)
            case Action.COMMAND_RESULT:
                return self._take_results(text, now)
            case _:
                return self._log_out(now)

    def _log_out(self, now: Instant) -> list[Event]:
        self._exits.answer(texts.logged_out(), now.mono)
        assert self._terminal is not None
        self._terminal.session = None
        return [SaidGoodbye(reason="logout")]

    def _again(self, key: bytes, now: Instant) -> list[Event]:
        """Answer the same request as before in the same way, and no other one."""
        told = self._exits.told
        if told is not None and told.key == key and now.mono < told.until:
            self._exits.repeat(told, now.mono)
            return []
        self.dismiss(now)
        return [Misbehaved(code="push_replay")]

    def _take_events(self, text: bytes, now: Instant) -> list[Event]:
        assert self._terminal is not None
        items, counted = texts.items(text, "eventList", "eventNum", MOST_EVENTS)
        events: list[Event] = [Heartbeat()]
        events += [] if counted else [Misbehaved(code="push_count")]
        self._batch = Batch(self._settings, self._receipts, self._terminal)
        begun = self._exchange.begun(now.mono, MOST_PATIENCE_S)
        events += self._batch.take(items, begun, now)
        return events + self._answer_events(now)

    def _answer_events(self, now: Instant) -> list[Event]:
        """Answer once all events are settled."""
        assert self._batch is not None
        assert self._carrying is not None
        for settled in self._batch.verdicts:
            self._carrying.decide(settled)
        self._batch.verdicts.clear()
        told = self._batch.results()
        if told is not None:
            self._batch = None
            self._exits.answer(texts.results(told), now.mono)
        return []

    def _poll(self, now: Instant) -> list[Event]:
        """Answer at once where there is something to fetch or to wait for, else ask for orders."""
        assert self._carrying is not None
        events: list[Event] = [Heartbeat(), *self._carrying.review(now.mono)]
        self._poll_until = now.mono + POLL_SECONDS
        if self._carrying.pending or not self._carrying.idle:
            return events + self._hand_out(now)
        return [*events, OrdersWanted()]

    def _hand_out(self, now: Instant) -> list[Event]:
        if self._poll_until is None:
            return []
        assert self._carrying is not None
        self._poll_until = None
        fetched, events = self._carrying.fetch(now.mono)
        self._exits.answer(texts.commands(fetched.calls), now.mono, until=fetched.until)
        return events

    def _take_results(self, text: bytes, now: Instant) -> list[Event]:
        assert self._carrying is not None
        items, counted = texts.items(text, "commandList", "commandNum", MOST_COMMANDS)
        events: list[Event] = [Heartbeat()]
        events += [] if counted else [Misbehaved(code="push_count")]
        for item in items:
            events += self._carrying.result(item, now)
        self._noting = True
        self._note(self._carrying, now)
        return events

    def _note(self, carrying: Carrying, now: Instant) -> None:
        """Answer results once what they brought is durable."""
        if not carrying.reporting:
            self._noting = False
            self._exits.answer(texts.noted(pending=carrying.pending), now.mono)
