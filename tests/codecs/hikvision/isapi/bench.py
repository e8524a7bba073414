"""A simulated terminal with its web server, and somebody who manages it, without sockets."""

from __future__ import annotations

import json
from itertools import count
from typing import Any

import h11
from gateway.codecs.hikvision.device import HikvisionDevice
from gateway.codecs.hikvision.device_events import DeviceConfig, Occurrence
from gateway.codecs.hikvision.isapi_device.access import Account
from gateway.codecs.hikvision.isapi_device.connection import IsapiConnection, IsapiServer
from gateway.codecs.hikvision.isapi_device.habits import Habits
from gateway.codecs.hikvision.isapi_device.system import Nameplate
from gateway.codecs.hikvision.isapi_device.terminal import IsapiTerminal
from gateway.codecs.http.digest import Login, authorise

from gateway.domain.times import Instant
from tests.codecs.hikvision.vectors import EVENT_MS

ADMIN = Account().login
OWN = {"serialNo": None, "frontSerialNo": None, "currentEvent": None}


class Answered:
    """An answer as a client sees it."""

    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def sub(self) -> str:
        told = self.json["subStatusCode"]
        assert isinstance(told, str)
        return told


class Bench:
    """One terminal; each request logs in on a connection of its own unless told otherwise."""

    def __init__(self, habits: Habits | None = None, **config: Any) -> None:
        self.now = Instant(100.0, EVENT_MS)
        given = {"path": "/hik/ev", "remembers": 500, **config}
        self.device = HikvisionDevice(DeviceConfig(**given))
        self.terminal = IsapiTerminal(
            Nameplate(),
            habits or Habits(),
            self.device.memory,
            lambda what, _: self.happen(what),
            self.decide,
        )
        numbers = count(1)
        self.server = IsapiServer(
            self.terminal, Account(), lambda size: next(numbers).to_bytes(size, "big")
        )

    def decide(self, body: bytes, now: Instant) -> bool:
        return bool(self.device.verdict(body, now))

    def happen(self, what: Occurrence) -> int:
        return self.device.record(what, self.now)

    def passes(self, person: str = "10027", minor: int = 75, **more: Any) -> int:
        inner = {"majorEventType": 5, "subEventType": minor, "employeeNoString": person}
        time = self.terminal.system.time(self.now)
        return self.happen(Occurrence(time=time, inner=json.dumps({**inner, **OWN, **more})))

    def later(self, seconds: float) -> None:
        self.now = Instant(self.now.mono + seconds, self.now.wall + round(seconds * 1000))

    def connect(self) -> IsapiConnection:
        return self.server.accept(self.now)

    def ask(
        self, method: str, target: str, body: bytes | dict[str, Any] = b"", kind: str = ""
    ) -> Answered:
        """Ask with the right password, on one connection, or two where the first is closed."""
        if isinstance(body, dict):
            body, kind = json.dumps(body).encode(), kind or "application/json"
        connection = self.connect()
        first = self.talk(connection, method, target, body, kind)
        assert first.status == 401, first.status
        if connection.closing:
            connection = self.connect()
        proof = authorise(first.headers["www-authenticate"], ADMIN, (method, target), "0a4f113b", 1)
        return self.talk(connection, method, target, body, kind, proof)

    def talk(
        self,
        connection: IsapiConnection,
        method: str,
        target: str,
        body: bytes = b"",
        kind: str = "",
        proof: str = "",
    ) -> Answered:
        """Send one request and read its answer."""
        connection.feed(request(method, target, body, kind, proof), self.now)
        return read(method, connection.output())


def request(method: str, target: str, body: bytes, kind: str = "", proof: str = "") -> bytes:
    lines = [f"{method} {target} HTTP/1.1", "Host: 192.0.2.17"]
    lines += [f"Authorization: {proof}"] if proof else []
    lines += [f"Content-Type: {kind}"] if kind else []
    lines += [f"Content-Length: {len(body)}"] if body or method != "GET" else []
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def read(method: str, raw: bytes) -> Answered:
    client = h11.Connection(h11.CLIENT)
    client.send(h11.Request(method=method, target="/", headers=[("Host", "x")]))
    client.send(h11.EndOfMessage())
    client.receive_data(raw)
    client.receive_data(b"")
    head, body = client.next_event(), b""
    assert isinstance(head, h11.Response), raw
    while isinstance(event := client.next_event(), h11.Data):
        body += event.data
    assert isinstance(event, h11.EndOfMessage)
    headers = {name.decode(): value.decode() for name, value in reversed(head.headers)}
    return Answered(head.status_code, headers, body)


def login(user: str = ADMIN.user, password: str = ADMIN.password) -> Login:
    return Login(user=user, password=password)
