"""One simulated terminal: flash memory, gate, network plug, and a ledger of what it was told.

Owns its reconnections and its cut network. Speaks through the device side of YLS/1 and knows no
event loop: its fleet dials for it, brings bytes and calls `tick` when `due` has come.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Iterable
from hashlib import sha256
from os import urandom
from typing import Protocol

from gateway.codecs.api import Context
from gateway.codecs.yls.device import YlsDevice
from gateway.codecs.yls.device_events import (
    Acknowledged,
    Conflicting,
    DeviceEvent,
    Online,
    PictureDelivered,
    PictureRefused,
    RecordsRefused,
    Refused,
    RetryLater,
)
from gateway.codecs.yls.login_device import DeviceConfig
from gateway.codecs.yls.registers import Bye
from gateway.codecs.yls.store import RecordStore
from gateway.simulator.counts import Counts
from gateway.simulator.day import Arrival
from gateway.simulator.ledger import Ledger
from gateway.simulator.passages import fault_of, passage_of
from gateway.simulator.specification import TerminalSpec

from gateway.domain.times import Instant

BACKOFF_S = (1.0, 300.0)
"""First and longest pause before the next attempt; it doubles in between (YLS/1 7.2)."""
JITTER = 0.2
"""Share by which each pause is longer or shorter, so that a site does not come back as one."""
NEVER = float("inf")


class Plug(Protocol):
    """The open connection of a terminal."""

    def write(self, data: bytes) -> None:
        """Send bytes."""

    def close(self) -> None:
        """Close once everything is sent."""

    def abort(self) -> None:
        """Close at once, telling the peer."""

    def darken(self) -> None:
        """Stay open for the peer's eyes and neither read nor write any more: a cut cable."""


class Terminal:
    """A terminal from power-on to the end of the run."""

    __slots__ = (
        "_arrivals",
        "_begun_at",
        "_config",
        "_counts",
        "_cut",
        "_dark",
        "_device",
        "_dial",
        "_dial_at",
        "_live",
        "_pause",
        "_plug",
        "_rng",
        "_script",
        "_speed",
        "_store",
        "due",
        "ledger",
        "spec",
    )

    def __init__(
        self,
        spec: TerminalSpec,
        epoch: int,
        arrivals: Iterable[Arrival],
        counts: Counts,
        dial: Callable[[Terminal], None],
        *,
        speed: float = 1.0,
        first_dial: float = 0.0,
    ) -> None:
        self.spec = spec
        self.ledger = Ledger(serial=spec.serial, series=epoch)
        self.due = first_dial
        """Monotonic seconds at which `tick` wants to be called."""
        self._config = DeviceConfig(
            serial=spec.serial,
            key=bytes.fromhex(spec.secret),
            model=spec.model,
            firmware="simulated",
            encrypts=True,
        )
        self._store = RecordStore(epoch)
        self._script = deque(arrivals)
        self._arrivals: deque[Arrival] = deque()
        self._begun_at = 0.0
        self._counts = counts
        self._dial = dial
        self._dial_at: float = first_dial
        self._speed = speed
        self._rng = random.Random(spec.serial)
        self._pause = BACKOFF_S[0]
        self._device: YlsDevice | None = None
        self._plug: Plug | None = None
        self._cut = False
        self._dark: Plug | None = None
        self._live: dict[int, float] = {}
        counts.terminals += 1
        counts.online.setdefault(spec.site, 0)
