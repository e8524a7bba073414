"""A YLS/1 terminal for the simulator: the device side with flash, people, doors and two banks.

Owns the translation between the words of `gateway.codecs.double` and those of the device side, and
what a terminal does by itself when it is ordered to: reboot, install, enrol, change its key.
"""

from __future__ import annotations

from dataclasses import replace

from gateway.codecs.api import Context
from gateway.codecs.double import (
    Admitted,
    Decided,
    Happening,
    Held,
    Link,
    Obeyed,
    Persona,
    PictureHeld,
    PutOff,
    Question,
    Rejected,
    Told,
    TurnedAway,
    Unanswered,
)
from gateway.codecs.drawn import drawn_face
from gateway.codecs.yls import device_events as told
from gateway.codecs.yls.chores import ReportEnrolment
from gateway.codecs.yls.device import YlsDevice
from gateway.codecs.yls.drafts import Draft, fault_draft
from gateway.codecs.yls.firmware import FirmwareBank
from gateway.codecs.yls.inquiry import Inquiry
from gateway.codecs.yls.limits import LONGEST_PICTURE_DEADLINE_MS, MOST_LANE_PICTURE
from gateway.codecs.yls.login_device import DeviceConfig
from gateway.codecs.yls.panel import Panel
from gateway.codecs.yls.people import PeopleStore
from gateway.codecs.yls.registers import MAKERS_FAULTS, Blob, Bye
from gateway.codecs.yls.station import Station
from gateway.codecs.yls.store import RecordStore

from gateway.domain.maintenance import KeyKind
from gateway.domain.times import Instant
from gateway.domain.vocabulary import Decision

CHANNELS = {Link.TCP: 1, Link.TLS: 2, Link.SERIAL: 4}
"""CHANNEL as HELLO states it (YLS/1 16.2)."""
SYNCHRONISED, OFFLINE, BY_GATEWAY, FELL_BACK = 0x01, 0x02, 0x04, 0x08
"""RFLAGS (YLS/1 10.2)."""
SCALE = 10_000
"""Scores travel in ten-thousandths."""
UNTOLD, UNTOLD_TEMPERATURE = 0xFFFF, 0x7FFF
CAMERA = MAKERS_FAULTS + 1
"""The fault of a simulated terminal: camera trouble, the commonest complaint."""
MAKER = bytes.fromhex("03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8")
"""Public key of the maker of the worked vectors (YLS/1 19): whoever tries an upgrade can sign."""
CONFIG = {1: b"\x1e", 2: b"local"}
"""Settings of a simulated terminal, by key."""
LEAVING = (Bye.UPGRADE.name.lower(), Bye.REBOOT.name.lower())
"""How a session ends that the gateway ordered to end."""


class YlsDouble:
    """Implements `gateway.codecs.double.Double`."""

    __slots__ = ("_device", "_key", "_key_id", "_persona", "_station", "_store")

    def __init__(self, persona: Persona) -> None:
        self._persona = persona
        self._key, self._key_id = persona.secret, 1
        self._store = RecordStore(persona.series)
        self._station = Station(
            panel=Panel(config=dict(CONFIG)),
            people=PeopleStore(),
            firmware=FirmwareBank(version=persona.firmware, maker=MAKER),
            log=[(0, b"simulated")],
        )
        self._device: YlsDevice | None = None

    @property
    def closing(self) -> str | None:
        """See `Double.closing`."""
        return self._device.closing if self._device is not None else None

    @property
    def late(self) -> int:
        """See `Double.late`."""
        return self._device.late_answers if self._device is not None else 0

    def identity(self, number: int) -> bytes:
        """See `Double.identity`."""
        return self._persona.series.to_bytes(4, "big") + number.to_bytes(4, "big")

    def record(self, happening: Happening, now: Instant) -> int | None:
        """See `Double.record`."""
        draft = _draft(happening)
        if self._device is not None:
            return self._device.record(draft, now)
        return self._store.record(draft)

    def ask(self, question: Question, now: Instant) -> list[Told]:
        """See `Double.ask`; a picture is sent behind the question, up to 100 KiB."""
        if self._device is None:
            return [Unanswered(reason="offline")]
        picture = question.picture
        if picture is not None and len(picture) > MOST_LANE_PICTURE:
            return [Unanswered(reason="too_large")]
        inquiry = Inquiry(means=question.means, face=question.face, door=1)
        if picture is not None:
            inquiry = replace(inquiry, deadline_ms=LONGEST_PICTURE_DEADLINE_MS)
        return self._tell(self._device.verify(inquiry, now, picture), now)

    def connected(self, context: Context, link: Link, now: Instant) -> None:
        """See `Double.connected`."""
        assert self._station.firmware is not None
        config = DeviceConfig(
            serial=self._persona.serial,
            key=self._key,
            key_id=self._key_id,
            model=self._persona.model,
            firmware=self._station.firmware.version,
            encrypts=True,
            verifies_by_picture=link is not Link.SERIAL,
            channel=CHANNELS[link],
        )
        self._device = YlsDevice(config, context, self._store, self._station)
        self._device.start(now)

    def feed(self, data: bytes, now: Instant) -> list[Told]:
        """See `Double.feed`."""
        return self._tell(self._device.feed(data, now), now) if self._device is not None else []

    def tick(self, now: Instant) -> list[Told]:
        """See `Double.tick`."""
        return self._tell(self._device.tick(now), now) if self._device is not None else []

    def deadline(self) -> float | None:
        """See `Double.deadline`."""
        return self._device.deadline() if self._device is not None else None

    def output(self) -> bytes:
        """See `Double.output`."""
        return self._device.output() if self._device is not None else b""

    def lost(self) -> list[Told]:
        """See `Double.lost`; after leaving for an upgrade the new image runs."""
        left_for, self._device = self.closing, None
        bank = self._station.firmware
        if bank is not None and left_for == Bye.UPGRADE.name.lower():
            bank.restart()
            self._station.objects.sweep(frozenset({Blob.FIRMWARE}), set())
        return []

    def part(self) -> None:
        """See `Double.part`."""
        if self._device is not None:
            self._device.part()

    def _tell(self, events: list[told.DeviceEvent], now: Instant) -> list[Told]:
        words = [one for event in events if (one := self._word(event, now)) is not None]
        if self.closing in LEAVING:
            words.append(Obeyed(what=self.closing))
        return words

    def _word(self, event: told.DeviceEvent, now: Instant) -> Told | None:
        match event:
            case told.Acknowledged(keys=keys):
                mine = tuple(n for series, n in keys if series == self._persona.series)
                return Held(numbers=mine)
            case told.PictureDelivered(key=(_, number)):
                return PictureHeld(number=number)
            case told.Online():
                return Admitted()
            case told.RetryLater():
                return PutOff()
            case told.RecordsRefused() | told.Conflicting():
                return Rejected()
            case told.PictureRefused():
                return Rejected(picture=True)
            case told.Refused(retry_after_s=seconds):
                return TurnedAway(retry_after_s=seconds or 0)
            case told.Decided(decision=decision, person=person):
                return Decided(granted=decision == Decision.GRANTED, person=person)
            case told.FellBack(reason=reason):
                return Unanswered(reason=reason)
        return self._obey(event, now)

    def _obey(self, event: told.DeviceEvent, now: Instant) -> Told | None:
        match event:
            case told.DoorMoved():
                return Obeyed(what="door")
            case told.PeopleChanged():
                return Obeyed(what="people")
            case told.ObjectReceived():
                return Obeyed(what="object")
            case told.RangeAsked():
                return Obeyed(what="range")
            case told.EnrolmentAsked(person=person) if self._device is not None:
                report = ReportEnrolment(person=person, faces=(drawn_face(str(person)),))
                self._device.chore(report, now)
                return Obeyed(what="enrolment")
            case told.KeyReceived(kind=KeyKind.DEVICE.value, key_id=key_id, key=key):
                self._key, self._key_id = key, key_id
                return Obeyed(what="key")
            case told.KeyReceived():
                return Obeyed(what="key")
        return None


def _draft(happening: Happening) -> Draft:
    if happening.fault:
        return fault_draft(happening.time_ms, CAMERA, text=happening.fault)
    flags = SYNCHRONISED | OFFLINE * happening.offline
    flags |= BY_GATEWAY * happening.by_gateway | FELL_BACK * happening.fell_back
    warmth = happening.temperature_c
    return Draft(
        time_ms=happening.time_ms,
        person=happening.person,
        direction=happening.direction,
        decision=happening.decision,
        method=happening.means,
        score=_share(happening.score),
        liveness=_share(happening.liveness),
        rflags=flags,
        temperature=UNTOLD_TEMPERATURE if warmth is None else round(warmth * 100),
        helmet=happening.helmet,
        picture=happening.picture,
    )


def _share(value: float | None) -> int:
    return UNTOLD if value is None else round(value * SCALE)
