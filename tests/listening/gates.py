"""Reference terminals at real sockets, driven until something was said."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import Any

from gateway.codecs.hikvision.device import HikvisionDevice
from gateway.codecs.hikvision.device_events import (
    DeviceEvent,
    Occurrence,
    Opened,
    StayedShut,
    Taken,
)

from gateway.domain.times import Instant

HOME = "127.0.0.21"
COLLECTED, RECOGNISED = 0x92, 0x4B
"""A face the terminal leaves to the gateway, and one it has recognised itself."""
LIMIT_S = 60.0
"""Nothing is judged by it: a busy machine may be slow."""


def clock() -> Instant:
    return Instant(time.monotonic(), time.time_ns() // 1_000_000)


def occurrence(
    picture: bytes, *, person: str = "", asks: bool = False, age_s: int = 0, **inner: Any
) -> Occurrence:
    """Somebody before a terminal, ``age_s`` ago, with a picture; ``person`` is whom it says."""
    about = {
        "majorEventType": 5,
        "subEventType": RECOGNISED if person or not asks else COLLECTED,
        **({"employeeNoString": person} if person else {}),
        "serialNo": None,
        "frontSerialNo": None,
        "currentEvent": None,
        **({"remoteCheck": True} if asks else {}),
        **inner,
    }
    at = datetime.fromtimestamp(time.time() - age_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return Occurrence(time=at, inner=json.dumps(about), picture=picture)


class Gate:
    """A terminal whose connection is open."""

    def __init__(self, device: HikvisionDevice, wire: socket.socket) -> None:
        self.device = device
        self._wire = wire
        self.told: list[DeviceEvent] = device.connected(clock())
        self._flush()

    def happen(self, what: Occurrence) -> None:
        self.device.record(what, clock())
        self._flush()

    def until(self, done: Callable[[list[DeviceEvent]], bool]) -> list[DeviceEvent]:
        """Carry bytes both ways until ``done``, or until the gateway hangs up."""
        end = time.monotonic() + LIMIT_S
        while not done(self.told):
            now = time.monotonic()
            assert now < end, f"nothing more was said: {self.told}"
            self._wire.settimeout(max(0.001, min(self.device.deadline() or end, end) - now))
            try:
                data = self._wire.recv(65_536)
            except TimeoutError:
                self.told += self.device.tick(clock())
            else:
                if not data:
                    break
                self.told += self.device.feed(data, clock())
            self._flush()
        return self.told

    def ask(self, what: Occurrence) -> Opened | StayedShut:
        """Let somebody wait for the gateway's word."""
        before = len(self.told)
        self.happen(what)
        self.until(lambda told: any(isinstance(one, Opened | StayedShut) for one in told[before:]))
        said = self.told[before:]
        return next(one for one in said if isinstance(one, Opened | StayedShut))

    def settle(self) -> None:
        """Wait until everything is taken."""
        self.until(lambda _: not self.device.kept)

    def _flush(self) -> None:
        self._wire.settimeout(LIMIT_S)
        self._wire.sendall(self.device.output())


@contextmanager
def gate(device: HikvisionDevice, port: int, source: str = HOME) -> Iterator[Gate]:
    """Connect a terminal for the length of a block."""
    with closing(socket.create_connection(("127.0.0.1", port), 10, (source, 0))) as wire:
        one = Gate(device, wire)
        yield one
    one.told += device.lost()


def taken(count: int) -> Callable[[list[DeviceEvent]], bool]:
    return lambda told: sum(isinstance(one, Taken) for one in told) >= count
