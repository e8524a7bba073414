"""Terminals of YLS/1 at the far end of a line, whatever the line is."""

from __future__ import annotations

import os
from collections.abc import Callable

from gateway.codecs.api import Context
from gateway.codecs.yls.device import YlsDevice
from gateway.codecs.yls.device_events import Acknowledged
from gateway.codecs.yls.drafts import Draft
from gateway.codecs.yls.login_device import DeviceConfig
from gateway.codecs.yls.store import RecordStore
from gateway.protocols.clock import read_clock

KEY = b"secret"
"""What `tests.support.network.FakeDesk` knows of every terminal."""


class LineDevice:
    """One terminal, driven by a test that carries its bytes."""

    def __init__(
        self, serial: str, send: Callable[[bytes], object], key: bytes = KEY, model: str = ""
    ) -> None:
        self.store = RecordStore(1)
        self.acknowledged: set[int] = set()
        self._config = DeviceConfig(serial=serial, key=key, model=model, channel=4)
        self._send = send
        self.device: YlsDevice

    def start(self) -> None:
        """Switch it on, or off and on again."""
        self.device = YlsDevice(self._config, Context(entropy=os.urandom, resync=True), self.store)
        self.device.start(read_clock())
        self.flush()

    def record(self) -> None:
        now = read_clock()
        self.device.record(Draft(time_ms=now.wall, person=1, method=1), now)
        self.flush()

    def hear(self, data: bytes) -> None:
        events = self.device.feed(data, read_clock()) if data else []
        events += self.device.tick(read_clock())
        for event in events:
            if isinstance(event, Acknowledged):
                self.acknowledged.update(number for _, number in event.keys)
        self.flush()

    def flush(self) -> None:
        data = self.device.output()
        if data:
            self._send(data)
