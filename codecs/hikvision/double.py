"""A Hikvision terminal for the simulator.

Owns when it beats, and which code stands for a happening. A question of this protocol is a record
at the same time, and a door that opens is one more.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from gateway.codecs.api import Context
from gateway.codecs.double import (
    Admitted,
    Decided,
    Happening,
    Held,
    HungUp,
    Link,
    Persona,
    PictureHeld,
    PutOff,
    Question,
    Recorded,
    Told,
    TurnedAway,
    Unanswered,
    Visit,
)
from gateway.codecs.hikvision.device import HikvisionDevice
from gateway.codecs.hikvision.device_events import (
    Answered,
    Beat,
    DeviceConfig,
    DeviceEvent,
    LoggedIn,
    Occurrence,
    Opened,
    StayedShut,
    Taken,
)
from gateway.codecs.hikvision.device_records import Kept
from gateway.codecs.hikvision.device_texts import Style, put_json
from gateway.codecs.hikvision.firmware import (
    DEFAULT_PATIENCE_S,
    FIRMWARES,
    MOST_SERIAL,
    PUSH_FIRMWARES,
    Firmware,
)
from gateway.codecs.hikvision.identity import identify
from gateway.codecs.hikvision.isapi_device.asked import Asked, Reply
from gateway.codecs.hikvision.isapi_device.building import REMEMBERED, build, drawn_from
from gateway.codecs.hikvision.isapi_device.connection import IsapiServer
from gateway.codecs.hikvision.keys import password, token
from gateway.codecs.hikvision.meaning import meaning
from gateway.codecs.hikvision.notice import read_notice
from gateway.codecs.hikvision.push.device import PushDevice
from gateway.codecs.hikvision.states import State
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
COLLECTED = 0x92
"""A face that the terminal has not compared itself (needDeviceCheck is false)."""
STATUS = {Direction.IN: "checkIn", Direction.OUT: "checkOut"}
HELMET = {True: "yes", False: "no"}
UTC_MINUTES = 0
"""Times are written in UTC."""
OWN: dict[str, Any] = {"serialNo": None, "frontSerialNo": None, "currentEvent": None}
"""Members the terminal writes itself."""


class HikvisionDouble:
    """Implements `gateway.codecs.double.Double`."""

    __slots__ = (
        "_beat_at",
        "_device",
        "_identities",
        "_online",
        "_over",
        "_persona",
        "_pictured",
        "_server",
        "_taken",
        "_unsaid",
        "late",
    )

    def __init__(self, persona: Persona) -> None:
        self._persona = persona
        self._device = _device(persona)
        self._server: IsapiServer | None = None
        self._unsaid: list[DeviceEvent] = []
        """What came of a request to the terminal, until it is asked."""
        self._identities: list[bytes] = []
        self._pictured: set[int] = set()
        self._taken = 0
        """Records are taken in the order in which they were kept."""
        self._beat_at = 0.0
        self._online = False
        if isinstance(self._device, PushDevice):
            self._device.calls.serve = self._serve
        self._over: str | None = "never_connected"
        self.late = 0
        """See `Double.late`."""

    @property
    def closing(self) -> str | None:
        """See `Double.closing`."""
        return self._over or self._device.closing

    def identity(self, number: int) -> bytes:
        """See `Double.identity`."""
        return self._identities[number - 1]

    def record(self, happening: Happening, now: Instant) -> int:
        """See `Double.record`."""
        picture = happening.picture or b""
        self._device.record(_occurrence(happening.time_ms, _inner(happening), picture), now)
        self._fresh()
        return len(self._identities)

    def ask(self, question: Question, now: Instant) -> list[Told]:
        """See `Double.ask`; only a picture can be shown, a template is left out."""
        if self._over is not None and not self._device.resting:
            return [Unanswered(reason="offline")]
        inner = {"majorEventType": 5, "subEventType": COLLECTED, "remoteCheck": True, **OWN}
        if question.direction in STATUS:
            inner["attendanceStatus"] = STATUS[question.direction]
        picture = question.picture or b""
        self._device.record(_occurrence(question.time_ms or now.wall, inner, picture), now)
        return list(self._fresh())

    def connected(self, context: Context, link: Link, now: Instant) -> None:
        """See `Double.connected`: the first answer shows that it is let in."""
        del context, link
        self._over, self.late = None, 0
        self._online = self._online and self._device.resting
        self._device.connected(now)
        if now.mono >= self._beat_at or not self._online:
            self._beat(now)

    def accept(self, now: Instant) -> Visit:
        """See `gateway.codecs.double.Served`."""
        return self._served().accept(now)

    def _served(self) -> IsapiServer:
        if self._server is None:
            self._server = build(self._persona, self._device, self._happen, self._decide)
        return self._server

    def _serve(self, request: Asked, now: Instant) -> Reply:
        """Make a call that was fetched."""
        return self._served().terminal.answer(request, now)

    def _happen(self, what: Occurrence, now: Instant) -> None:
        self._device.record(what, now)

    def _decide(self, verdict: bytes, now: Instant) -> bool:
        found = self._device.verdict(verdict, now)
        if not isinstance(self._device, PushDevice):  # which tells it itself
            self._unsaid += found
        return bool(found)

    def feed(self, data: bytes, now: Instant) -> list[Told]:
        """See `Double.feed`."""
        words = self._told(self._device.feed(data, now))
        if not self._online and self._device.admitted:
            self._online = True
            words.insert(0, Admitted())
        if self._device.hangs_up:
            words.append(self._hang_up(now))
        return words

    def _hang_up(self, now: Instant) -> HungUp:
        """Come back at once with what is left, or where the answer only asked for a password."""
        if self._device.kept or not self._device.admitted:
            self._beat_at = now.mono
        return HungUp(until=self._beat_at)

    def tick(self, now: Instant) -> list[Told]:
        """See `Double.tick`."""
        if self.closing is not None:
            return []
        words = self._told(self._device.tick(now))
        if now.mono >= self._beat_at:
            self._beat(now)
        return words

    def deadline(self) -> float | None:
        """See `Double.deadline`."""
        if self.closing is not None:
            return None
        if self._unsaid or self._device.records.recorded > len(self._identities):
            return 0.0
        due = self._device.deadline()
        return self._beat_at if due is None else min(due, self._beat_at)

    def output(self) -> bytes:
        """See `Double.output`."""
        return self._device.output()

    def lost(self) -> list[Told]:
        """See `Double.lost`."""
        self._over = "lost"
        return self._told(self._device.lost())

    def part(self) -> None:
        """See `Double.part`: there is no word for it."""
        self._over = "normal"

    def _beat(self, now: Instant) -> None:
        self._beat_at = now.mono + BEAT_SECONDS
        self._device.beat(Beat(time=_time(now.wall)), now)

    def _told(self, events: list[DeviceEvent]) -> list[Told]:
        said, self._unsaid = [*self._unsaid, *events], []
        words = [word for event in said for word in self._words(event)]
        return [*words, *self._fresh()]

    def _words(self, event: DeviceEvent) -> list[Told]:
        match event:
            case Taken():
                return self._held()
            case Opened(person=person):
                known = person.isascii() and person.isdigit()
                return [Decided(granted=True, person=int(person) if known else 0)]
            case StayedShut(reason="failed"):
                return [Decided(granted=False)]
            case StayedShut(reason=reason):
                return [Unanswered(reason=reason)]
            case Answered(status=status) if status in TURNED_AWAY:
                self._over = "refused"
                return [TurnedAway()]
            case Answered(late=True):
                self.late += 1
                return []
            case LoggedIn():
                return []
        return [PutOff()]

    def _held(self) -> list[Told]:
        self._taken += 1
        held: list[Told] = [Held(numbers=(self._taken,))]
        if self._taken in self._pictured:
            self._pictured.discard(self._taken)
            held.append(PictureHeld(number=self._taken))
        return held

    def _fresh(self) -> list[Recorded]:
        """Name what the device kept since the last look."""
        kept, known = self._device.kept, len(self._identities)
        count = self._device.records.recorded - known
        return [self._name(one) for one in islice(kept, len(kept) - count, None)]

    def _name(self, kept: Kept) -> Recorded:
        notice = read_notice("", put_json(kept.values))
        self._identities.append(identify(notice, UTC_MINUTES).name)
        number = len(self._identities)
        if kept.picture:
            self._pictured.add(number)
        fault = isinstance(meaning(notice), State)
        return Recorded(number=number, fault=fault, picture=kept.picture or None)


def _device(persona: Persona) -> HikvisionDevice | PushDevice:
    """Return a terminal that posts its events, or one that speaks PUSH where its firmware does."""
    config, push = _config(persona), PUSH_FIRMWARES.get(persona.firmware)
    if push is None:
        return HikvisionDevice(config)
    own = replace(config, path=persona.serial, push=push, style=Style(), remembers=REMEMBERED)
    return PushDevice(own, drawn_from(persona.serial))


def _config(persona: Persona) -> DeviceConfig:
    firmware = FIRMWARES[persona.variant % len(FIRMWARES)]
    return DeviceConfig(
        path=_path(persona, firmware),
        login=Login(user=persona.serial, password=password(persona.secret)),
        patience_s=firmware.patience_s,
        tells_result=firmware.tells_result,
        first_serial=firmware.first_serial,
        most_serial=MOST_SERIAL,
        pauses=firmware.pauses,
        silence_s=firmware.silence_s,
        remembers=REMEMBERED if persona.served else 0,
        style=firmware.style,
    )


def _path(persona: Persona, firmware: Firmware) -> str:
    own = firmware.patience_s
    patience = "" if own == DEFAULT_PATIENCE_S else f"{own}s/"
    return f"/hik/{patience}{persona.serial}/{token(persona.secret)}"


def _occurrence(time_ms: int, inner: dict[str, Any], picture: bytes) -> Occurrence:
    return Occurrence(time=_time(time_ms), inner=json.dumps(inner), picture=picture)


def _time(wall_ms: int) -> str:
    return datetime.fromtimestamp(wall_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _inner(happening: Happening) -> dict[str, Any]:
    if happening.fault:
        return {"majorEventType": FLASH[0], "subEventType": FLASH[1], **OWN}
    inner: dict[str, Any] = {"majorEventType": 5, "subEventType": _code(happening), **OWN}
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
