"""The reference terminal and the gateway's side, byte against byte."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable

import pytest
from gateway.codecs.api import Context
from gateway.codecs.hikvision.device import HikvisionDevice
from gateway.codecs.hikvision.device_events import (
    Beat,
    DeviceConfig,
    DeviceEvent,
    Occurrence,
    Opened,
    StayedShut,
    Taken,
)
from gateway.codecs.hikvision.device_texts import Style
from gateway.codecs.hikvision.keys import password
from gateway.codecs.hikvision.server import HikvisionConversation
from gateway.codecs.http.digest import Login

from gateway.domain.events import (
    CredentialWanted,
    Event,
    FaultReported,
    Heartbeat,
    LoginProved,
    PassageReported,
)
from gateway.domain.requests import Accept, Admit, CredentialGiven, Defer, Request
from gateway.domain.times import Instant
from gateway.domain.verification import Granted, VerifyRequested
from tests.codecs.hikvision.vectors import EVENT_MS, EVENT_TIME, PATH, SECRET, SERIAL

JPEG = bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffd9")
DOOR = {
    "majorEventType": 5,
    "subEventType": 75,
    "serialNo": None,
    "frontSerialNo": None,
    "currentEvent": None,
}
Answer = Callable[[Event], Request | None]


def accepts(event: Event) -> Request | None:
    if isinstance(event, PassageReported | FaultReported):
        return Accept(receipt=event.receipt)
    if isinstance(event, VerifyRequested):
        return Granted(receipt=event.receipt, claim="10027", prompt="Welcome")
    return None


class Pair:
    """A terminal, a gateway, and the wire between them."""

    def __init__(self, config: DeviceConfig, answer: Answer = accepts, **settings: int) -> None:
        self.device = HikvisionDevice(config)
        self.answer = answer
        self.settings = settings
        self.now = Instant(100.0, EVENT_MS)
        self.told: list[DeviceEvent] = []
        self.events: list[Event] = []
        self.connect()

    def connect(self) -> None:
        self.server = HikvisionConversation(Context(entropy=bytes, settings=dict(self.settings)))
        self.told += self.device.connected(self.now)
        self.run()

    def run(self) -> None:
        """Move bytes until neither has anything to say; reconnect where a connection ended."""
        while True:
            up = self.device.output()
            self.route(self.server.feed(up, self.now) if up else [])
            down = self.server.output()
            self.told += self.device.feed(down, self.now)
            if self.server.closing or self.device.closing:
                self.told += self.device.lost()
                self.connect()
                return
            if not up and not down:
                return

    def route(self, events: Iterable[Event]) -> None:
        for event in events:
            self.events.append(event)
            request: Request | None = self.answer(event)
            if isinstance(event, CredentialWanted):
                request = CredentialGiven(secret=SECRET)
            elif isinstance(event, LoginProved):
                request = Admit(session=1, heartbeat_s=30)
            if request is not None:
                self.route(self.server.submit(request, self.now))

    def later(self, seconds: float) -> None:
        self.now = Instant(self.now.mono + seconds, self.now.wall + round(seconds * 1000))
        self.told += self.device.tick(self.now)
        self.route(self.server.tick(self.now))
        self.run()

    def happen(self, *, asks: bool = False, picture: bytes = b"", minor: int = 75) -> None:
        inner = {
            "majorEventType": 5,
            "subEventType": minor,
            "employeeNoString": "10027",
            "serialNo": None,
            "frontSerialNo": None,
            "currentEvent": None,
            **({"remoteCheck": True} if asks else {}),
        }
        self.device.record(
            Occurrence(time=EVENT_TIME, inner=json.dumps(inner), picture=picture), self.now
        )
        self.run()

    @property
    def records(self) -> list[PassageReported | FaultReported]:
        return [e for e in self.events if isinstance(e, PassageReported | FaultReported)]


STYLES = [
    Style(),
    Style(closes=True),
    Style(xml=True),
    Style(part="AccessControllerEvent", part_lengths=False, tight=True, last_line_end=False),
]


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("digest", [0, 1])
def test_every_firmware_gets_its_events_and_its_verdict(style: Style, digest: int) -> None:
    login = Login(user=SERIAL, password=password(SECRET))
    config = DeviceConfig(path=PATH, style=style, login=login, tells_result=True)
    pair = Pair(config, digest=digest)
    pair.happen(picture=JPEG)
    pair.happen(asks=True, picture=JPEG)
    pair.happen(minor=0x4C)
    assert Opened(serial=2, info="Welcome") in pair.told
    assert [one.number for one in pair.records] == [1, 2, 3, 4, 5, 6]
    assert [one.follows for one in pair.records] == [0, 1, 2, 3, 4, 5]
    assert sum(isinstance(one, Taken) for one in pair.told) == 6
    first = pair.records[0]
    assert isinstance(first, PassageReported)
    assert first.picture is not None
    assert first.picture.data == JPEG


def test_what_is_deferred_comes_again_and_is_one_record() -> None:
    answers = iter((Defer, Defer, Accept))

    def put_off(event: Event) -> Request | None:
        return next(answers)(receipt=event.receipt) if isinstance(event, PassageReported) else None

    pair = Pair(DeviceConfig(path=PATH), put_off)
    pair.happen()
    pair.later(5)
    pair.later(5)
    assert pair.told[-1] == Taken(serial=1)
    assert len(pair.records) == 3
    assert len({(one.identity, one.digest) for one in pair.records}) == 1


def test_a_gateway_that_is_silent_lets_nobody_in_and_loses_nothing() -> None:
    pair = Pair(DeviceConfig(path=PATH), lambda _: None)
    pair.happen(asks=True)
    pair.later(4)  # our own no, but it cannot be stored
    pair.later(1)
    assert pair.told == [StayedShut(serial=1, reason="no_answer")]
    pair.answer = accepts
    pair.later(30)
    assert pair.told[-1] == Taken(serial=1)
    assert not any(isinstance(one, Opened) for one in pair.told)
    assert len({one.identity for one in pair.records}) == 1


def test_events_of_an_outage_are_told_as_stored_and_open_nothing() -> None:
    pair = Pair(DeviceConfig(path=PATH))
    pair.device.lost()
    pair.happen(asks=True)
    pair.happen()
    pair.connect()
    assert [one.lane.name for one in pair.records] == ["BACKFILL", "BACKFILL"]
    assert not any(isinstance(one, VerifyRequested) for one in pair.events)
    assert not any(isinstance(one, Opened) for one in pair.told)


def test_numbers_wrap_and_records_stay_apart() -> None:
    pair = Pair(DeviceConfig(path=PATH, first_serial=100_000))
    pair.happen()
    pair.happen()
    assert [one.number for one in pair.records] == [100_000, 1]
    assert [one.follows for one in pair.records] == [99_999, 100_000]


@pytest.mark.parametrize("keep", [1, 60, 400, -30, -1])
def test_a_request_cut_off_anywhere_is_sent_again_and_is_one_record(keep: int) -> None:
    pair = Pair(DeviceConfig(path=PATH))
    raw = pair.device.output()
    pair.device.record(Occurrence(time=EVENT_TIME, inner=json.dumps(DOOR), picture=JPEG), pair.now)
    raw += pair.device.output()
    pair.route(pair.server.feed(raw[:keep], pair.now))
    pair.route(pair.server.lost(pair.now))
    assert pair.records == []
    pair.told += pair.device.lost()
    pair.connect()
    assert len(pair.records) == 1
    assert pair.told == [Taken(serial=1)]


@pytest.mark.parametrize("keep", [1, 20, -1])
def test_a_verdict_cut_off_opens_nothing(keep: int) -> None:
    pair = Pair(DeviceConfig(path=PATH))
    pair.device.record(
        Occurrence(time=EVENT_TIME, inner=json.dumps({**DOOR, "remoteCheck": True})), pair.now
    )
    pair.route(pair.server.feed(pair.device.output(), pair.now))
    pair.told += pair.device.feed(pair.server.output()[:keep], pair.now)
    pair.route(pair.server.lost(pair.now))
    pair.told += pair.device.lost()
    pair.connect()
    assert pair.told[0] == StayedShut(serial=1, reason="no_answer")
    assert Taken(serial=1) in pair.told
    assert not any(isinstance(one, Opened) for one in pair.told)


def test_heartbeats_go_between_events() -> None:
    pair = Pair(DeviceConfig(path=PATH))
    pair.device.beat(Beat(time=EVENT_TIME), pair.now)
    pair.run()
    pair.happen()
    assert Heartbeat() in pair.events
    assert pair.told == [Taken(serial=1)]


def test_an_answer_nobody_asked_for_ends_the_connection() -> None:
    pair = Pair(DeviceConfig(path=PATH))
    pair.device.feed(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", pair.now)
    assert pair.device.closing == "unasked_answer"
