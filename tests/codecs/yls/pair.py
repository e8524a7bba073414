"""A gateway and a terminal in one process, joined by two byte streams that the test controls."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from itertools import count

from gateway.codecs.api import Context
from gateway.codecs.yls.device import YlsDevice
from gateway.codecs.yls.device_events import DeviceEvent
from gateway.codecs.yls.login_device import DeviceConfig
from gateway.codecs.yls.server import YlsConversation
from gateway.codecs.yls.station import Station
from gateway.codecs.yls.store import RecordStore

from gateway.domain.events import (
    BlobCompleted,
    BlobInterrupted,
    BlobOffered,
    CredentialWanted,
    Event,
    FaultReported,
    LoginProved,
    PassageReported,
    RecordsLost,
)
from gateway.domain.numbers import HeldNumbers
from gateway.domain.requests import (
    Accept,
    Admit,
    Conflict,
    CredentialGiven,
    Defer,
    Request,
    TakeBlob,
)
from gateway.domain.times import Instant
from gateway.domain.verification import VerifyRequested
from tests.codecs.yls.vectors import BASE, EPOCH, KEY, SERIAL

CONFIG = DeviceConfig(serial=SERIAL, key=KEY, model="FACE-IRIS-A", firmware="1.0.3")


def entropy(seed: str) -> Callable[[int], bytes]:
    numbers = count()

    def draw(size: int) -> bytes:
        return hashlib.sha256(f"{seed}/{next(numbers)}".encode()).digest()[:size]

    return draw


def _nobody(event: VerifyRequested) -> Request | None:
    return None


class Gateway:
    """What is behind a conversation: answers every question, and remembers what is durable."""

    def __init__(self, key: bytes = KEY) -> None:
        self.key = key
        self.secret: bytes | None = key
        self.held: dict[int, HeldNumbers] = {}
        self.digests: dict[bytes, bytes] = {}
        self.pictures: dict[bytes, bytes] = {}
        self.prefixes: dict[bytes, bytes] = {}
        self.events: list[Event] = []
        self.sessions = count(1)
        self.verdict: Callable[[VerifyRequested], Request | None] = _nobody
        """Decides who passes; by default nobody answers."""
        self.answers: dict[int, Request | None] = {}
        """What to say about a record of that number instead of Accept; None says nothing."""

    def answer(self, event: Event) -> Request | None:
        self.events.append(event)
        if isinstance(event, CredentialWanted):
            return CredentialGiven(secret=self.secret)
        if isinstance(event, LoginProved):
            held = tuple(one.snapshot() for one in self.held.values())
            return Admit(session=next(self.sessions), heartbeat_s=30, held=held)
        if isinstance(event, PassageReported | FaultReported):
            return self._record(event)
        if isinstance(event, RecordsLost):
            self._hold(event.series, event.first, event.last)
            return Accept(receipt=event.receipt)
        if isinstance(event, BlobOffered):
            return TakeBlob(
                receipt=event.receipt,
                prefix=self.prefixes.pop(event.digest, b""),
                have_all=event.digest in self.pictures,
            )
        if isinstance(event, BlobCompleted):
            self.pictures[event.digest] = event.data
            return Accept(receipt=event.receipt)
        if isinstance(event, VerifyRequested):
            return self.verdict(event)
        if isinstance(event, BlobInterrupted):
            self.prefixes[event.digest] = event.data
        return None

    def numbers(self, series: int = EPOCH) -> set[int]:
        held = self.held.get(series)
        if held is None:
            return set()
        islands = [n for first, last in held.islands() for n in range(first, last + 1)]
        return {*range(1, held.upto + 1), *islands}

    def of(self, kind: type[Event]) -> list[Event]:
        return [event for event in self.events if isinstance(event, kind)]

    def _record(self, event: PassageReported | FaultReported) -> Request | None:
        if event.number in self.answers:
            said = self.answers.pop(event.number)
            if isinstance(said, Defer):
                return Defer(receipt=event.receipt, retry_after_s=said.retry_after_s)
            return said
        known = self.digests.setdefault(event.identity, event.digest)
        self._hold(event.series, event.number, event.number)
        picture = event.picture if isinstance(event, PassageReported) else None
        if picture is not None and picture.data is not None:
            self.pictures[picture.digest] = picture.data
        if known != event.digest:
            return Conflict(receipt=event.receipt)
        return Accept(receipt=event.receipt)

    def _hold(self, series: int, first: int, last: int) -> None:
        self.held.setdefault(series, HeldNumbers(series)).add(first, last)


class Pair:
    """One connection; `pump` moves bytes until nothing moves, `step` moves one read."""

    def __init__(
        self,
        gateway: Gateway | None = None,
        store: RecordStore | None = None,
        *,
        config: DeviceConfig = CONFIG,
        station: Station | None = None,
        secure: bool = False,
        seed: str = "pair",
        mono: float = 1000.0,
        **settings: int | bool,
    ) -> None:
        self.gateway = gateway or Gateway()
        self.store = store or RecordStore(EPOCH)
        binding = hashlib.sha256(seed.encode()).digest() if secure else b""
        self.server = YlsConversation(
            Context(
                entropy=entropy(f"{seed} server"),
                secure=secure,
                channel_binding=binding,
                settings=settings,
            )
        )
        self.device = YlsDevice(
            config,
            Context(entropy=entropy(f"{seed} device"), secure=secure, channel_binding=binding),
            self.store,
            station,
        )
        self.now = Instant(mono, BASE)
        self.events: list[Event] = []
        self.told: list[DeviceEvent] = []
        self.up = b""
        self.down = b""
        self.server.tick(self.now)

    def login(self) -> Pair:
        self.device.start(self.now)
        self.pump()
        assert self.device.online, self.told
        return self

    def wait(self, seconds: float) -> None:
        """Let time pass in one step, calling both timers."""
        self.now = Instant(self.now.mono + seconds, self.now.wall + round(seconds * 1000))
        self.act(self.server.tick(self.now))
        self.told += self.device.tick(self.now)
        self.pump()

    def act(self, events: list[Event]) -> None:
        """Let the gateway answer what the conversation reports."""
        for event in events:
            self.events.append(event)
            request = self.gateway.answer(event)
            if request is not None:
                self.submit(request)

    def submit(self, request: Request) -> None:
        self.act(self.server.submit(request, self.now))

    def collect(self) -> None:
        self.up += self.device.output()
        self.down += self.server.output()

    def to_server(self, size: int | None = None) -> None:
        self.collect()
        data, self.up = self.up[:size], self.up[size:] if size is not None else b""
        if data:
            self.act(self.server.feed(data, self.now))

    def to_device(self, size: int | None = None) -> None:
        self.collect()
        data, self.down = self.down[:size], self.down[size:] if size is not None else b""
        if data:
            self.told += self.device.feed(data, self.now)

    def pump(self) -> None:
        self.collect()
        while self.up or self.down:
            self.to_server()
            self.to_device()
            self.collect()

    def drop(self) -> None:
        """Lose the connection and what was on its way."""
        self.up = self.down = b""
        for event in self.server.lost(self.now):
            self.events.append(event)
            self.gateway.answer(event)
