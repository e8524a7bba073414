"""Requests by PUSH one at a time, right ones and wrong ones, and what the gateway says to them."""

from __future__ import annotations

import json
import random
import re
from base64 import b64encode
from collections.abc import Callable
from typing import Any

from gateway.codecs.api import Context
from gateway.codecs.hikvision.device_events import DeviceConfig, PushStyle
from gateway.codecs.hikvision.push.device_session import DeviceSession
from gateway.codecs.hikvision.push.memory import Memory
from gateway.codecs.hikvision.push.paths import Action
from gateway.codecs.hikvision.server import HikvisionConversation
from gateway.codecs.http.digest import Login

from gateway.domain.events import (
    CredentialWanted,
    Event,
    FaultReported,
    LoginProved,
    OrdersWanted,
    PassageReported,
)
from gateway.domain.requests import Accept, Admit, CredentialGiven, NoOrders, Request
from gateway.domain.times import Instant
from tests.codecs.hikvision.push.pair import LOGIN
from tests.codecs.hikvision.vectors import NOW, SECRET, SERIAL

CHALLENGE = re.compile(rb"My-Custom-Challenge: (\w+)\r\n")
Cut = Callable[[bytes], list[bytes]]


def whole(data: bytes) -> list[bytes]:
    return [data]


def item(text: bytes, uuid: str = "1", form: str = "jsonData") -> dict[str, Any]:
    return {"UUID": uuid, "dataFormat": form, "data": b64encode(text).decode()}


def upload(*items: Any, **more: Any) -> bytes:
    return json.dumps({"eventNum": len(items), "eventList": list(items), **more}).encode()


class Client:
    """A terminal that does what the test says."""

    def __init__(
        self, security: int = 0, *, memory: Memory | None = None, login: Login = LOGIN
    ) -> None:
        push = PushStyle(security=security)
        config = DeviceConfig(path=SERIAL, login=login, push=push)
        self.dice = random.Random(3)
        self.session = DeviceSession(config, self.dice.randbytes)
        self.memory = memory or Memory()
        self.now = NOW
        self.events: list[Event] = []
        self.cut: Cut = whole
        self.secret: bytes | None = SECRET
        self.dial()

    def dial(self) -> None:
        context = Context(entropy=self.dice.randbytes, memory=self.memory)
        self.conversation = HikvisionConversation(context)

    def later(self, seconds: float) -> None:
        self.now = Instant(self.now.mono + seconds, self.now.wall + round(seconds * 1000))

    def send(self, raw: bytes) -> tuple[int, bytes]:
        """Send bytes; return the status and the body of the answer, 0 where there is none."""
        for piece in self.cut(raw):
            self._route(self.conversation.feed(piece, self.now))
        sent = self.conversation.output()
        found = CHALLENGE.search(sent)
        if found:
            self.session.challenge = found[1].decode()
        return (int(sent[9:12]) if sent else 0), sent.partition(b"\r\n\r\n")[2]

    def log_in(self) -> tuple[int, bytes]:
        status, body = self.send(self.session.auth_info())
        assert status == 200
        self.session.offered(body)
        return self.send(self.session.log_in())

    def ask(self, action: Action, text: bytes = b"") -> tuple[int, bytes]:
        return self.send(self.session.ask(action, text))

    def results(self, *items: Any, **more: Any) -> list[int]:
        status, body = self.ask(Action.EVENT, upload(*items, **more))
        assert status == 200
        kind = "application/json" if body.startswith(b"[") else "application/octet-stream"
        return [one["status"] for one in json.loads(self.session.answered(kind, body))]

    def seen(self, kind: type) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    def _route(self, events: list[Event]) -> None:
        for event in events:
            self.events.append(event)
            answer = self._answer(event)
            if answer is not None:
                self._route(self.conversation.submit(answer, self.now))

    def _answer(self, event: Event) -> Request | None:
        match event:
            case CredentialWanted():
                return CredentialGiven(secret=self.secret)
            case LoginProved():
                return Admit(session=1, heartbeat_s=30)
            case OrdersWanted():
                return NoOrders()
            case PassageReported() | FaultReported():
                return Accept(receipt=event.receipt)
        return None
