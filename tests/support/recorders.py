"""Terminals that never stop recording, and what each of them sent and was told.

They dial anew at once, because a test of crashes is about the crashes and not about politeness;
everything else is the device side of YLS/1 as it is.
"""

from __future__ import annotations

import asyncio
import os
import random
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from gateway.codecs.api import Context
from gateway.codecs.yls.device import YlsDevice
from gateway.codecs.yls.device_events import (
    Acknowledged,
    Conflicting,
    DeviceEvent,
    PictureDelivered,
    PictureRefused,
    RecordsRefused,
)
from gateway.codecs.yls.drafts import Draft
from gateway.codecs.yls.login_device import DeviceConfig
from gateway.codecs.yls.station import Station
from gateway.codecs.yls.store import RecordStore
from gateway.protocols.clock import read_clock

from gateway.domain.times import Instant
from tests.support.directories import MODEL, secret_of
from tests.support.jpegs import jpeg

REDIAL_S = 0.05
RECORD_EVERY_S = 0.08
"""Between two passages at one gate, on average."""
SMALL, LARGE = 600, 6_000
"""Bytes of a picture that travels inside its record, and of one that follows in pieces."""


@dataclass(slots=True)
class Told:
    """What one terminal did and was told, written from its own side only."""

    sent: dict[int, tuple[int, int]] = field(default_factory=dict)
    """Time and person of every record, by number."""
    acknowledged: set[int] = field(default_factory=set)
    pictures: dict[int, str] = field(default_factory=dict)
    """SHA-256 of the picture taken with a number."""
    delivered: set[int] = field(default_factory=set)
    complaints: list[DeviceEvent] = field(default_factory=list)
    """Refusals and conflicts; an honest terminal never gets one."""
    logins: int = 0


class Recorder(asyncio.Protocol):
    """One terminal over all of its connections."""

    resync = False
    """The line can lose and invent bytes."""
    speed = 1.0
    """How much faster its patience runs out than a real terminal's."""

    def __init__(self, serial: str, port: int, source: str, seed: str, epoch: int) -> None:
        self.serial = serial
        self.epoch = epoch
        self.told = Told()
        self._config = DeviceConfig(
            serial=serial, key=secret_of(serial), model=MODEL, encrypts=True
        )
        self._store = RecordStore(epoch)
        self.station = Station()
        self._port = port
        self._source = source
        self._rng = random.Random(seed)
        self._device: YlsDevice | None = None
        self._transport: Any = None
        self._timer: asyncio.TimerHandle | None = None
        self._lost = asyncio.Event()
        self._recording = True
        self._tasks: list[asyncio.Task[None]] = []

    # What the harness calls.

    def begin(self) -> None:
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(self._keep_dialling()), loop.create_task(self._record())]

    def stop_recording(self) -> None:
        self._recording = False

    @property
    def settled(self) -> bool:
        told = self.told
        return len(told.acknowledged) == len(told.sent) and len(told.delivered) == len(
            told.pictures
        )

    async def end(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._transport is not None:
            self._transport.abort()
            await self._lost.wait()

    # What the loop calls.

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        context = Context(entropy=os.urandom, resync=self.resync)
        self._device = YlsDevice(self._config, context, self._store, self.station)
        self._device.start(self._now())
        self._act([])

    def data_received(self, data: bytes) -> None:
        assert self._device is not None
        self._act(self._device.feed(data, self._now()))

    def connection_lost(self, exc: Exception | None) -> None:
        self._device = self._transport = None
        if self._timer is not None:
            self._timer.cancel()
        self._lost.set()

    # The rest is ours.

    def _now(self) -> Instant:
        now = read_clock()
        return Instant(now.mono * self.speed, now.wall)

    def _act(self, events: list[DeviceEvent]) -> None:
        device, transport = self._device, self._transport
        if device is None or transport is None:
            return
        for event in events:
            self._note(event)
        output = device.output()
        if output:
            transport.write(output)
        if device.closing is not None:
            transport.abort()
            return
        if self._timer is not None:
            self._timer.cancel()
        due = device.deadline()
        if due is not None:
            wait = max(0.0, due - self._now().mono) / self.speed
            self._timer = asyncio.get_running_loop().call_later(wait, self._tick)

    def _tick(self) -> None:
        if self._device is not None:
            self._act(self._device.tick(self._now()))

    def _note(self, event: DeviceEvent) -> None:
        told = self.told
        if isinstance(event, Acknowledged):
            told.acknowledged.update(number for _, number in event.keys)
        elif isinstance(event, PictureDelivered):
            told.delivered.add(event.key[1])
        elif isinstance(event, Conflicting | RecordsRefused | PictureRefused):
            told.complaints.append(event)

    async def _keep_dialling(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            self._lost.clear()
            try:
                await loop.create_connection(
                    lambda: self, "127.0.0.1", self._port, local_addr=(self._source, 0)
                )
            except OSError:
                await asyncio.sleep(REDIAL_S)
                continue
            self.told.logins += 1
            await self._lost.wait()
            await asyncio.sleep(REDIAL_S)

    async def _record(self) -> None:
        while self._recording:
            now = self._now()
            draft = self._draft(now)
            device = self._device
            number = device.record(draft, now) if device else self._store.record(draft)
            self.told.sent[number] = draft.time_ms, draft.person
            if draft.picture is not None:
                self.told.pictures[number] = sha256(draft.picture).hexdigest()
            self._act([])
            await asyncio.sleep(self._rng.expovariate(1 / RECORD_EVERY_S))

    def _draft(self, now: Instant) -> Draft:
        person = self._rng.randrange(1, 2**32)
        changes: dict[str, Any] = {}
        chance = self._rng.random()
        if chance < 0.15:
            size = SMALL if chance < 0.12 else LARGE
            changes["picture"] = jpeg(size, note=f"{self.serial}/{person}")
        return Draft(time_ms=now.wall, person=person, method=1, **changes)
