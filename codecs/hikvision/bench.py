"""The terminal's side as a scripted conversation, so that transcripts can be played against it.

For the conformance kit and for whoever compares a unit with the reference. Nothing of it is loaded
where the gateway runs.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

from gateway.codecs.api import Context
from gateway.codecs.hikvision.device import HikvisionDevice
from gateway.codecs.hikvision.device_events import (
    Beat,
    DeviceConfig,
    DeviceEvent,
    Occurrence,
    PushStyle,
    Upload,
)
from gateway.codecs.hikvision.device_texts import Style
from gateway.codecs.hikvision.push.device import PushDevice
from gateway.codecs.hikvision.push.device_building import build
from gateway.codecs.http.digest import Login

from gateway.domain.events import Event
from gateway.domain.times import Instant

ACTIONS: tuple[type[Any], ...] = (Occurrence, Beat, Upload)
"""What ``!`` lines may make the terminal do."""
LOGIN = Login(user="hikdev", password="Listen-77")  # noqa: S106 - of the worked vectors
PUSH_LOGIN = Login(user="gw5a17", password="Push-2026-k1")  # noqa: S106 - of the worked vectors


class BenchDevice:
    """Implements `gateway.codecs.api.Conversation` around the terminal of the worked vectors.

    Settings of a transcript: ``serial`` (the first number), ``result`` (it tells results), ``xml``,
    ``closes``; ``push`` (it speaks PUSH) and ``security`` (how it encrypts then, 0, 3 or 4).
    """

    def __init__(self, context: Context) -> None:
        given = context.settings
        style = Style(xml=bool(given.get("xml")), closes=bool(given.get("closes")))
        config = DeviceConfig(
            path="/hik/ev",
            login=LOGIN,
            first_serial=given.get("serial", 1866),
            tells_result=bool(given.get("result")),
            style=style,
        )
        self._device: HikvisionDevice | PushDevice = HikvisionDevice(config)
        if given.get("push"):
            push = PushStyle(security=given.get("security", 0))
            config = replace(
                config, path="K51234567", host="gw.example:8088", login=PUSH_LOGIN, push=push
            )
            self._device, _ = build(config, context.entropy)
        self._device.connected(Instant(0.0, 0))

    @property
    def closing(self) -> str | None:
        """See `gateway.codecs.api.Conversation.closing`."""
        return self._device.closing

    def feed(self, data: bytes, now: Instant) -> list[Event]:
        """See `gateway.codecs.api.Conversation.feed`."""
        return _told(self._device.feed(data, now))

    def submit(self, request: object, now: Instant) -> list[Event]:
        """Make something happen at the terminal."""
        match request:
            case Occurrence():
                self._device.record(request, now)
            case Upload() if isinstance(self._device, PushDevice):
                self._device.upload(now)
            case Beat():
                self._device.beat(request, now)
        return []

    def output(self) -> bytes:
        """See `gateway.codecs.api.Conversation.output`."""
        return self._device.output()

    def deadline(self) -> float | None:
        """See `gateway.codecs.api.Conversation.deadline`."""
        return self._device.deadline()

    def tick(self, now: Instant) -> list[Event]:
        """See `gateway.codecs.api.Conversation.tick`."""
        return _told(self._device.tick(now))

    def lost(self, now: Instant) -> list[Event]:
        """See `gateway.codecs.api.Conversation.lost`; the terminal comes back at once."""
        return _told(self._device.lost() + self._device.connected(now))


def _told(events: list[DeviceEvent]) -> list[Event]:
    """A terminal's own events travel like a gateway's; the kit only prints them."""
    return cast("list[Event]", events)
