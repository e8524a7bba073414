"""What a reference terminal keeps until somebody has it: its events, numbered, as it tells them."""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass
from typing import Any

from gateway.codecs.hikvision.device_events import DeviceConfig, Occurrence


@dataclass(slots=True)
class Kept:
    """An event that nobody has taken over yet."""

    serial: int
    values: dict[str, Any]
    kind: str
    picture: bytes
    asks: bool
    sent_at: float | None = None
    decided: bool = False
    uuid: str = ""
    """By which PUSH names it."""

    @property
    def inner(self) -> dict[str, Any]:
        """Return the event's own object."""
        inner: dict[str, Any] = self.values[self.kind]
        return inner

    def stored(self) -> None:
        """Say from now on that it is not told as it happens."""
        if "currentEvent" in self.inner:
            self.inner["currentEvent"] = False


class Records:
    """Owns the events of one terminal and their numbers."""

    def __init__(self, config: DeviceConfig) -> None:
        self.kept: deque[Kept] = deque()
        self.serial = config.first_serial - 1
        """Number of the last event."""
        self._config = config
        self._front = self.serial

    def interrupted(self) -> None:
        """Say of all that is kept that it is a stored event from now on."""
        for one in self.kept:
            one.stored()

    def keep(self, what: Occurrence) -> None:
        """Keep what happened."""
        self.serial = self.serial % self._config.most_serial + 1
        inner = json.loads(what.inner)
        for name, value in (("serialNo", self.serial), ("frontSerialNo", self._front)):
            if name in inner and inner[name] in (None, ""):
                inner[name] = value if inner[name] is None else str(value)
        if inner.get("currentEvent", 0) is None:
            inner["currentEvent"] = True
        self._front = self.serial
        self.kept.append(
            Kept(
                serial=self.serial,
                values=self._envelope(what, inner),
                kind=what.kind,
                picture=what.picture,
                asks=inner.get("remoteCheck") is True,
            )
        )

    def _envelope(self, what: Occurrence, inner: dict[str, Any]) -> dict[str, Any]:
        return {
            "ipAddress": self._config.address,
            "portNo": 80,
            "protocol": "HTTP",
            "macAddress": self._config.mac,
            "channelID": 1,
            "dateTime": what.time,
            "activePostCount": 1,
            "eventType": what.kind,
            "eventState": "active",
            "eventDescription": what.description,
            what.kind: inner,
        }
