"""The operators' pages on a listener of their own, without a gateway behind them."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from gateway.monitoring.health import Health
from gateway.monitoring.metrics import Metrics
from twisted.internet.selectreactor import SelectReactor

from gateway.setting_kinds import Address
from gateway.web import site
from gateway.web.status import Status

NOON_MS = 1_788_235_200_000
"""2026-09-01T12:00:00+08:00"""


@dataclass
class Pages:
    """A running listener and what it shows."""

    port: int = 0
    metrics: Metrics = field(default_factory=lambda: Metrics(version="1.2.3", dialects=["yls"]))
    reasons: dict[str, str | None] = field(default_factory=dict)

    def ask(
        self, path: str, method: str = "GET", **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, headers=headers)
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()

    def send(self, data: bytes) -> bytes:
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as link:
            link.sendall(data)
            got = b""
            try:
                while piece := link.recv(65536):
                    got += piece
            except ConnectionResetError:
                pass
            return got


@contextmanager
def serving() -> Iterator[Pages]:
    """Serve the pages on a thread for the length of a block."""
    pages = Pages()
    reactor = SelectReactor()
    health = Health()
    health.live_while("loop", lambda: pages.reasons.get("loop"))
    health.ready_while("database", lambda: pages.reasons.get("database"))
    health.note("codecs", lambda: pages.reasons.get("codecs"))
    started = threading.Event()

    def start() -> None:
        port = site.listen(
            reactor,
            Address("127.0.0.1", 0),
            health=health,
            scrape=pages.metrics.scrape,
            status=lambda: Status(
                version="1.2.3",
                mode="production",
                devices={"never_seen": 0, "online": 1_041, "offline": 2},
                at_ms=NOON_MS,
            ),
        )
        pages.port = port.getHost().port
        started.set()

    reactor.callWhenRunning(start)
    thread = threading.Thread(target=lambda: reactor.run(installSignalHandlers=False))
    thread.start()
    assert started.wait(10)
    yield pages
    reactor.callFromThread(reactor.stop)
    thread.join(10)
    assert not thread.is_alive()
