"""The gateway's side of a YLS/1 connection: from bytes to events, from requests to bytes.

Owns framing, the login (a candidate beside a live session included) and the end of the connection.
What a logged-in device's messages mean is in `gateway.codecs.yls.session`.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import cast

from gateway.codecs.api import Context
from gateway.codecs.yls.acks import Ledger
from gateway.codecs.yls.body import Refused, put_result
from gateway.codecs.yls.frame import OVERHEAD, SEAL, Frame
from gateway.codecs.yls.handshake import NONCE_SIZE
from gateway.codecs.yls.inlet import Inlet
from gateway.codecs.yls.intake import VERDICT, RecordIntake
from gateway.codecs.yls.limits import FRAME_BEFORE_LOGIN, LOGIN_SECONDS
from gateway.codecs.yls.login_server import Phase, ServerLogin, refuse, refuse_hello
from gateway.codecs.yls.registers import DIR, OW, PROTECTION, RSP, Command, Result
from gateway.codecs.yls.session import ServerSession
from gateway.codecs.yls.settings import read_settings

from gateway.domain.events import Event, FrameDamaged, LoginFailed, Misbehaved
from gateway.domain.ids import Receipt
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
    TakeBlob,
)
from gateway.domain.times import Instant

_VERDICTS = (Accept, Conflict, Defer, TakeBlob, DeclineBlob)
_DAMAGE_RESULTS = {"length": Result.BAD_LENGTH, "version": Result.BAD_VERSION}


class YlsConversation:
    """Implements `gateway.codecs.api.Conversation`."""

    __slots__ = (
        "_context",
        "_inlet",
        "_login",
        "_login_by",
        "_out",
        "_quiet_by",
        "_receipts",
        "_records",
        "_session",
        "_settings",
        "closing",
    )

    def __init__(self, context: Context) -> None:
        self._context = context
        self._settings = read_settings(context.settings)
        self._inlet = Inlet(FRAME_BEFORE_LOGIN, resync=context.resync)
        self._login: ServerLogin | None = None
        self._login_by: float | None = 0.0  # at once: the first tick starts the clock
        self._quiet_by: float | None = None
        self._out: list[bytes] = []
        self._receipts = cast(Iterator[Receipt], count(1))
        self._records = RecordIntake()
        self._session: ServerSession | None = None
        self.closing: str | None = None

    def feed(self, data: bytes, now: Instant) -> list[Event]:
        """See `Conversation.feed`."""
        if self.closing is not None:
            return []
        if self._login_by == 0.0:
            self._login_by = now.mono + LOGIN_SECONDS
        events: list[Event] = []
        self._sort(self._inlet.feed(data), now, events)
        return events

    def submit(self, request: Request, now: Instant) -> list[Event]:
        """See `Conversation.submit`."""
        if self.closing is not None:
            return []
        session = self._session
        if session is not None and isinstance(request, _VERDICTS):
            session.settle(request)
            return []
        if isinstance(request, CredentialGiven):
            return self._prove(request)
        if isinstance(request, Admit):
            return self._admit(request, now)
        if isinstance(request, Refuse):
            return self._refuse(request)
        if isinstance(request, Farewell):
            self._part(request)
        elif session is not None:
            return session.ask(request, now)
        return []

    def output(self) -> bytes:
        """See `Conversation.output`."""
        out = self._out
        if len(out) == 1:
            return out.pop()
        data = b"".join(out)
        out.clear()
        return data

    def deadline(self) -> float | None:
        """See `Conversation.deadline`; 0.0 before the first call that tells the time."""
        if self.closing is not None:
            return None
        due = self._session.deadline() if self._session is not None else None
        for other in (self._login_by, self._quiet_by):
            if other is not None and (due is None or other < due):
                due = other
        return due

    def tick(self, now: Instant) -> list[Event]:
        """See `Conversation.tick`."""
        if self.closing is not None:
            return []
        events: list[Event] = []
        if self._login_by == 0.0:
            self._login_by = now.mono + LOGIN_SECONDS
        elif self._login_by is not None and now.mono >= self._login_by:
            self._give_up_login(events)
        if self._quiet_by is not None and now.mono >= self._quiet_by:
            self._sort(self._inlet.gap(), now, events)
        if self._session is not None:
            events.extend(self._session.tick(now))
        return events

    def lost(self, now: Instant) -> list[Event]:  # noqa: ARG002
        """See `Conversation.lost`."""
        self.closing = self.closing or "lost"
        return self._session.end() if self._session is not None else []

    def _sort(self, found: list[Frame | FrameDamaged], now: Instant, events: list[Event]) -> None:
        for one in found:
            if isinstance(one, Frame):
                self._take(one, now, events)
            else:
                self._damaged(one, events)
            if self.closing is not None:
                return
        if self._context.resync:
            waiting = self._inlet.buffered > 0
            self._quiet_by = now.mono + self._settings.gap_ms / 1000 if waiting else None

    def _damaged(self, damage: FrameDamaged, events: list[Event]) -> None:
        events.append(damage)
        if self._context.resync:
            return
        if self._session is not None:
            self._session.violate(_DAMAGE_RESULTS.get(damage.code, Result.BAD_FRAME))
        self.closing = damage.code

    def _take(self, frame: Frame, now: Instant, events: list[Event]) -> None:
        if frame.flags & DIR:
            # On a two-wire line this is our own echo; on TCP somebody reflects our frames.
            if not self._context.resync:
                self._damaged(FrameDamaged(code="direction", size=len(frame.raw)), events)
            return
        if frame.address and frame.address != self._address:
            events.append(Misbehaved(code="foreign_address", detail=f"0x{frame.address:04x}"))
            return
        session = self._session
        if session is None or (frame.sid == 0 and frame.command != Command.POLL):
            self._before_login(frame, now, events)
            return
        session.take(frame, now, events)
        if session.closing is not None:
            self.closing = session.closing

    def _before_login(self, frame: Frame, now: Instant, events: list[Event]) -> None:
        """Take a frame that belongs to no session; one that goes on already is never harmed."""
        command = frame.command
        if frame.flags & (RSP | OW | PROTECTION) or frame.sid:
            self._not_logged_in(frame, events)
        elif command == Command.HELLO:
            self._hello(frame, now, events)
        elif command == Command.AUTH and self._login is not None:
            self._auth(self._login, frame, events)
        else:
            self._not_logged_in(frame, events)

    def _not_logged_in(self, frame: Frame, events: list[Event]) -> None:
        if frame.command == Command.BYE and frame.flags & OW:
            self._fail("goodbye")
            return
        events.append(Misbehaved(code="not_logged_in", fatal=self._lonely))
        if not frame.flags & (RSP | OW):
            self._out.append(refuse(frame, put_result(Result.NOT_LOGGED_IN)))
        if not self._context.resync:
            self._fail("not_logged_in")

    def _hello(self, frame: Frame, now: Instant, events: list[Event]) -> None:
        login = self._login
        if login is not None:
            answer = login.repeated(frame)
            if answer is not None:
                self._out.append(answer)
                return
            if self._lonely:
                events.append(Misbehaved(code="second_hello", fatal=True))
                self._fail("second_hello")
                return
        try:
            nonce = self._context.entropy(NONCE_SIZE)
            self._login = ServerLogin(frame, self._settings, nonce)
        except Refused as refused:
            self._out.append(refuse_hello(frame, refused.result))
            code = refused.result.name.lower()
            events.append(Misbehaved(code=code, detail="HELLO", fatal=self._lonely))
            self._fail(code)
            return
        self._out.append(self._login.reply)
        if self._session is not None:
            self._login_by = now.mono + LOGIN_SECONDS

    def _auth(self, login: ServerLogin, frame: Frame, events: list[Event]) -> None:
        answer = login.repeated(frame)
        if answer is not None:
            if answer:
                self._out.append(answer)
            return
        if login.phase is not Phase.GREETED:
            self._not_logged_in(frame, events)
            return
        try:
            events.append(login.claim(frame))
        except Refused as refused:
            self._out.append(refuse(frame, put_result(refused.result)))
            events.append(LoginFailed(serial=login.serial, reason=refused.result.name.lower()))
            self._end_login("auth_failed")

    def _prove(self, given: CredentialGiven) -> list[Event]:
        login = self._login
        if login is None or login.phase is not Phase.CLAIMED:
            return []
        proved = login.prove(given.secret, self._context.channel_binding)
        if proved is not None:
            self._login_by = None  # from here on we are the slow ones
            return [proved]
        self._out.append(login.refuse())
        self._end_login("auth_failed")
        return [LoginFailed(serial=login.serial, reason="auth_failed")]

    def _refuse(self, refuse: Refuse) -> list[Event]:
        login = self._login
        if login is not None and login.phase in (Phase.CLAIMED, Phase.PROVED):
            self._out.append(login.refuse(refuse))
            self._end_login(refuse.reason.value)
        return []

    def _admit(self, admit: Admit, now: Instant) -> list[Event]:
        login = self._login
        if login is None or login.phase is not Phase.PROVED:
            return []
        ended = self._session.end() if self._session is not None else []
        room = login.max_frame - OVERHEAD - SEAL - VERDICT
        ledger = Ledger(admit.held, login.stores, room)
        self._records.restart(ledger)
        secure, bench = self._context.secure, self._settings.bench_plain_biometrics
        seal = login.admit(admit, ledger, now, bare=secure)
        self._session = ServerSession(
            seal,
            self._records,
            self._out,
            self._receipts.__next__,
            secure=secure,
            bench=bench,
            max_frame=login.max_frame,
            window=self._settings.window,
            device_window=login.window,
            last_seq=login.last_seq,
            encrypts="encryption" in login.capabilities,
            by_picture=login.by_picture and not seal.address,
            uplink_ms=self._settings.uplink_ms,
        )
        self._out.append(login.welcome)
        self._inlet.limit = login.max_frame
        if bench and not secure:
            ended.append(Misbehaved(code="bench_plain_biometrics"))
        return ended

    def _part(self, farewell: Farewell) -> None:
        if self._session is not None:
            self._session.part(farewell.reason)
        self.closing = farewell.reason.value

    @property
    def _address(self) -> int:
        """Where the device is on its bus; 0 on every other link."""
        address = self._session.address if self._session is not None else 0
        return address or self._settings.bus_address

    @property
    def _lonely(self) -> bool:
        """Nothing lives on this connection that a failed login could harm, and TCP closes it."""
        return self._session is None and not self._context.resync

    def _fail(self, code: str) -> None:
        if self._session is None:
            if self._context.resync:
                self._login = None
            else:
                self.closing = code

    def _end_login(self, code: str) -> None:
        self._login = None
        if self._session is not None:
            self._login_by = None
        self._fail(code)

    def _give_up_login(self, events: list[Event]) -> None:
        self._login_by = None
        self._login = None
        if self._session is None:
            events.append(Misbehaved(code="login_timeout", fatal=True))
            self.closing = "login_timeout"
