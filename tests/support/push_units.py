"""A terminal that speaks PUSH in a thread of its own, over real sockets."""

from __future__ import annotations

import json
import os
import select
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

from gateway.codecs.hikvision.device_events import DeviceConfig, DeviceEvent, Occurrence, PushStyle
from gateway.codecs.hikvision.device_texts import Style
from gateway.codecs.hikvision.keys import login
from gateway.codecs.hikvision.push.device_building import build

from gateway.domain.ids import Serial
from gateway.domain.times import Instant
from tests.support.jpegs import jpeg

LOOK_S = 0.02
"""How often the terminal looks at its clock."""


def clock() -> Instant:
    return Instant(time.monotonic(), time.time_ns() // 1_000_000)


class PushUnit:
    """One terminal; dials again whenever a connection ends."""

    def __init__(
        self, serial: str, key: bytes, port: int, push: PushStyle, *, closes: bool = False
    ) -> None:
        config = DeviceConfig(
            path=serial,
            login=login(Serial(serial), key),
            push=push,
            style=Style(closes=closes),
            pauses=(0.2,),
        )
        self.device, self.served = build(config, os.urandom)
        self.told: list[DeviceEvent] = []
        self._port = port
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def happen(self, person: int) -> None:
        inner = {
            "majorEventType": 5,
            "subEventType": 75,
            "employeeNoString": str(person),
            "serialNo": None,
            "frontSerialNo": None,
            "currentEvent": None,
        }
        at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        what = Occurrence(time=at, inner=json.dumps(inner), picture=jpeg(9_000, str(person)))
        with self._lock:
            self.device.record(what, clock())

    @property
    def kept(self) -> int:
        with self._lock:
            return len(self.device.kept)

    @property
    def moved(self) -> list[str]:
        return list(self.served.doors.moved)

    def close(self) -> None:
        self._over.set()
        self._thread.join(10)

    def _run(self) -> None:
        while not self._over.is_set():
            with suppress(OSError), socket.create_connection(("127.0.0.1", self._port), 5) as wire:
                self._talk(wire)
            with self._lock:
                self.device.lost()
            self._over.wait(LOOK_S)

    def _talk(self, wire: socket.socket) -> None:
        with self._lock:
            self.told += self.device.connected(clock())
        while not self._over.is_set():
            with self._lock:
                self.told += self.device.tick(clock())
                wire.sendall(self.device.output())
                if self.device.closing:
                    return
            if not select.select([wire], [], [], LOOK_S)[0]:
                continue
            data = wire.recv(65_536)
            if not data:
                return
            with self._lock:
                self.told += self.device.feed(data, clock())
                wire.sendall(self.device.output())


@contextmanager
def push_unit(
    serial: str, key: bytes, port: int, push: PushStyle, *, closes: bool = False
) -> Iterator[PushUnit]:
    unit = PushUnit(serial, key, port, push, closes=closes)
    try:
        yield unit
    finally:
        unit.close()
