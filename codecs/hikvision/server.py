"""The gateway's side of a connection: one request, one answer, and only when it is true.

Owns the order on a connection: head, who sends, body. What is done with a request is the way's,
which the first head chooses: HTTP listening or PUSH.
"""

from __future__ import annotations

from collections.abc import Callable

from gateway.codecs.api import Context
from gateway.codecs.hikvision import keys
from gateway.codecs.hikvision.exchange import Exchange
from gateway.codecs.hikvision.isapi.table import ERRANDS
from gateway.codecs.hikvision.limits import REQUEST_SECONDS
from gateway.codecs.hikvision.listening import Listening
from gateway.codecs.hikvision.push import paths
from gateway.codecs.hikvision.push.server import Push
from gateway.codecs.hikvision.refused import Refused
from gateway.codecs.hikvision.settings import read_settings
from gateway.codecs.hikvision.way import Judged, Step, Way
from gateway.codecs.http.head import BadHead, Head

from gateway.domain.events import Event, FrameDamaged, Misbehaved
from gateway.domain.requests import Farewell, Request
from gateway.domain.times import Instant


class HikvisionConversation:
    """Implements `gateway.codecs.api.Conversation`."""

    def __init__(self, context: Context, logins: keys.Logins = keys.login) -> None:
        """``logins`` makes a terminal's user name and password for PUSH from its key."""
        self._context = context
        self._logins = logins
        self._settings = read_settings(context.settings)
        self._exchange = Exchange()
        self._inlet = self._exchange.inlet
        self._way: Way = Listening(self._exchange, self._settings)
        self._begun = False
        self._head: Head | None = None
        self._step = Step.TAKE

    @property
    def closing(self) -> str | None:
        """See `gateway.codecs.api.Conversation.closing`."""
        return self._exchange.closing

    def feed(self, data: bytes, now: Instant) -> list[Event]:
        """See `gateway.codecs.api.Conversation.feed`."""
        if self.closing is not None:
            return []
        try:
            self._exchange.feed(data, now.mono, owing=self._way.busy)
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
        if isinstance(request, Farewell):
            self._part(request.reason.value)
            return []
        events: list[Event] = []
        if self._waiting:
            events = self._judged(lambda head: self._way.told(request, head, now), now)
        if self.closing is None:
            events += self._way.submit(request, now)
        return events + self._run(now)

    def deadline(self) -> float | None:
        """See `gateway.codecs.api.Conversation.deadline`."""
        if self.closing is not None:
            return None
        if self._way.busy or not self._inlet.unfinished:
            return self._way.deadline()
        assert self._inlet.begun is not None
        return self._inlet.begun + REQUEST_SECONDS

    def tick(self, now: Instant) -> list[Event]:
        """See `gateway.codecs.api.Conversation.tick`."""
        due = self.deadline()
        if due is None or now.mono < due:
            return []
        if self._way.busy:
            return self._way.expire(now) + self._run(now)
        self._exchange.closing = "request_timeout"
        return [Misbehaved(code="request_timeout", fatal=True)]

    def lost(self, now: Instant) -> list[Event]:
        """See `gateway.codecs.api.Conversation.lost`."""
        return self._way.lost(now)

    @property
    def _waiting(self) -> bool:
        """A head waits for the gateway's word on who sent it."""
        return self._head is not None and self._step is Step.WAIT

    def _run(self, now: Instant) -> list[Event]:
        events: list[Event] = []
        try:
            while self.closing is None and not self._waiting and not self._way.busy:
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
            self._choose(self._head)
            events += self._judged(lambda head: self._way.enter(head, now), now)
            return True
        body = self._inlet.body()
        if body is None:
            return False
        head, self._head = self._head, None
        if self._step is Step.DISMISS:
            self._way.dismiss(now)
            return True
        try:
            events += self._way.take(head, body, now)
        except Refused as refused:
            events += self._refused(refused, now)
        return True

    def _choose(self, head: Head) -> None:
        """Let the first path decide what is spoken; another one later is another terminal's."""
        if not self._begun and head.target.startswith(paths.PREFIX):
            self._way = Push(self._exchange, self._context, self._settings, self._logins, ERRANDS)
        self._begun = True

    def _judged(self, judge: Callable[[Head], Judged | None], now: Instant) -> list[Event]:
        """Do with a request what is to be done after a look at its head."""
        assert self._head is not None
        try:
            judged = judge(self._head)
            if judged is None:
                return []
            self._step, events = judged
            if self._step is Step.TAKE:
                self._inlet.take_body(self._way.most_body, self._head.header("content-length"))
            elif self._step is Step.DISMISS:
                self._inlet.skip_body(self._way.most_body)
        except Refused as refused:
            return self._refused(refused, now, close=True)
        except BadHead as bad:
            return self._broken(bad, now)
        if self._step is not Step.WAIT:
            self._exchange.go_on()
        return events

    def _part(self, reason: str) -> None:
        """End the connection, after the answer that is still owed."""
        if self._way.busy:
            self._exchange.parting = reason
        else:
            self._exchange.closing = reason

    def _refused(self, refused: Refused, now: Instant, *, close: bool = False) -> list[Event]:
        return self._way.refuse(refused, now, close=close or refused.status == 413)

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
