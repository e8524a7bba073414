"""A Hikvision terminal for the simulator.

Owns when it beats, and which code stands for a happening. A question of this protocol is a record
at the same time, which the simulator keeps apart, so it asks none; the reference terminal does
(`gateway.codecs.hikvision.device`).
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from gateway.codecs.api import Context
from gateway.codecs.double import (
    Admitted,
    Happening,
    Held,
    Link,
    Persona,
    PictureHeld,
    PutOff,
    Question,
    Told,
    TurnedAway,
    Unanswered,
)
from gateway.codecs.hikvision.device import HikvisionDevice
from gateway.codecs.hikvision.device_events import (
    Answered,
    Beat,
    DeviceConfig,
    DeviceEvent,
    Occurrence,
    Taken,
)
from gateway.codecs.hikvision.identity import identify
from gateway.codecs.hikvision.keys import password, token
from gateway.codecs.hikvision.limits import MOST_SERIAL_NO
from gateway.codecs.hikvision.notice import read_notice
from gateway.codecs.http.digest import Login

from gateway.domain.times import Instant
from gateway.domain.vocabulary import Decision, Direction, Means

BEAT_SECONDS = 30.0
TURNED_AWAY = (401, 403, 404)
FLASH = (2, 0x408)
"""The fault of a simulated terminal: its memory, for there is no code for a camera."""
REFUSALS = {
    Decision.STRANGER: 0x4C,
    Decision.NOT_ON_ROSTER: 0x09,
    Decision.OUTSIDE_SCHEDULE: 0x07,
    Decision.ON_STOP_LIST: 0x71,
    Decision.HELMET_MISSING: 0xD0,
}
BY_FACE, BY_IRIS, NO_RIGHT = 0x4B, 0xBE, 0x06
STATUS = {Direction.IN: "checkIn", Direction.OUT: "checkOut"}
HELMET = {True: "yes", False: "no"}
UTC_MINUTES = 0
"""Times are written in UTC."""


class HikvisionDouble:
    """Implements `gateway.codecs.double.Double`."""

    __slots__ = ("_beat_at", "_device", "_identities", "_online", "_over", "_pictured", "late")

    def __init__(self, persona: Persona) -> None:
        config = DeviceConfig(
            path=f"/hik/{persona.serial}/{token(persona.secret)}",
            login=Login(user=persona.serial, password=password(persona.secret)),
            most_serial=MOST_SERIAL_NO,
        )
        self._device = HikvisionDevice(config)
        self._identities: list[bytes] = []
        self._pictured: set[int] = set()
        self._beat_at = 0.0
        self._online = False
        self._over: str | None = "never_connected"
        self.late = 0
        """No questions are asked, so no answer is late."""

    @property
    def closing(self) -> str | None:
        """See `Double.closing`."""
        return self._over or self._device.closing

    def identity(self, number: int) -> bytes:
        """See `Double.identity`."""
        return self._identities[number - 1]

    def record(self, happening: Happening, now: Instant) -> int:
        """See `Double.record`."""
        what = Occurrence(
            time=_time(happening.time_ms),
            inner=json.dumps(_inner(happening)),
            picture=happening.picture or b"",
        )
        number, raw = self._device.keep(what, now)
        self._identities.append(identify(read_notice("", raw), UTC_MINUTES).name)
        if happening.picture:
            self._pictured.add(number)
        return number

    def ask(self, question: Question, now: Instant) -> list[Told]:
        """See `Double.ask`."""
        del question, now
        return [Unanswered(reason="mute")]

    def connected(self, context: Context, link: Link, now: Instant) -> None:
        """See `Double.connected`: the first answer shows that it is let in."""
        del context, link
        self._over, self._online = None, False
        self._device.connected(now)
        self._beat(now)

    def feed(self, data: bytes, now: Instant) -> list[Told]:
        """See `Double.feed`."""
        events = self._device.feed(data, now)
        words = [word for event in events for word in self._words(event)]
        taken = any(isinstance(event, Taken) for event in events)
        if not self._online and (taken or self._device.status == 200):
            self._online = True
            words.insert(0, Admitted())
        return words

    def tick(self, now: Instant) -> list[Told]:
        """See `Double.tick`."""
        if self.closing is not None:
            return []
        words = [word for event in self._device.tick(now) for word in self._words(event)]
        if now.mono >= self._beat_at:
            self._beat(now)
        return words

    def deadline(self) -> float | None:
        """See `Double.deadline`."""
        if self.closing is not None:
            return None
        due = self._device.deadline()
        return self._beat_at if due is None else min(due, self._beat_at)

    def output(self) -> bytes:
        """See `Double.output`."""
        return self._device.output()

    def lost(self) -> None:
        """See `Double.lost`."""
        self._over = "lost"
        self._device.lost()

    def part(self) -> None:
        """See `Double.part`: there is no word for it."""
        self._over = "normal"

    def _beat(self, now: Instant) -> None:
        self._beat_at = now.mono + BEAT_SECONDS
        self._device.beat(Beat(time=_time(now.wall)), now)

    def _words(self, event: DeviceEvent) -> list[Told]:
        match event:
            case Taken(serial=number) if number in self._pictured:
                self._pictured.discard(number)
                return [Held(numbers=(number,)), PictureHeld(number=number)]
            case Taken(serial=number):
                return [Held(numbers=(number,))]
            case Answered(status=status) if status in TURNED_AWAY:
                self._over = "refused"
                return [TurnedAway()]
            case Answered(late=False):
                return [PutOff()]
        return []


def _time(wall_ms: int) -> str:
    return datetime.fromtimestamp(wall_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _inner(happening: Happening) -> dict[str, Any]:
    own = {"serialNo": None, "frontSerialNo": None, "currentEvent": None}
    if happening.fault:
        return {"majorEventType": FLASH[0], "subEventType": FLASH[1], **own}
    inner: dict[str, Any] = {"majorEventType": 5, "subEventType": _code(happening), **own}
    if happening.person:
        inner["employeeNoString"] = str(happening.person)
    if happening.direction in STATUS:
        inner["attendanceStatus"] = STATUS[happening.direction]
    if happening.helmet is not None:
        inner["helmet"] = HELMET[happening.helmet]
    if happening.score is not None:
        inner["faceSimilarity"] = round(happening.score * 100)
    if happening.temperature_c is not None:
        inner |= {"currTemperature": happening.temperature_c, "thermometryUnit": "celsius"}
    return inner


def _code(happening: Happening) -> int:
    if happening.decision is Decision.GRANTED:
        return BY_IRIS if happening.means is Means.IRIS else BY_FACE
    return REFUSALS.get(happening.decision, NO_RIGHT)
