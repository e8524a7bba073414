"""The terminal's side as a scripted conversation, so that transcripts can be played against it.

For the conformance kit and for makers who compare their unit with the reference, frame by frame.
Nothing of it is loaded where the gateway runs.
"""

from __future__ import annotations

from typing import Any, cast

from gateway.codecs.api import Context
from gateway.codecs.yls.chores import (
    ReportEnrolment,
    TellFault,
    TellFirmware,
    TellStatus,
    WantObject,
)
from gateway.codecs.yls.device import YlsDevice
from gateway.codecs.yls.device_events import DeviceEvent
from gateway.codecs.yls.drafts import Draft
from gateway.codecs.yls.firmware import FirmwareBank
from gateway.codecs.yls.inquiry import Inquiry
from gateway.codecs.yls.limits import MOST_FRAME
from gateway.codecs.yls.login_device import DeviceConfig
from gateway.codecs.yls.people import PeopleStore
from gateway.codecs.yls.station import Station
from gateway.codecs.yls.store import RecordStore

from gateway.domain.events import Event
from gateway.domain.times import Instant

SERIAL, MODEL, FIRMWARE = "YLS-00000177", "FACE-IRIS-A", "1.0.3"
EPOCH = 0x6A97F100
"""The terminal of the worked vectors (YLS/1 19)."""

MAKER = bytes.fromhex("03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8")
"""Public key of the maker of the worked vectors; its secret is ``00 01 … 1f``."""

ACTIONS: tuple[type[Any], ...] = (
    Draft,
    Inquiry,
    ReportEnrolment,
    TellFault,
    TellFirmware,
    TellStatus,
    WantObject,
)
"""What ``!`` lines may make the terminal do."""


class BenchDevice:
    """Implements `gateway.codecs.api.Conversation` around the terminal of the worked vectors.

    Settings of the transcript: ``records`` in the store, ``encrypts``, ``by_picture``, ``people``
    (it keeps some), ``banks`` (it has two for firmware), ``log`` (two lines are in it),
    ``address`` (on a bus), ``max_frame`` and ``bench_plain_biometrics``.
    """

    def __init__(self, context: Context) -> None:
        given = context.settings
        config = DeviceConfig(
            serial=SERIAL,
            key=bytes(range(32)),
            model=MODEL,
            firmware=FIRMWARE,
            encrypts=bool(given.get("encrypts", False)),
            verifies_by_picture=bool(given.get("by_picture", False)),
            max_frame=int(given.get("max_frame", MOST_FRAME)),
        )
        store = RecordStore(EPOCH)
        for _ in range(int(given.get("records", 0))):
            store.record(Draft(time_ms=0))
        self.station = Station(
            people=PeopleStore() if given.get("people") else None,
            firmware=FirmwareBank(version=FIRMWARE, maker=MAKER) if given.get("banks") else None,
            address=int(given.get("address", 0)),
            log=[(1_000, b"started"), (2_000, b"door opened")] if given.get("log") else [],
        )
        self.device = YlsDevice(config, context, store, self.station)
        self.device.start(Instant(0.0, 0))
        self.closing: str | None = None

    def feed(self, data: bytes, now: Instant) -> list[Event]:
        """See `Conversation.feed`; the events are the terminal's."""
        return self._told(self.device.feed(data, now))

    def submit(self, request: object, now: Instant) -> list[Event]:
        """Do one of ACTIONS; anything else is ignored, as an answer nobody waits for."""
        events: list[DeviceEvent] = []
        if isinstance(request, Draft):
            self.device.record(request, now)
        elif isinstance(request, Inquiry):
            events = self.device.verify(request, now)
        elif isinstance(request, ACTIONS):
            self.device.chore(cast(Any, request), now)
        return self._told(events)

    def output(self) -> bytes:
        """See `Conversation.output`."""
        return self.device.output()

    def deadline(self) -> float | None:
        """See `Conversation.deadline`."""
        return self.device.deadline()

    def tick(self, now: Instant) -> list[Event]:
        """See `Conversation.tick`."""
        return self._told(self.device.tick(now))

    def lost(self, now: Instant) -> list[Event]:  # noqa: ARG002
        """See `Conversation.lost`; the memories are in the station."""
        return []

    def _told(self, events: list[DeviceEvent]) -> list[Event]:
        self.closing = self.device.closing
        return cast("list[Event]", events)
