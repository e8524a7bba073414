"""One simulated terminal: flash memory, gate, network plug, and a ledger of what it was told.

Owns its reconnections and its cut network. Speaks through the device side of YLS/1 and knows no
event loop: its fleet dials for it, brings bytes and calls `tick` when `due` has come.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from hashlib import sha256
from os import urandom
from typing import Protocol

from gateway.codecs.api import Context
from gateway.codecs.yls.device import YlsDevice
from gateway.codecs.yls.device_events import (
    Acknowledged,
    Conflicting,
    DeviceEvent,
    Key,
    Online,
    PictureDelivered,
    PictureRefused,
    RecordsRefused,
    Refused,
    RetryLater,
)
from gateway.codecs.yls.drafts import Draft
from gateway.codecs.yls.login_device import DeviceConfig
from gateway.codecs.yls.store import RecordStore
from gateway.domain.times import Instant
from gateway.simulator.backoff import Backoff
from gateway.simulator.counts import Counts
from gateway.simulator.gate import NEVER, Gate
from gateway.simulator.ledger import Ledger
from gateway.simulator.specification import TerminalSpec

TCP, TLS, RS232 = 1, 2, 4
"""CHANNEL as HELLO states it (YLS/1 16.2)."""


class Plug(Protocol):
    """The open connection of a terminal."""

    def write(self, data: bytes) -> None:
        """Send bytes."""

    def close(self) -> None:
        """Close once everything is sent."""

    def abort(self) -> None:
        """Close at once, telling the peer."""

    def darken(self) -> None:
        """Neither read nor write any more and yet stay open: what a cut cable looks like."""


class Terminal:
    """A terminal from power-on to the end of the run."""

    __slots__ = (
        "_backoff",
        "_counts",
        "_cut",
        "_device",
        "_dial",
        "_dial_at",
        "_live",
        "_online",
        "_plug",
        "_store",
        "due",
        "gate",
        "ledger",
        "spec",
    )

    def __init__(
        self,
        spec: TerminalSpec,
        gate: Gate,
        ledger: Ledger,
        counts: Counts,
        dial: Callable[[Terminal], None],
        *,
        speed: float = 1.0,
        first_dial: float = 0.0,
    ) -> None:
        self.spec = spec
        self.gate = gate
        self.ledger = ledger
        self._store = RecordStore(ledger.series)
        self._counts = counts
        self._dial = dial
        self._dial_at = first_dial
        self._backoff = Backoff(random.Random(spec.serial), speed)
        self._device: YlsDevice | None = None
        self._plug: Plug | None = None
        self._online = False
        self._cut = False
        self._live: dict[Key, float] = {}
        self.due = first_dial
        """Monotonic seconds at which `tick` wants to be called."""
        counts.terminals += 1
        counts.online.setdefault(spec.site, 0)

    def begin(self, now: Instant) -> None:
        """Start the script at this gate."""
        self.gate.begin(now.mono)
        self._plan()

    def tick(self, now: Instant) -> None:
        """Do what is due."""
        if self._dial_at <= now.mono:
            self._dial_at = NEVER
            self._dial(self)
        while self.gate.due <= now.mono:
            for draft in self.gate.next(now.wall, self.ledger.recorded + 1, online=self._online):
                self._record(draft, now)
        if self._device is not None:
            self._take(self._device.tick(now), now)
            self._flush(now)
        self._plan()

    def connected(self, plug: Plug, now: Instant, binding: bytes | None = None) -> None:
        """Log in over a fresh connection; ``binding`` is the channel binding of a TLS one."""
        if self._plug is not None:  # a network that failed and healed while we dialled
            plug.abort()
            return
        self._plug = plug
        if self._cut:
            plug.darken()
            return
        config = DeviceConfig(
            serial=self.spec.serial,
            key=bytes.fromhex(self.spec.secret),
            model=self.spec.model,
            firmware="simulated",
            encrypts=True,
            channel=self._channel(binding),
        )
        context = Context(
            entropy=urandom,
            secure=binding is not None,
            channel_binding=binding or b"",
            resync=self.spec.line is not None,
        )
        self._device = YlsDevice(config, context, self._store)
        self._device.start(now)
        self._flush(now)
        self._plan()

    def unreachable(self, now: Instant) -> None:
        """Note that dialling failed."""
        self._redial(now)

    def received(self, plug: Plug, data: bytes, now: Instant) -> None:
        """Take bytes of a connection; those of an earlier one mean nothing."""
        if plug is not self._plug or self._device is None:
            return
        self._take(self._device.feed(data, now), now)
        self._flush(now)
        self._plan()

    def lost(self, plug: Plug, now: Instant) -> None:
        """Note that a connection ended."""
        if plug is self._plug:
            self._plug = None
            self._end()
            self._redial(now)

    def cut(self) -> None:
        """Cut the network: no byte and no farewell gets through, in either direction."""
        self._cut = True
        self._dial_at = NEVER
        if self._plug is not None:
            self._plug.darken()
        self._end()
        self._plan()

    def heal(self, now: Instant) -> None:
        """Mend the network; the old connection is dead by now, so dial."""
        if not self._cut:
            return
        self._cut = False
        plug, self._plug = self._plug, None
        if plug is not None:
            plug.abort()
        self._backoff.reset()
        self._redial(now)

    def part(self) -> None:
        """Say farewell and never dial again."""
        self._dial_at = self.due = NEVER
        plug, self._plug = self._plug, None
        if plug is None:
            return
        if self._device is not None:
            self._device.part()
            plug.write(self._device.output())
        plug.close()

    def _channel(self, binding: bytes | None) -> int:
        if self.spec.line is not None:
            return RS232
        return TCP if binding is None else TLS

    def _record(self, draft: Draft, now: Instant) -> None:
        if self._device is not None:
            number = self._device.record(draft, now)
        else:
            number = self._store.record(draft)
        self.ledger.recorded = number
        self._counts.recorded += 1
        if self._online:
            self._live[self.ledger.series, number] = now.mono
        if draft.fault:
            self.ledger.faults += 1
        if draft.picture is not None:
            self.ledger.pictures[number] = sha256(draft.picture).hexdigest()
            self._counts.pictures += 1

    def _take(self, events: list[DeviceEvent], now: Instant) -> None:
        for event in events:
            match event:
                case Acknowledged(keys=keys):
                    self._acknowledged(keys, now)
                case PictureDelivered(key=(_, number)):
                    self.ledger.delivered.add(number)
                    self._counts.delivered += 1
                case Online():
                    self._begin_session()
                case RetryLater():
                    self._counts.deferred += 1
                case RecordsRefused() | Conflicting():
                    self._counts.refused += 1
                case PictureRefused():
                    self._counts.pictures_refused += 1
                case Refused(retry_after_s=seconds):
                    self._counts.login_refused += 1
                    self._redial(now, seconds or 0)

    def _acknowledged(self, keys: tuple[Key, ...], now: Instant) -> None:
        for key in keys:
            if not self.ledger.acknowledge(*key):
                continue
            self._counts.acknowledged += 1
            sent = self._live.pop(key, None)
            if sent is None:
                self._counts.backfilled += 1
            else:
                self._counts.latencies.add(now.mono - sent)

    def _begin_session(self) -> None:
        self._end_session()  # on a serial line a session may follow another without a cut
        self._online = True
        self._backoff.reset()
        self._counts.logins += 1
        self._counts.online[self.spec.site] += 1

    def _flush(self, now: Instant) -> None:
        device, plug = self._device, self._plug
        if device is None or plug is None:
            return
        data = device.output()
        if data:
            plug.write(data)
        if device.closing is not None:
            self._plug = None
            plug.close()
            self._end()
            if self._dial_at == NEVER:
                self._redial(now)

    def _end(self) -> None:
        """Forget the conversation; the records stay in the store."""
        self._device = None
        self._end_session()

    def _end_session(self) -> None:
        self._live.clear()
        if self._online:
            self._online = False
            self._counts.broken += 1
            self._counts.online[self.spec.site] -= 1

    def _redial(self, now: Instant, least_s: float = 0.0) -> None:
        if not self._cut:
            self._dial_at = now.mono + self._backoff.next(least_s)
            self._plan()

    def _plan(self) -> None:
        due = min(self._dial_at, self.gate.due)
        if self._device is not None:
            deadline = self._device.deadline()
            if deadline is not None and deadline < due:
                due = deadline
        self.due = due
