"""A terminal that speaks PUSH, for tests and the simulator.

One request at a time, over one connection or one for each. A request that got no answer, or one of
5xx, is sent again to the byte; a 401 makes it log in anew. What it does where nothing is documented
is ours.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable

import h11
from gateway.codecs.hikvision.device import LAST_ANSWER, pass_through
from gateway.codecs.hikvision.device_events import (
    Answered,
    Beat,
    DeviceConfig,
    DeviceEvent,
    LoggedIn,
    Occurrence,
    Taken,
)
from gateway.codecs.hikvision.device_records import Kept, Records
from gateway.codecs.hikvision.device_texts import put_content
from gateway.codecs.hikvision.documents import read_json
from gateway.codecs.hikvision.push import texts
from gateway.codecs.hikvision.push.device_calls import Calls
from gateway.codecs.hikvision.push.device_questions import Questions
from gateway.codecs.hikvision.push.device_session import DeviceSession
from gateway.codecs.hikvision.push.limits import MOST_EVENTS
from gateway.codecs.hikvision.push.paths import Action
from gateway.codecs.hikvision.push.uuids import write_uuid
from gateway.codecs.hikvision.refused import Refused

from gateway.domain.times import Instant

MOST_ANSWER = 2 * 1024 * 1024
"""Bytes of an answer: a face on its way has 400 kB."""


class PushDevice:
    """One terminal; survives its connections."""

    hangs_up = False
    resting = False
    """It is never away of its own will, see `gateway.codecs.hikvision.device`."""

    def __init__(self, config: DeviceConfig, entropy: Callable[[int], bytes]) -> None:
        self.config = config
        self.records = Records(config)
        self.kept, self.memory = self.records.kept, self.records.memory
        self.calls = Calls()
        self.closing: str | None = None
        self.admitted = False
        """The gateway took a request of a session on this connection."""
        self.status = 0
        """Of the last answer; 0 while one is awaited."""
        self._entropy = entropy
        self._session = DeviceSession(config, entropy)
        self._questions = Questions(self.records, config)
        self._library: h11.Connection | None = None
        self._action: Action | None = None
        """Of the request that has no answer yet."""
        self._raw = b""
        self._waiting = False
        self._failures = 0
        self._due: float | None = None
        self._poll_at = 0.0
        self._body = bytearray()
        self._kind = ""
        self._out = bytearray()

    def connected(self, now: Instant) -> list[DeviceEvent]:
        """Begin anew on a fresh connection; an unanswered request is sent again as it was."""
        self._library, self._waiting, self.closing = h11.Connection(h11.CLIENT), False, None
        self._due, self.admitted = None, False
        self._out.clear()
        if self._action is not None:
            self._send(self._action, self._raw, now)
        else:
            self._next(now)
        return []

    def lost(self) -> list[DeviceEvent]:
        """Forget the connection; the session stays."""
        ended_well = self.closing == LAST_ANSWER
        self._library, self._waiting, self._due, self.closing = None, False, None, None
        if ended_well and self.config.style.closes:
            return []
        self.records.interrupted()
        return []

    def record(self, what: Occurrence, now: Instant) -> int:
        """Keep what happened, and send it when its turn comes; return its number."""
        self.records.keep(what, now.mono, away=self._library is None)
        self._next(now)
        return self.records.serial

    def beat(self, what: Beat, now: Instant) -> None:
        """Do nothing: its polls are its heartbeats."""
        del what, now

    def verdict(self, body: bytes, now: Instant) -> list[DeviceEvent]:
        """Take a verdict; nothing is returned where nobody waits for it."""
        return self._questions.decide(body, now.mono)

    def upload(self, now: Instant) -> None:
        """Send what is kept now, and an empty list where nothing is."""
        if not self._waiting and self._session.challenge:
            self._upload(now)

    def output(self) -> bytes:
        """Return and forget the bytes to be sent."""
        sent = bytes(self._out)
        self._out.clear()
        return sent

    def feed(self, data: bytes, now: Instant) -> list[DeviceEvent]:
        """Take what the gateway sent."""
        library = self._library
        if library is None or self.closing or not data:
            return []
        library.receive_data(data)
        told: list[DeviceEvent] = []
        try:
            while self._waiting and self.closing is None:
                event = library.next_event()
                if isinstance(event, h11.Response):
                    self._note(event)
                elif isinstance(event, h11.Data):
                    self._collect(event.data)
                elif isinstance(event, h11.EndOfMessage):
                    told += self._answered(library, now)
                else:
                    return told
        except h11.RemoteProtocolError:
            self.closing = "no_http"
        if not self._waiting and library.trailing_data[0]:
            self.closing = "unasked_answer"
        return told

    def deadline(self) -> float | None:
        """Monotonic seconds at which `tick` wants to be called, or None."""
        if self._library is None or self.closing:
            return None
        due = self._due if self._waiting or self._due is not None else self._poll_at
        dues = [one for one in (due, self._questions.deadline()) if one is not None]
        return min(dues, default=None)

    def tick(self, now: Instant) -> list[DeviceEvent]:
        """Poll, try again, or give up the connection; harmless when called early."""
        told = self._questions.expire(now.mono)
        if self._library is None:
            return told
        if self._due is not None and now.mono >= self._due:
            self._due = None
            if self._waiting:
                self.closing = "no_answer"
            elif self._action is not None:
                self._send(self._action, self._raw, now)
        self._next(now)
        return told

    def _next(self, now: Instant) -> None:
        """Do what comes next, unless an answer is awaited or a pause is on."""
        if self._library is None or self._waiting or self._due is not None or self.closing:
            return
        if not self._session.challenge:
            self._send(Action.AUTH_INFO, self._session.auth_info(), now)
        elif self.calls.results:
            listed = self.calls.results
            said = texts.put({"commandNum": len(listed), "commandList": listed})
            self._ask(Action.COMMAND_RESULT, said, now)
        elif self.kept:
            self._upload(now)
        elif now.mono >= self._poll_at:
            self._poll_at = now.mono + self._session.interval_s
            self._ask(Action.COMMAND_REQUEST, b"", now)

    def _upload(self, now: Instant) -> None:
        sent = [one for one, _ in zip(self.kept, range(MOST_EVENTS), strict=False)]
        listed = [self._item(one, now.mono) for one in sent]
        said = {"eventNum": len(listed), "eventList": listed}
        self._ask(Action.EVENT, texts.put(said), now)

    def _item(self, one: Kept, mono: float) -> dict[str, str]:
        if one.sent_at is not None or (one.asks and one.decided):
            one.stored()
        one.sent_at = one.sent_at if one.sent_at is not None else mono
        one.uuid = one.uuid or write_uuid(self._entropy(16))
        self._questions.ask(one)
        content = put_content(one.values, one.picture, self.config.style)
        form, data = ("xmlData" if self.config.style.xml else "jsonData"), content.body
        if one.picture:
            head = f"Content-Type: {content.kind}\r\nContent-Length: {len(data)}\r\n\r\n"
            form, data = "boundaryData", head.encode() + data
        return {"UUID": one.uuid, "dataFormat": form, "data": b64encode(data).decode()}

    def _ask(self, action: Action, text: bytes, now: Instant) -> None:
        self._send(action, self._session.ask(action, text), now)

    def _send(self, action: Action, raw: bytes, now: Instant) -> None:
        self._action, self._raw = action, raw
        if self.closing or self._library is None:  # it leaves on the next connection
            return
        pass_through(self._library, raw)
        self._out += raw
        self._waiting, self.status, self._body = True, 0, bytearray()
        self._due = now.mono + self.config.silence_s

    def _note(self, response: h11.Response) -> None:
        self.status, self._kind = response.status_code, ""
        for name, value in response.headers:
            if name == b"content-type":
                self._kind = value.decode("latin-1")
            elif name == b"my-custom-challenge":
                self._session.challenge = value.decode("latin-1")

    def _collect(self, data: bytes | bytearray) -> None:
        self._body += data
        if len(self._body) > MOST_ANSWER:
            self.closing = "answer_too_large"

    def _answered(self, library: h11.Connection, now: Instant) -> list[DeviceEvent]:
        self._waiting, self._due = False, None
        if library.our_state is h11.DONE and library.their_state is h11.DONE:
            library.start_next_cycle()
        else:
            self.closing = LAST_ANSWER
        action, self._action = self._action, None
        assert action is not None
        told = self._unwelcome(action, now) if self.status != 200 else self._read(action, now)
        self._next(now)
        return told

    def _unwelcome(self, action: Action, now: Instant) -> list[DeviceEvent]:
        """Log in anew after a 401, wait where that failed too, and repeat anything else."""
        if self.status == 401 and action is not Action.LOGIN:
            self._session.challenge = ""
            return []
        if self.status >= 500:
            self._action = action
            self._due = now.mono + self._pause()
        else:
            self._session.challenge = ""
            self._due = now.mono + self._session.delay_s
        return [Answered(status=self.status)]

    def _pause(self) -> float:
        pauses = self.config.pauses
        self._failures += 1
        return pauses[min(self._failures, len(pauses)) - 1]

    def _read(self, action: Action, now: Instant) -> list[DeviceEvent]:
        try:
            text = self._session.answered(self._kind, bytes(self._body))
            return self._understood(action, text, now)
        except (Refused, LookupError, TypeError, ValueError):
            self.closing = "no_answer_of_push"
        return []

    def _understood(self, action: Action, text: bytes, now: Instant) -> list[DeviceEvent]:
        self.admitted = self.admitted or action not in (Action.AUTH_INFO, Action.LOGOUT)
        match action:
            case Action.AUTH_INFO:
                self._session.offered(text)
                self._send(Action.LOGIN, self._session.log_in(), now)
            case Action.LOGIN:
                self._session.logged_in(text)
                self._poll_at = now.mono + self._session.interval_s
                return [LoggedIn()]
            case Action.EVENT:
                return self._taken(text, now)
            case Action.COMMAND_REQUEST:
                for command in read_json(text)["commandList"]:
                    self.calls.make(command, now)
                return self._questions.told()
            case Action.COMMAND_RESULT:
                self.calls.results = []
                if read_json(text).get("isPendingCommand"):
                    self._poll_at = now.mono
        return []

    def _taken(self, text: bytes, now: Instant) -> list[DeviceEvent]:
        """Let go of what the gateway has, in order: what follows a failed one is sent again."""
        results = read_json(b'{"told":' + text + b"}")["told"]
        had = {one["UUID"] for one in results if one["status"] == 200}
        told: list[DeviceEvent] = []
        while self.kept and self.kept[0].uuid in had:
            told.append(Taken(serial=self.kept.popleft().serial))
        if len(had) == len(results):
            self._failures = 0
            return told
        self._due = now.mono + self._pause()
        return [*told, Answered(status=503)]
