"""One conversation and the desk: events go one way, requests the other.

Knows no socket, no clock of its own and no protocol. What an event leads to is declared in
`gateway.protocols.routing`; how bytes come and go is the connection's business.
"""

from __future__ import annotations

import sys
from math import inf
from typing import TYPE_CHECKING

from gateway.codecs.api import Conversation, Dialect, Reach
from gateway.protocols.flow import Credit
from gateway.protocols.hoards import Hoard
from gateway.protocols.routing import MEMBER_ROUTES, NOISE, STRANGER_ROUTES
from gateway.protocols.surroundings import Surroundings

from gateway.domain.events import Event
from gateway.domain.ids import DeviceId, Generation, Serial
from gateway.domain.requests import Accept, Admit, Conflict, Defer, Farewell, Parting, Request
from gateway.domain.times import Instant

if TYPE_CHECKING:
    from gateway.protocols.connection import Connection

SETTLING = (Accept, Defer, Conflict)
"""Requests that end the wait of a record."""


class Session:
    """Implements SessionHandle for one connection whose dialect is known."""

    __slots__ = (
        "_complained",
        "_connection",
        "_conversation",
        "_draining",
        "_excused",
        "_hoard",
        "_routes",
        "_routing",
        "_serial",
        "admitted",
        "credit",
        "deadline",
        "device",
        "dialect",
        "fetches",
        "generation",
        "peer",
        "push_only",
        "shared",
        "slot",
        "takes_orders",
        "tap",
    )

    def __init__(
        self,
        shared: Surroundings,
        connection: Connection,
        conversation: Conversation,
        dialect: Dialect,
    ) -> None:
        self.shared = shared
        self.peer = connection.peer
        """Address of the other end, without the port."""
        self.dialect = sys.intern(f"{dialect.name}/{dialect.version}")  # one of all its sessions
        self.device = DeviceId(-1)
        self.generation = Generation(0)
        self.slot = -1
        self.admitted = False
        self.takes_orders = bool(dialect.carries)
        self.fetches = False
        """The terminal fetches its orders, and not only on this connection."""
        self.credit = Credit(shared.flow.credit)
        self.deadline = conversation.deadline
        """Asked for every session in every sweep, so it is the conversation's own method."""
        self.tap = None if shared.taps is None else shared.taps.tap(self.peer, dialect)
        self.push_only = dialect.reach is Reach.PUSH_ONLY
        """It dials when it has something to say, and need not have heartbeats."""
        self._connection = connection
        self._conversation = conversation
        self._routes = STRANGER_ROUTES
        self._routing = False
        self._serial: Serial | None = None
        self._draining = False
        self._excused = 0.0
        """Seconds in which we did not read a message that is not whole; below 0 while we do not."""
        self._hoard: Hoard | None = None
        """Exists once a message came in more than one read."""
        self._complained = False

    # What the connection calls.

    def receive(self, data: bytes, now: Instant) -> None:
        """Feed what arrived, route what it means, send what the conversation answers."""
        tap = self.tap
        if tap is not None and tap.note(True, data, now.mono):
            tap.make_room(now)
        try:
            events = self._conversation.feed(data, now)
        except Exception as error:
            self._blame_codec(error)
            return
        if events and self._handle(events, now) and self.admitted:
            self.shared.desk.heard(self, now)
        self.flush(now)
        if self._hoard is not None or not events:
            self._hoard_up(len(data), whole=bool(events))

    def flush(self, now: Instant) -> None:
        """Send what the conversation has to say; close if it is over."""
        self._send(now)
        reason = self._conversation.closing
        if reason is not None:
            self._connection.finish(reason, now)
        if self.tap is not None and self.tap.cause is not None:
            self.tap.settle(now)

    def tick(self, now: Instant) -> None:
        """Let the conversation act on time having passed; not on time in which it was not read."""
        if self._excused and now.mono < (self._later() or inf):
            self.flush(now)
            return
        try:
            events = self._conversation.tick(now)
        except Exception as error:
            self._blame_codec(error)
            return
        if events:
            self._handle(events, now)
        self.flush(now)

    def drain(self) -> None:
        """Take no more records, and close as soon as none is in flight."""
        self._draining = True
        self.credit.shut()
        if not self.credit:
            self.close(Parting.DRAINING)

    def lost(self, reason: str, now: Instant) -> None:
        """Hand over what should survive the connection; tell the desk that it ended."""
        events: list[Event] = []
        try:
            events = self._conversation.lost(now)
        except Exception as error:
            self._blame_codec(error)
        try:
            for event in events:
                self._routes[type(event)](self, event, now)
        except Exception as error:
            self._connection.fail("handling_error", error)
        if self.admitted:
            self.shared.registry.release(self.device, self.generation)
            self.shared.desk.lost(self, reason, now)
        if self._hoard is not None:
            self.shared.hoards.drop(self._hoard)
        if self.tap is not None:
            self.tap.end(now)

    # What the hoards call.

    def hold(self) -> None:
        """Leave the connection unread; the time that takes is ours."""
        self._excused -= self.shared.clock().mono
        self.deadline = self._later
        self._connection.hold()

    def release(self) -> None:
        """Read it again."""
        self._excused += self.shared.clock().mono
        self._connection.release()

    # What services call.

    @property
    def over(self) -> bool:
        """See `SessionHandle.over`."""
        return self._connection.ending is not None

    def submit(self, *requests: Request) -> None:
        """Pass requests to the conversation; whatever they lead to leaves in one write."""
        if self.over:
            return
        now = self.shared.clock()
        outer, self._routing = self._routing, True
        try:
            for request in requests:
                if isinstance(request, SETTLING):
                    self.credit.give(request.receipt)
                elif isinstance(request, Admit):
                    self._enter(request)
                self.tell(request, now)
        except Exception as error:
            self._connection.fail("handling_error", error)
        finally:
            self._routing = outer
        if not outer:
            self.flush(now)
        if self._draining and not self.credit:
            self.close(Parting.DRAINING)

    def close(self, reason: Parting) -> None:
        """Say farewell, and close once that is sent."""
        if self._connection.ending is None:
            now = self.shared.clock()
            try:
                self.tell(Farewell(reason=reason), now)
            except Exception as error:
                self._connection.fail("handling_error", error)
            self._send(now)
            self._connection.finish(reason.value, now)

    def retire(self) -> None:
        """Give way to a newer connection.

        A terminal that only takes answers may have several, each with a question that somebody
        waits at a gate for: such a one ends by itself, after what it owes.
        """
        if not self.push_only:
            self.close(Parting.TAKEN_OVER)
        elif self._connection.ending is None:
            now = self.shared.clock()
            self.tell(Farewell(reason=Parting.TAKEN_OVER), now)
            self.flush(now)

    # What routes call.

    def tell(self, request: Request, now: Instant) -> None:
        """Pass a request to the conversation and route what it says to that."""
        if self._connection.ending is None:
            try:
                events = self._conversation.submit(request, now)
            except Exception as error:
                self._blame_codec(error)
                return
            if events:
                self._route(events, now)

    def prove(self, serial: Serial, firmware: str, now: Instant) -> bool:
        """Be known from now on; False, and cut off, if it was another terminal before."""
        if self._serial is None:
            self._serial = serial
            self._connection.known()
            if self.tap is not None:
                self.tap.identify(serial, firmware, now)
        elif self._serial != serial:
            self.drop("identity_changed")
            return False
        return True

    def drop(self, reason: str) -> None:
        """Hang up without a word."""
        self._connection.abort(reason)

    def blame(self, code: str) -> None:
        """Have what was said kept: something in it did not decode."""
        if self.tap is not None:
            self.tap.blame(code)

    def complain(self, code: str, detail: str) -> None:
        """Log a breach of the protocol, once per connection; all of them are counted."""
        if self._complained:
            return
        self._complained = True
        if self._serial is not None or self.shared.hush.allows():
            self.shared.log.warning(
                "session.protocol_error", **self.who(), code=code, detail=detail
            )

    def who(self) -> dict[str, object]:
        """Return what names this session in the log."""
        named: dict[str, object] = {"peer": self.peer, "dialect": self.dialect}
        if self._serial is not None:
            named["serial"] = self._serial
        return named

    # The rest is ours.

    def _hoard_up(self, size: int, *, whole: bool) -> None:
        """Count bytes that led to nothing yet; strangers have bounds of their own."""
        if self._hoard is None:
            self._hoard = Hoard(self)
        if whole:
            self.shared.hoards.drop(self._hoard)
            if self._excused < 0:  # TLS hands over all it has decrypted, held or not
                self.release()
            self._excused, self.deadline = 0.0, self._conversation.deadline
        elif self.admitted and not self.over:
            self.shared.hoards.keep(self._hoard, size)

    def _later(self) -> float | None:
        """Return the conversation's deadline without the time that was ours; None while it is."""
        due = self._conversation.deadline()
        return None if due is None or self._excused < 0 else due + self._excused

    def _blame_codec(self, error: Exception) -> None:
        self.blame("codec_error")
        self._connection.fail("codec_error", error)

    def _handle(self, events: list[Event], now: Instant) -> bool:
        """Route events whose answers leave together; see `_route` for the result."""
        self._routing = True
        try:
            return self._route(events, now)
        except Exception as error:
            self._connection.fail("handling_error", error)
            return False
        finally:
            self._routing = False

    def _route(self, events: list[Event], now: Instant) -> bool:
        """Return whether one of the events shows a healthy terminal."""
        healthy = False
        connection = self._connection
        for event in events:
            if connection.ending is not None:
                break
            kind = type(event)
            self._routes[kind](self, event, now)
            if kind not in NOISE:
                healthy = True
        return healthy

    def _send(self, now: Instant) -> None:
        if self._connection.ending is None:
            try:
                output = self._conversation.output()
                if output:
                    self._connection.write(output)
                    tap = self.tap
                    if tap is not None and tap.note(False, output, now.mono):
                        tap.make_room(now)
            except Exception as error:
                self._blame_codec(error)

    def _enter(self, admission: Admit) -> None:
        self._connection.expect_every(admission.heartbeat_s)
        if self.admitted:  # a second login on the same connection
            return
        if self.device < 0:
            raise RuntimeError("a session's device must be set before it is admitted")
        self.admitted = True
        self._routes = MEMBER_ROUTES
        self.generation, older = self.shared.registry.claim(self.device, self)
        log = self.shared.log
        log.info("session.opened", **self.who(), device=self.device)
        if older is not None:
            elsewhere = older.peer != self.peer
            log.warning(
                "session.taken_over", **self.who(), older_peer=older.peer, elsewhere=elsewhere
            )
            older.retire()
