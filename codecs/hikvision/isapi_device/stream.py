"""The stream of events a terminal writes to whoever armed it: parts without an end.

The head has no length, the closing delimiter never comes, and nothing is read any more (certain).
"""

from __future__ import annotations

from gateway.codecs.hikvision.device_memory import EventMemory
from gateway.codecs.hikvision.device_texts import JSON_TYPE, XML_TYPE
from gateway.codecs.hikvision.isapi_device.habits import Habits
from gateway.codecs.hikvision.isapi_device.system import System

from gateway.domain.times import Instant

BOUNDARY = "MIME_boundary"
BEAT_SECONDS = 10.0
HEAD = (
    "HTTP/1.1 200 OK\r\n"
    "MIME-Version: 1.0\r\n"
    "Connection: close\r\n"
    f"Content-Type: multipart/mixed; boundary={BOUNDARY}\r\n"
    "\r\n"
).encode()
_MARK = f"--{BOUNDARY}\r\n".encode()


class Stream:
    """One reader's stream."""

    def __init__(
        self, memory: EventMemory, system: System, habits: Habits, now: Instant, *, all_: bool
    ) -> None:
        """``all_``: begin with everything that is remembered (deployID 1, inferred)."""
        self._memory = memory
        self._system = system
        self._habits = habits
        self._place = 0 if all_ else memory.total
        self._silent_until = now.mono + habits.silent_seconds
        self._opened = False
        self.beat_at = now.mono + BEAT_SECONDS

    def take(self, now: Instant) -> bytes:
        """Return what there is to be sent by now."""
        if now.mono < self._silent_until:
            return b""
        sent = b""
        for event in self._memory.since(self._place):
            sent += self._part(JSON_TYPE, event.text)
            self._place = event.place + 1
        if now.mono >= self.beat_at:
            self.beat_at = now.mono + BEAT_SECONDS
            sent += self._part(XML_TYPE, self._beat(now))
        return sent

    def _part(self, kind: str, body: bytes) -> bytes:
        opening, self._opened = b"" if self._opened else _MARK, True
        length = f"Content-Length: {len(body)}\r\n" if self._habits.part_lengths else ""
        head = f"Content-Type: {kind}\r\n{length}\r\n"
        end = b"\r\n" if self._habits.line_ends else b""
        return opening + head.encode() + body + end + _MARK

    def _beat(self, now: Instant) -> bytes:
        plate = self._system.plate
        told = {
            "ipAddress": "192.0.2.17",
            "portNo": "80",
            "protocol": "HTTP",
            "macAddress": plate.mac,
            "channelID": "1",
            "dateTime": self._system.time(now),
            "activePostCount": "0",
            "eventType": "heartBeat",
            "eventState": "active",
            "eventDescription": "heartBeat",
        }
        inner = "".join(f"<{name}>{value}</{name}>\r\n" for name, value in told.items())
        name, space = "EventNotificationAlert", self._habits.namespace
        return (f'<{name} version="2.0" xmlns="{space}">\r\n{inner}</{name}>\r\n').encode()
