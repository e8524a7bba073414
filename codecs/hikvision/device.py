"""A terminal's side, for tests and the simulator: reports, asks, and sends again what got no 200.

Stop and wait, one request at a time. Keeps its events when a connection ends and sends them then as
stored ones. Opens nothing and reads no clock. What it does where the maker's documents are silent
(how soon it sends again, how long it waits for an answer) its configuration declares.
"""

from __future__ import annotations

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
from gateway.codecs.hikvision.device_texts import put_content, put_request
from gateway.codecs.hikvision.verdict import read_verdict
from gateway.codecs.http.digest import authorise

from gateway.domain.times import Instant

MOST_ANSWER = 64 * 1024
"""Bytes of an answer; a verdict with a person to show has 11 kB at the most."""
CNONCE = "5a17c0de"
LAST_ANSWER = "last_answer"


class HikvisionDevice:
    """One terminal; survives its connections."""

    def __init__(self, config: DeviceConfig) -> None:
        self.config = config
        self.records = Records(config)
        self.kept, self.memory = self.records.kept, self.records.memory
        self.resting = False
        """Without a connection because it closes each; the gateway is believed to be there."""
        self.closing: str | None = None
        self._library: h11.Connection | None = None
        self._waiting = False
        self._open: Kept | None = None
        """A question that was taken, and whose verdict comes by a request to the terminal."""
        self._flight: Kept | None = None
        """What the request on its way is about; None for a heartbeat."""
        self._said: tuple[dict[str, Any], bytes] = {}, b""
        """What was sent last."""
        self._challenge = ""
        self._count = 0
        self._failures = 0
        """Answers that were no 200, one after the other."""
        self._due: float | None = None
        self.status = 0
        """Of the last answer; 0 while one is awaited."""
        self.admitted = False
        """A 200 came on this connection."""
        self._body = bytearray()
        self._out = bytearray()

    def connected(self, now: Instant) -> list[DeviceEvent]:
        """Begin anew on a fresh connection; what was kept until now is a stored event."""
        self._library, self._waiting, self.closing = h11.Connection(h11.CLIENT), False, None
        self._due, self.admitted = None, False
        self._out.clear()
        if not self.resting:
            self.records.interrupted()
        self.resting = False
        return self._next(now)

    def lost(self) -> list[DeviceEvent]:
        """Forget the connection; whoever waits for a verdict is not let in, unless it rests."""
        self.resting, self.closing = self.hangs_up, None
        self._library, self._waiting, self._due, self._flight = None, False, None, None
        waiting = [] if self.resting else list(self.kept)
        return [event for one in waiting for event in self._shut(one, "no_answer")]

    def record(self, what: Occurrence, now: Instant) -> int:
        """Keep what happened, and send it when its turn comes; return its number."""
        self.records.keep(what, now.mono, away=self._away)
        self._next(now)
        return self.records.serial

    @property
    def _away(self) -> bool:
        return self._library is None and not self.resting

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

    @property
    def hangs_up(self) -> bool:
        """The connection ends as its firmware wants it: after an answer, and with nothing wrong."""
        ended_well = self.closing == LAST_ANSWER and not self._failures
        return self.config.style.closes and ended_well

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
        asking = self._asking()
        if asking is not None:
            dues.append(self._patient_until(asking))
        return min(dues, default=None)

    def tick(self, now: Instant) -> list[DeviceEvent]:
        """Give up a verdict, try again, or give up the connection; harmless when called early."""
        told: list[DeviceEvent] = []
        asking = self._asking()
        if asking is not None and now.mono >= self._patient_until(asking):
            told += self._shut(asking, "no_answer")
        if self._due is not None and now.mono >= self._due:
            self._due = None
            if self._waiting:
                self.closing = "no_answer"
            else:
                told += self._next(now)
        return told

    def _asking(self) -> Kept | None:
        """The question that somebody waits at."""
        if self._open is not None and not self._open.decided:
            return self._open
        return next((one for one in self.kept if not one.decided), None)

    def _patient_until(self, asking: Kept) -> float:
        began = asking.asked_at if asking.sent_at is None else asking.sent_at
        return began + self.config.patience_s

    def _next(self, now: Instant) -> list[DeviceEvent]:
        """Send the oldest event, unless an answer is awaited or a pause is on."""
        if self._library is None or self._waiting or self._due is not None or not self.kept:
            return []
        first = self.kept[0]
        if first.sent_at is not None or (first.asks and first.decided):
            first.stored()
        told = self._shut(first, "no_answer") if first.sent_at is not None else []
        first.sent_at = first.sent_at if first.sent_at is not None else now.mono
        self._flight = first
        self._send(first.values, first.picture, now)
        return told

    def _send(self, values: dict[str, Any], picture: bytes, now: Instant) -> None:
        assert self._library is not None
        self._said = values, picture
        content = put_content(values, picture, self.config.style)
        config, auth = self.config, self._authorisation()
        raw = put_request(config.path, config.host, content, config.style, auth=auth)
        pass_through(self._library, raw)
        self._out += raw
        self._waiting, self.status, self._body = True, 0, bytearray()
        self._due = now.mono + self.config.silence_s

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
            self.closing = LAST_ANSWER
        again = self.status == 401 and self._challenge and self._count == 0
        if again and self.config.login is not None:
            if not self.closing:
                self._flight = first
                self._send(*self._said, now)
            return []
        if self.status != 200:
            self._due = now.mono + self._pause()
            return [Answered(status=self.status)]
        self._failures, self.admitted = 0, True
        if first is None:
            return self._next(now)
        self.kept.popleft()
        told = self._late(first) if first.decided else self._take_verdict(first)
        told.append(Taken(serial=first.serial))
        return told if self.closing else [*told, *self._next(now)]

    def _pause(self) -> float:
        pauses = self.config.pauses
        self._failures += 1
        return pauses[min(self._failures, len(pauses)) - 1]

    def verdict(self, body: bytes, now: Instant) -> list[DeviceEvent]:
        """Take a verdict that came by a request; nothing is returned where nobody waits for it."""
        told, asked = read_verdict(body), self._open
        if asked is None or asked.decided or told is None or told.serial != asked.serial:
            return []
        if now.mono >= self._patient_until(asked):
            return []
        return [*self._judge(asked, body), *self._next(now)]

    def _take_verdict(self, asked: Kept) -> list[DeviceEvent]:
        if self.config.asynchronous and not self._body:
            self._open = asked
            return []
        return self._judge(asked, bytes(self._body))

    def _judge(self, asked: Kept, body: bytes) -> list[DeviceEvent]:
        verdict = read_verdict(body)
        if verdict is None:
            return self._shut(asked, "no_verdict")
        if verdict.serial != asked.serial:
            return self._shut(asked, "other_serial")
        if not verdict.passes:
            return self._shut(asked, "failed")
        asked.decided = True
        self.records.follow(asked, opened=True, away=self._away)
        return [Opened(serial=verdict.serial, info=verdict.info, person=verdict.person)]

    def _late(self, first: Kept) -> list[DeviceEvent]:
        live = first.asks and first.inner.get("currentEvent") is not False
        return [Answered(status=200, late=True)] if live and self._body else []

    def _shut(self, asked: Kept, reason: str) -> list[DeviceEvent]:
        if asked.decided:
            return []
        asked.decided = True
        self.records.follow(asked, opened=False, away=self._away)
        return [StayedShut(serial=asked.serial, reason=reason)]


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
