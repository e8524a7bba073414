"""A terminal that speaks PUSH, for tests and the simulator.

One request at a time, over one connection or one for each. A request that got no answer, or one of
5xx, is sent again to the byte; a 401 makes it log in anew. What it does where nothing is documented
is ours.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from typing import Any

import h11
from gateway.codecs.hikvision.device import ANSWER_S, MOST_ANSWER, RETRY_S, pass_through
from gateway.codecs.hikvision.device_events import (
    Answered,
    Beat,
    DeviceConfig,
    DeviceEvent,
    LoggedIn,
    Occurrence,
    Opened,
    StayedShut,
    Taken,
)
from gateway.codecs.hikvision.device_records import Kept, Records
from gateway.codecs.hikvision.device_texts import put_content, put_json
from gateway.codecs.hikvision.documents import read_json
from gateway.codecs.hikvision.push import texts
from gateway.codecs.hikvision.push.device_acts import Acts
from gateway.codecs.hikvision.push.device_session import DeviceSession
from gateway.codecs.hikvision.push.limits import MOST_EVENTS
from gateway.codecs.hikvision.push.paths import Action
from gateway.codecs.hikvision.push.uuids import write_uuid
from gateway.codecs.hikvision.refused import Refused
from gateway.codecs.hikvision.verdict import read_verdict

from gateway.domain.times import Instant


class PushDevice:
    """One terminal; survives its connections."""

    def __init__(self, config: DeviceConfig, entropy: Callable[[int], bytes]) -> None:
        self.config = config
        self.records = Records(config)
        self.closing: str | None = None
        self.status = 0
        """Of the last answer; 0 while one is awaited."""
        self._entropy = entropy
        self._session = DeviceSession(config, entropy)
        self._acts = Acts()
        self._library: h11.Connection | None = None
        self._action: Action | None = None
        """Of the request that has no answer yet."""
        self._raw = b""
        self._waiting = False
        self._due: float | None = None
        self._poll_at = 0.0
        self._results: list[dict[str, str]] = []
        self._asked: dict[int, Kept] = {}
        """Questions that were taken, and wait for their verdict."""
        self._body = bytearray()
        self._kind = ""
        self._out = bytearray()

    def connected(self, now: Instant) -> list[DeviceEvent]:
        """Begin anew on a fresh connection; an unanswered request is sent again as it was."""
        self._library, self._waiting, self.closing = h11.Connection(h11.CLIENT), False, None
        self._due = None
        self._out.clear()
        if self._action is not None:
            self._send(self._action, self._raw, now)
        else:
            self._next(now)
        return []

    def lost(self) -> list[DeviceEvent]:
        """Forget the connection; the session stays."""
        self._library, self._waiting, self._due = None, False, None
        self.records.interrupted()
        return []

    def keep(self, what: Occurrence, now: Instant) -> tuple[int, bytes]:
        """Keep what happened, and send it when its turn comes; return its number and its text."""
        self.records.keep(what)
        last = self.records.kept[-1]
        last.uuid = write_uuid(self._entropy(16))
        text = put_json(last.values)
        self._next(now)
        return self.records.serial, text

    def beat(self, what: Beat, now: Instant) -> None:
        """Do nothing: its polls are its heartbeats."""
        del what, now

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
        return told

    def deadline(self) -> float | None:
        """Monotonic seconds at which `tick` wants to be called, or None."""
        if self._library is None or self.closing:
            return None
        return self._due if self._waiting or self._due is not None else self._poll_at

    def tick(self, now: Instant) -> list[DeviceEvent]:
        """Poll, try again, or give up the connection; harmless when called early."""
        if self._library is None:
            return []
        if self._due is not None and now.mono >= self._due:
            self._due = None
            if self._waiting:
                self.closing = "no_answer"
            elif self._action is not None:
                self._send(self._action, self._raw, now)
        if self.closing is None:
            self._next(now)
        return []

    def _next(self, now: Instant) -> None:
        """Do what comes next, unless an answer is awaited or a pause is on."""
        if self._library is None or self._waiting or self._due is not None or self.closing:
            return
        if not self._session.challenge:
            self._send(Action.AUTH_INFO, self._session.auth_info(), now)
        elif self._results:
            said = {"commandNum": len(self._results), "commandList": self._results}
            self._ask(Action.COMMAND_RESULT, texts.put(said), now)
        elif self.records.kept:
            self._upload(now)
        elif now.mono >= self._poll_at:
            self._poll_at = now.mono + self._session.interval_s
            self._ask(Action.COMMAND_REQUEST, b"", now)

    def _upload(self, now: Instant) -> None:
        sent = [one for one, _ in zip(self.records.kept, range(MOST_EVENTS), strict=False)]
        listed = [self._item(one, now) for one in sent]
        said = {"eventNum": len(listed), "eventList": listed}
        self._ask(Action.EVENT, texts.put(said), now)

    def _item(self, one: Kept, now: Instant) -> dict[str, str]:
        if one.sent_at is not None:
            one.stored()
        one.sent_at = one.sent_at if one.sent_at is not None else now.mono
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
        self._due = now.mono + ANSWER_S

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
            self.closing = "last_answer"
        action, self._action = self._action, None
        assert action is not None
        told = self._unwelcome(action, now) if self.status != 200 else self._read(action, now)
        if not self.closing:
            self._next(now)
        return told

    def _unwelcome(self, action: Action, now: Instant) -> list[DeviceEvent]:
        """Log in anew after a 401, wait where that failed too, and repeat anything else."""
        if self.status == 401 and action is not Action.LOGIN:
            self._session.challenge = ""
            return []
        if self.status >= 500:
            self._action = action
        else:
            self._session.challenge = ""
        self._due = now.mono + (RETRY_S if self.status >= 500 else self._session.delay_s)
        return [Answered(status=self.status)]

    def _read(self, action: Action, now: Instant) -> list[DeviceEvent]:
        try:
            text = self._session.answered(self._kind, bytes(self._body))
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
                    return self._obey(read_json(text)["commandList"], now)
                case Action.COMMAND_RESULT:
                    self._results = []
                    if read_json(text).get("isPendingCommand"):
                        self._poll_at = now.mono
        except (Refused, LookupError, TypeError, ValueError):
            self.closing = "no_answer_of_push"
        return []

    def _taken(self, text: bytes, now: Instant) -> list[DeviceEvent]:
        """Let go of what the gateway has; keep the rest for a while."""
        results = read_json(b'{"told":' + text + b"}")["told"]
        had = {one["UUID"] for one in results if one["status"] == 200}
        gone = [one for one in self.records.kept if one.uuid in had]
        for one in gone:
            self.records.kept.remove(one)
            if one.asks:
                self._asked[one.serial] = one
        if len(had) < len(results):
            self._due = now.mono + RETRY_S
            return [*(Taken(serial=one.serial) for one in gone), Answered(status=503)]
        return [Taken(serial=one.serial) for one in gone]

    def _obey(self, commands: list[dict[str, Any]], now: Instant) -> list[DeviceEvent]:
        told: list[DeviceEvent] = []
        for command in commands:
            verdict, result, done = self._acts.do(command)
            told += done + self._judge(verdict, now)
            data = b64encode(result).decode()
            self._results.append({"UUID": command["UUID"], "dataFormat": "jsonData", "data": data})
        return told

    def _judge(self, body: bytes, now: Instant) -> list[DeviceEvent]:
        """Open to a verdict in time that says so, and to nothing else."""
        verdict = read_verdict(body) if body else None
        if verdict is None:
            return []
        serial, passes, info = verdict
        asked = self._asked.pop(serial, None)
        if asked is None or asked.sent_at is None:
            return [StayedShut(serial=serial, reason="other_serial")]
        if now.mono >= asked.sent_at + self.config.patience_s:
            return [StayedShut(serial=serial, reason="no_answer")]
        if not passes:
            return [StayedShut(serial=serial, reason="failed")]
        return [Opened(serial=serial, info=info)]
