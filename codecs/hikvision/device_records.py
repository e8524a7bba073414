"""What a reference terminal keeps until somebody has it: its events, numbered, as it tells them."""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass
from typing import Any

from gateway.codecs.hikvision.device_events import DeviceConfig, Occurrence
from gateway.codecs.hikvision.device_memory import EventMemory
from gateway.codecs.hikvision.device_texts import put_json

UNLOCKED, LOCKED = 0x15, 0x16
_SAME = ("majorEventType", "subEventType", "employeeNoString", "name")
_OWN: dict[str, Any] = {"serialNo": None, "frontSerialNo": None, "currentEvent": None}
"""Members the terminal writes itself."""


@dataclass(slots=True)
class Kept:
    """An event that nobody has taken over yet."""

    serial: int
    values: dict[str, Any]
    kind: str
    picture: bytes
    asks: bool
    asked_at: float
    """When somebody began to wait, in monotonic seconds; the time on the wire counts anew."""
    decided: bool
    """Nobody waits for a verdict, or no more."""
    sent_at: float | None = None
    uuid: str = ""
    """By which PUSH names it."""

    @property
    def inner(self) -> dict[str, Any]:
        """The object named by the event type."""
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
        self.memory = EventMemory(config.remembers)
        self.recorded = 0
        """Events there ever were; the last of them are the end of ``kept``."""
        self.serial = config.first_serial - 1
        """Number of the last event."""
        self._config = config
        self._front = self.serial

    def interrupted(self) -> None:
        """Say of all that is kept that it is a stored event from now on."""
        for one in self.kept:
            one.stored()

    def keep(self, what: Occurrence, mono: float, *, away: bool) -> Kept:
        """Keep what happened; ``away``: the gateway was, so nobody waits for a verdict."""
        self.serial = self.serial % self._config.most_serial + 1
        inner = json.loads(what.inner)
        for name, value in (("serialNo", self.serial), ("frontSerialNo", self._front)):
            if name in inner and inner[name] in (None, ""):
                inner[name] = value if inner[name] is None else str(value)
        if inner.get("currentEvent", 0) is None:
            inner["currentEvent"] = True
        self._front = self.serial
        self.recorded += 1
        asks = inner.get("remoteCheck") is True
        kept = Kept(
            serial=self.serial,
            values=self._envelope(what, inner),
            kind=what.kind,
            picture=what.picture,
            asks=asks,
            asked_at=mono,
            decided=not asks or away,
        )
        self.kept.append(kept)
        if self._config.remembers:
            self.memory.add(self.serial, put_json(kept.values))
        return kept

    def follow(self, asked: Kept, *, opened: bool, away: bool) -> None:
        """Keep what follows from a verdict: the result, and what the door does."""
        time, since = asked.values["dateTime"], asked.asked_at
        if self._config.tells_result:
            result = {name: asked.inner[name] for name in _SAME if name in asked.inner}
            result |= {**_OWN, "remoteCheckResult": "success" if opened else "failed"}
            self.keep(Occurrence(time=time, inner=json.dumps(result)), since, away=away)
        for minor in (UNLOCKED, LOCKED) if opened else ():
            door = {"majorEventType": 5, "subEventType": minor, "doorNo": 1, **_OWN}
            self.keep(Occurrence(time=time, inner=json.dumps(door)), since, away=away)

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
