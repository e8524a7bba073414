"""A terminal that speaks PUSH, a gateway, and the wire between them."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable

from gateway.codecs.api import Context
from gateway.codecs.hikvision.device_events import DeviceConfig, DeviceEvent, Occurrence, PushStyle
from gateway.codecs.hikvision.device_texts import Style
from gateway.codecs.hikvision.keys import login
from gateway.codecs.hikvision.push.device_building import build
from gateway.codecs.hikvision.push.memory import Memory
from gateway.codecs.hikvision.server import HikvisionConversation

from gateway.domain.commands import DoorAction, DoorCommand
from gateway.domain.events import (
    CredentialWanted,
    Event,
    FaultReported,
    LoginProved,
    OrdersWanted,
    PassageReported,
)
from gateway.domain.ids import Serial, Ticket
from gateway.domain.requests import Accept, Admit, CredentialGiven, NoOrders, Request
from gateway.domain.times import Instant
from gateway.domain.verification import Granted, VerifyRequested
from tests.codecs.hikvision.vectors import EVENT_MS, EVENT_TIME, SECRET, SERIAL

JPEG = bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffd9")
LOGIN = login(Serial(SERIAL), SECRET)


def door(ticket: int = 1) -> DoorCommand:
    return DoorCommand(ticket=Ticket(ticket), door=1, action=DoorAction.PULSE)


class Pair:
    """Both sides; each of the gateway's conversations shares one memory."""

    def __init__(
        self,
        push: PushStyle | None = None,
        *,
        closes: bool = False,
        remembers: int = 0,
        **settings: int,
    ) -> None:
        config = DeviceConfig(
            path=SERIAL,
            login=LOGIN,
            push=push or PushStyle(),
            style=Style(closes=closes),
            remembers=remembers,
        )
        self.dice = random.Random(1)
        self.device, self.served = build(config, self.dice.randbytes)
        self.memory = Memory()
        self.secret: bytes | None = SECRET
        self.settings = settings
        self.now = Instant(100.0, EVENT_MS)
        self.told: list[DeviceEvent] = []
        self.events: list[Event] = []
        self.orders: list[DoorCommand] = []
        self.lose = b""
        """The first answer that holds this does not reach the terminal."""
        self.connect()

    def connect(self) -> None:
        self.server = self.converse()
        self.told += self.device.connected(self.now)
        self.run()

    def converse(self) -> HikvisionConversation:
        context = Context(
            entropy=self.dice.randbytes, settings=dict(self.settings), memory=self.memory
        )
        return HikvisionConversation(context)

    def run(self) -> None:
        """Move bytes until neither has anything to say; reconnect where a connection ended."""
        while True:
            up = self.device.output()
            self.route(self.server.feed(up, self.now) if up else [])
            down = self.server.output()
            if self.lose and self.lose in down:
                self.lose, down = b"", b""
            self.told += self.device.feed(down, self.now)
            if self.server.closing or self.device.closing:
                self.cut()
                return
            if not up and not down:
                return

    def cut(self) -> None:
        self.server.lost(self.now)
        self.told += self.device.lost()
        self.connect()

    def route(self, events: Iterable[Event]) -> None:
        for event in events:
            self.events.append(event)
            request = self.answer(event)
            if request is not None:
                self.route(self.server.submit(request, self.now))

    def answer(self, event: Event) -> Request | None:
        match event:
            case CredentialWanted():
                return CredentialGiven(secret=self.secret)
            case LoginProved():
                return Admit(session=1, heartbeat_s=30)
            case OrdersWanted():
                return self.orders.pop(0) if self.orders else NoOrders()
            case PassageReported() | FaultReported():
                return Accept(receipt=event.receipt)
            case VerifyRequested():
                return Granted(receipt=event.receipt, claim="10027", prompt="Welcome")
        return None

    def later(self, seconds: float) -> None:
        self.now = Instant(self.now.mono + seconds, self.now.wall + round(seconds * 1000))
        self.told += self.device.tick(self.now)
        self.route(self.server.tick(self.now))
        self.run()

    def happen(self, count: int = 1, *, asks: bool = False, picture: bytes = b"") -> None:
        inner = {
            "majorEventType": 5,
            "subEventType": 75,
            "employeeNoString": "10027",
            "serialNo": None,
            "frontSerialNo": None,
            "currentEvent": None,
            **({"remoteCheck": True} if asks else {}),
        }
        what = Occurrence(time=EVENT_TIME, inner=json.dumps(inner), picture=picture)
        for _ in range(count):
            self.device.record(what, self.now)
        self.run()

    @property
    def moved(self) -> list[str]:
        """What the door was ordered, and did."""
        return self.served.doors.moved

    def seen(self, *kinds: type) -> list[Event]:
        return [event for event in self.events if isinstance(event, kinds)]

    @property
    def records(self) -> list[PassageReported]:
        return [event for event in self.events if isinstance(event, PassageReported)]

    @property
    def faults(self) -> list[FaultReported]:
        return [event for event in self.events if isinstance(event, FaultReported)]
