"""A terminal's side, for tests and the simulator: reports, asks, and sends again what got no 200.

Stop and wait, one request at a time. Keeps its events when a connection ends and sends them then as
stored ones. Opens nothing and reads no clock. What it does where the maker's documents are silent
(how soon it sends again, how long it waits for an answer) is ours.
"""

from __future__ import annotations

import json
from typing import Any

import h11
from gateway.codecs.hikvision.device_events import (
    Answered,
    Beat,
    DeviceConfig,
    DeviceEvent,
    Occurrence,
    Opened,
    StayedShut,
    Taken,
)
from gateway.codecs.hikvision.device_records import Kept, Records
from gateway.codecs.hikvision.device_texts import put_content, put_json, put_request
from gateway.codecs.hikvision.verdict import read_verdict
from gateway.codecs.http.digest import authorise

from gateway.domain.times import Instant

RETRY_S = 5.0
"""After an answer that is no 200."""
ANSWER_S = 30.0
"""Silence after which the connection is given up."""
MOST_ANSWER = 64 * 1024
"""Bytes of an answer; a verdict with a person to show has 11 kB at the most."""
CNONCE = "5a17c0de"
UNLOCKED, LOCKED = 0x15, 0x16


class HikvisionDevice:
    """One terminal; survives its connections."""

    def __init__(self, config: DeviceConfig) -> None:
        self.config = config
        self.records = Records(config)
        self.kept = self.records.kept
        self.closing: str | None = None
        self._library: h11.Connection | None = None
        self._waiting = False
        self._flight: Kept | None = None
        """What the request on its way is about; None for a heartbeat."""
        self._challenge = ""
        self._count = 0
        self._due: float | None = None
        self.status = 0
        """Of the last answer; 0 while one is awaited."""
        self._body = bytearray()
        self._out = bytearray()

    def connected(self, now: Instant) -> list[DeviceEvent]:
        """Begin anew on a fresh connection; what was kept until now is a stored event."""
        self._library, self._waiting, self.closing = h11.Connection(h11.CLIENT), False, None
        self._due = None
        self._out.clear()
        self.records.interrupted()
        return self._next(now)

    def lost(self) -> list[DeviceEvent]:
        """Forget the connection; whoever waits for a verdict is not let in."""
        self._library, self._waiting, self._due = None, False, None
        first, self._flight = self._flight, None
        return [] if first is None else self._shut(first, "no_answer")

    def record(self, what: Occurrence, now: Instant) -> int:
        """Keep what happened, and send it when its turn comes; return its number."""
        return self.keep(what, now)[0]

    def keep(self, what: Occurrence, now: Instant) -> tuple[int, bytes]:
        """Do as `record`, and return the event's text as well."""
        self.records.keep(what)
        text = put_json(self.kept[-1].values)
        self._next(now)
        return self.records.serial, text

    def beat(self, what: Beat, now: Instant) -> None:
        """Send a heartbeat; only between requests."""
        if self._library is None or self._waiting:
            return
        said = {
            "ipAddress": self.config.address,
            "macAddress": self.config.mac,
            "dateTime": what.time,
            "activePostCount": 1,
            "eventType": "heartBeat",
            "eventState": "active",
            "eventDescription": "heartBeat",
        }
        self._flight = None
        self._send(said, b"", now)

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
                elif not isinstance(event, h11.InformationalResponse):
                    return told
        except h11.RemoteProtocolError:
            self.closing = "no_http"
        if not self._waiting and library.trailing_data[0]:
            self.closing = "unasked_answer"
        return told

    def _collect(self, data: bytes | bytearray) -> None:
        self._body += data
        if len(self._body) > MOST_ANSWER:
            self.closing = "answer_too_large"

    def deadline(self) -> float | None:
        """Monotonic seconds at which `tick` wants to be called, or None."""
        dues = [self._due] if self._due is not None else []
        first = self._asking()
        if first is not None and first.sent_at is not None:
            dues.append(first.sent_at + self.config.patience_s)
        return min(dues, default=None)

    def tick(self, now: Instant) -> list[DeviceEvent]:
        """Give up a verdict, try again, or give up the connection; harmless when called early."""
        told: list[DeviceEvent] = []
        first = self._asking()
        sent_at = first.sent_at if first is not None else None
        late = sent_at is not None and now.mono >= sent_at + self.config.patience_s
        if first is not None and late:
            told += self._shut(first, "no_answer")
        if self._due is not None and now.mono >= self._due:
            self._due = None
            if self._waiting:
                self.closing = "no_answer"
            else:
                told += self._next(now)
        return told

    def _asking(self) -> Kept | None:
        first = self._flight
        live = first is not None and first.asks and not first.decided
        return first if live and self._waiting else None

    def _next(self, now: Instant) -> list[DeviceEvent]:
        """Send the oldest event, unless an answer is awaited or a pause is on."""
        if self._library is None or self._waiting or self._due is not None or not self.kept:
            return []
        first = self.kept[0]
        if first.sent_at is not None:
            first.stored()
        told = self._shut(first, "no_answer") if first.sent_at is not None else []
        first.sent_at = first.sent_at if first.sent_at is not None else now.mono
        self._flight = first
        self._send(first.values, first.picture, now)
        return told

    def _send(self, values: dict[str, Any], picture: bytes, now: Instant) -> None:
        assert self._library is not None
        content = put_content(values, picture, self.config.style)
        raw = put_request(
            self.config.path,
            self.config.host,
            content,
            auth=self._authorisation(),
            last=self.config.style.closes,
        )
        pass_through(self._library, raw)
        self._out += raw
        self._waiting, self.status, self._body = True, 0, bytearray()
        self._due = now.mono + ANSWER_S

    def _authorisation(self) -> str:
        if not self._challenge or self.config.login is None:
            return ""
        self._count += 1
        asked = ("POST", self.config.path)
        try:
            return authorise(self._challenge, self.config.login, asked, CNONCE, self._count)
        except ValueError:  # not Digest, or none it can do: it is sent again without
            return ""

    def _note(self, response: h11.Response) -> None:
        self.status = response.status_code
        if self.status == 401:
            challenges = [v for k, v in response.headers if k == b"www-authenticate"]
            challenge = challenges[0].decode("latin-1") if challenges else ""
            if challenge != self._challenge:
                self._challenge, self._count = challenge, 0

    def _answered(self, library: h11.Connection, now: Instant) -> list[DeviceEvent]:
        first, self._flight = self._flight, None
        self._waiting, self._due = False, None
        if library.our_state is h11.DONE and library.their_state is h11.DONE:
            library.start_next_cycle()
        else:
            self.closing = "last_answer"
        again = self.status == 401 and self._challenge and self._count == 0
        if again and self.config.login is not None and not self.closing:
            if first is not None:
                self._flight = first
                self._send(first.values, first.picture, now)
            return []
        if self.status != 200:
            self._due = now.mono + RETRY_S
            return [Answered(status=self.status)]
        if first is None:
            return self._next(now)
        self.kept.popleft()
        told = self._judge(first) if first.asks and not first.decided else self._late(first)
        told.append(Taken(serial=first.serial))
        return told if self.closing else [*told, *self._next(now)]

    def _judge(self, asked: Kept) -> list[DeviceEvent]:
        verdict = read_verdict(bytes(self._body))
        if verdict is None:
            return self._shut(asked, "no_verdict")
        serial, passes, info = verdict
        if serial != asked.serial:
            return self._shut(asked, "other_serial")
        if not passes:
            return self._shut(asked, "failed")
        asked.decided = True
        self._follow(asked, opened=True)
        return [Opened(serial=serial, info=info)]

    def _late(self, first: Kept) -> list[DeviceEvent]:
        return [Answered(status=200, late=True)] if first.asks and self._body else []

    def _shut(self, asked: Kept, reason: str) -> list[DeviceEvent]:
        if not asked.asks or asked.decided:
            return []
        asked.decided = True
        self._follow(asked, opened=False)
        return [StayedShut(serial=asked.serial, reason=reason)]

    def _follow(self, asked: Kept, *, opened: bool) -> None:
        """Keep what follows from a verdict: the result, and what the door does."""
        time = asked.values["dateTime"]
        if self.config.tells_result:
            result = {name: asked.inner[name] for name in _SAME if name in asked.inner}
            result |= {"serialNo": None, "frontSerialNo": None, "currentEvent": None}
            result["remoteCheckResult"] = "success" if opened else "failed"
            self.records.keep(Occurrence(time=time, inner=json.dumps(result)))
        for minor in (UNLOCKED, LOCKED) if opened else ():
            door: dict[str, Any] = {"majorEventType": 5, "subEventType": minor, "doorNo": 1}
            door |= {"serialNo": None, "frontSerialNo": None, "currentEvent": None}
            self.records.keep(Occurrence(time=time, inner=json.dumps(door)))


_SAME = ("majorEventType", "subEventType", "employeeNoString", "name")


def pass_through(library: h11.Connection, raw: bytes) -> None:
    """Let the library know of a request that was written byte by byte elsewhere."""
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    method, target, _ = first.split(b" ")
    headers = [(name, value) for name, _, value in (line.partition(b": ") for line in lines)]
    library.send(h11.Request(method=method, target=target, headers=headers))
    if body:
        library.send(h11.Data(data=body))
    library.send(h11.EndOfMessage())
