"""The worked vectors and what the tests share: a terminal's secret, its path, and its requests."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import Any

from gateway.codecs.api import Context
from gateway.codecs.hikvision.keys import token
from gateway.codecs.hikvision.server import HikvisionConversation

from gateway.domain.events import Event
from gateway.domain.requests import Admit, CredentialGiven
from gateway.domain.times import Instant

FOLDER = Path(__file__).parents[3] / "fixtures" / "hikvision"
SERIAL, SECRET = "K51234567", bytes(range(32))
PATH = f"/hik/ev/{SERIAL}/{token(SECRET)}"
EVENT_TIME, EVENT_MS = "2026-03-09T08:15:42+08:00", 1_773_015_342_000
NOW = Instant(1000.0, EVENT_MS + 1000)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n"
JSON = 'application/json; charset="UTF-8"'
_HEAD = re.compile(r"(\w+) (\d+) ([0-9a-f]{64})")


def load() -> dict[str, bytes]:
    """Return the worked vectors by name, each checked against its length and digest."""
    texts: dict[str, list[str]] = {}
    stated: dict[str, tuple[int, str]] = {}
    name = ""
    for line in (FOLDER / "vectors.txt").read_text(encoding="ascii").splitlines():
        head = _HEAD.fullmatch(line)
        if head:
            name = head[1]
            texts[name], stated[name] = [], (int(head[2]), head[3])
        elif not line.startswith("#"):
            texts[name].append(line)
    found = {one: bytes.fromhex("".join(lines)) for one, lines in texts.items()}
    for one, data in found.items():
        assert (len(data), sha256(data).hexdigest()) == stated[one]
    return found


VECTORS = load()


def body_of(raw: bytes) -> bytes:
    return raw.partition(b"\r\n\r\n")[2]


def event(minor: Any = 75, serial: Any = 1866, *, major: Any = 5, **more: Any) -> bytes:
    inner = {
        "majorEventType": major,
        "subEventType": minor,
        "serialNo": serial,
        "currentEvent": True,
        **more,
    }
    return envelope("AccessControllerEvent", inner)


def envelope(kind: Any, inner: Any, time: Any = EVENT_TIME, **more: Any) -> bytes:
    said = {"macAddress": "44:19:b6:00:5a:17", "dateTime": time, "eventType": kind, **more}
    return json.dumps({**said, str(kind): inner}).encode()


def post(body: bytes, *headers: str, path: str = PATH, kind: str = JSON) -> bytes:
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: 192.0.2.5:8088",
        *headers,
        f"Content-Type: {kind}",
        f"Content-Length: {len(body)}",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


class Talk:
    """A conversation whose gateway lets the terminal in at once, if it can prove itself."""

    def __init__(self, *, admits: bool = True, **settings: int) -> None:
        context = Context(entropy=bytes, settings=dict(settings))
        self.conversation = HikvisionConversation(context)
        self.now = NOW
        self.admits = admits

    def say(self, *pieces: bytes) -> list[Event]:
        """Deliver bytes; logins are answered, and left out of what is returned."""
        return [
            event
            for piece in pieces
            for event in self._answered(self.conversation.feed(piece, self.now))
        ]

    def tell(self, *requests: Any) -> list[Event]:
        return [e for request in requests for e in self.conversation.submit(request, self.now)]

    def later(self, seconds: float) -> list[Event]:
        mono, wall = self.now
        self.now = Instant(mono + seconds, wall + round(seconds * 1000))
        return self.conversation.tick(self.now)

    def sent(self) -> bytes:
        return self.conversation.output()

    def status(self) -> int:
        """Return the status of the one answer that was sent."""
        sent = self.sent()
        assert sent.count(b"HTTP/1.1 ") == 1, sent
        return int(sent[9:12])

    def _answered(self, events: Iterable[Event]) -> Iterable[Event]:
        for one in events:
            name = type(one).__name__
            if name == "CredentialWanted" and self.admits:
                yield from self._answered(self.tell(CredentialGiven(secret=SECRET)))
            elif name in ("LoginProved", "LoginClaimed") and self.admits:
                yield from self._answered(self.tell(Admit(session=1, heartbeat_s=30)))
            else:
                yield one
