"""One simulated terminal: flash memory, gate, network plug, and a ledger of what it was told.

Owns its reconnections and its cut network. Speaks through its dialect's double and knows neither
protocol nor event loop: its fleet dials for it, brings bytes and calls `tick` when `due` has come.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from os import urandom
from typing import Protocol

from gateway.codecs.api import Context
from gateway.codecs.double import (
    Admitted,
    Decided,
    Double,
    Happening,
    Held,
    HungUp,
    Link,
    Obeyed,
    PictureHeld,
    PutOff,
    Recorded,
    Rejected,
    Told,
    TurnedAway,
    Unanswered,
)
from gateway.domain.times import Instant
from gateway.simulator.backoff import Backoff
from gateway.simulator.counts import Counts
from gateway.simulator.gate import COMPLAINT, NEVER, Gate
from gateway.simulator.ledger import Ledger
from gateway.simulator.specification import TerminalSpec
from gateway.simulator.visitor import Visitor


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
        "_connected",
        "_counts",
        "_cut",
        "_dial",
        "_dial_at",
        "_double",
        "_late",
        "_live",
        "_online",
        "_plug",
        "_resting",
        "_visitor",
        "due",
        "gate",
        "ledger",
        "spec",
    )

    def __init__(
        self,
        spec: TerminalSpec,
        double: Double,
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
        self._double = double
        self._counts = counts
        self._dial = dial
        self._dial_at = first_dial
        self._backoff = Backoff(random.Random(spec.serial), speed)
        self._connected = False
        self._resting: float | None = None
        """Hung up of its own will until then, in monotonic seconds."""
        self._late = 0
        self._plug: Plug | None = None
        self._online = False
        self._cut = False
        self._live: dict[int, float] = {}
        self._visitor: Visitor | None = None
        """Who waits at the gate for the gateway's word; nobody else steps before it meanwhile."""
        self.due = first_dial
        """Monotonic seconds at which `tick` wants to be called."""
        counts.terminals += 1
        counts.online.setdefault(spec.site, 0)
        counts.speaking.setdefault(spec.dialect, 0)

    @property
    def double(self) -> Double:
        """Its side of the protocol."""
        return self._double

    @property
    def occupied(self) -> bool:
        """Somebody waits at the gate for the gateway's word."""
        return self._visitor is not None

    def begin(self, now: Instant) -> None:
        """Start the script at this gate."""
        self.gate.begin(now.mono)
        self._plan()

    def tick(self, now: Instant) -> None:
        """Do what is due."""
        if self._dial_at <= now.mono:
            self._dial_at = NEVER
            self._dial(self)
        while self._visitor is None and self.gate.due <= now.mono:
            self._visit(now)
        if self._connected:
            self._take(self._double.tick(now), now)
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
        context = Context(
            entropy=urandom,
            secure=binding is not None,
            channel_binding=binding or b"",
            resync=self.spec.line is not None,
        )
        self._connected = True
        self._resting = None
        self._late = 0
        self._double.connected(context, self._link(binding), now)
        self._flush(now)
        self._plan()

    def unreachable(self, now: Instant) -> None:
        """Note that dialling failed."""
        self._end(now)
        self._redial(now)

    def received(self, plug: Plug, data: bytes, now: Instant) -> None:
        """Take bytes of a connection; those of an earlier one mean nothing."""
        if plug is not self._plug or not self._connected:
            return
        self._take(self._double.feed(data, now), now)
        self._count_late()
        self._flush(now)
        self._plan()

    def lost(self, plug: Plug, now: Instant) -> None:
        """Note that a connection ended."""
        if plug is self._plug:
            self._plug = None
            self._end(now)
            self._redial(now)

    def cut(self, now: Instant) -> None:
        """Cut the network: no byte and no farewell gets through, in either direction."""
        self._cut = True
        self._dial_at = NEVER
        if self._plug is not None:
            self._plug.darken()
        self._end(now)
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
        if self._connected:
            self._double.part()
            plug.write(self._double.output())
        plug.close()

    def _link(self, binding: bytes | None) -> Link:
        if self.spec.line is not None:
            return Link.SERIAL
        return Link.TCP if binding is None else Link.TLS

    def _visit(self, now: Instant) -> None:
        """Let the next person step before the gate, and ask who it is where the script says so."""
        arrival = self.gate.next()
        passage = self.gate.passage(arrival, now.wall, self.ledger.recorded + 1)
        face = self.gate.face(arrival)
        if face is not None and passage.picture is not None:
            passage = replace(passage, picture=face.picture)
        visitor = Visitor(arrival, passage, self._online, now.mono, face)
        if not arrival.asks:
            self._pass(visitor.by_itself(), visitor, now)
            return
        words = self._double.ask(visitor.question(self.ledger.recorded % 2 == 0), now)
        written = any(isinstance(word, Recorded) for word in words)
        self._visitor = replace(visitor, written=written)
        self._take(words, now)

    def _pass(self, happening: Happening, visitor: Visitor, now: Instant) -> None:
        self._visitor = None
        if not visitor.written:
            self._record(happening, now)
        if visitor.arrival.fault:
            self._record(Happening(time_ms=now.wall, fault=COMPLAINT), now)

    def _record(self, happening: Happening, now: Instant) -> None:
        number = self._double.record(happening, now)
        if number is None or number <= self.ledger.recorded:
            return  # the protocol has no words for it, or none for the difference to the last one
        self._note(
            Recorded(number=number, fault=bool(happening.fault), picture=happening.picture), now
        )

    def _note(self, record: Recorded, now: Instant) -> None:
        number = record.number
        self.ledger.note(number, self._double.identity(number))
        self._counts.recorded += 1
        if self._online:
            self._live[number] = now.mono
        if record.fault:
            self.ledger.faults += 1
        if record.picture is not None:
            self.ledger.pictures[number] = sha256(record.picture).hexdigest()
            self._counts.pictures += 1
        if self._resting is not None and self._dial_at != NEVER:
            self._dial_at = now.mono

    def _take(self, words: list[Told], now: Instant) -> None:
        for word in words:
            match word:
                case Held(numbers=numbers):
                    self._acknowledged(numbers, now)
                case PictureHeld(number=number):
                    self.ledger.delivered.add(number)
                    self._counts.delivered += 1
                case Admitted():
                    self._begin_session()
                case Recorded():
                    self._note(word, now)
                case HungUp(until=until):
                    self._resting = until
                case PutOff():
                    self._counts.deferred += 1
                case Rejected(picture=True):
                    self._counts.pictures_refused += 1
                case Rejected():
                    self._counts.refused += 1
                case TurnedAway(retry_after_s=seconds):
                    self._counts.login_refused += 1
                    self._redial(now, seconds)
                case Decided() | Unanswered():
                    self._answered(word, now)
                case Obeyed(what=what):
                    self._counts.orders[what] = self._counts.orders.get(what, 0) + 1

    def _answered(self, word: Decided | Unanswered, now: Instant) -> None:
        visitor = self._visitor
        if visitor is None:
            return
        visitor.count(word, self._counts, now.mono)
        self._pass(visitor.after(word), visitor, now)

    def _count_late(self) -> None:
        late = self._double.late
        self._counts.late += late - self._late
        self._late = late

    def _acknowledged(self, numbers: tuple[int, ...], now: Instant) -> None:
        for number in numbers:
            if not self.ledger.acknowledge(self.ledger.series, number):
                continue
            self._counts.acknowledged += 1
            sent = self._live.pop(number, None)
            if sent is None:
                self._counts.backfilled += 1
            else:
                self._counts.latencies.add(now.mono - sent)

    def _begin_session(self) -> None:
        self._end_session()  # on a serial line a session may follow another without a cut
        self._online = True
        self._backoff.reset()
        self._counts.logins += 1
        self._count_session(1)

    def _flush(self, now: Instant) -> None:
        plug = self._plug
        if not self._connected or plug is None:
            return
        data = self._double.output()
        if data:
            plug.write(data)
        if self._double.closing is not None:
            self._plug = None
            plug.close()
            self._hang_up(now)

    def _hang_up(self, now: Instant) -> None:
        if self._resting is not None:
            self._connected = False
            self._take(self._double.lost(), now)
            self._dial_at = self._resting
            return
        self._end(now)
        if self._dial_at == NEVER:
            self._redial(now)

    def _end(self, now: Instant) -> None:
        """Forget the connection; the records stay with the double."""
        held = self._connected or self._resting is not None
        self._connected, self._resting = False, None
        self._end_session()
        if held:
            self._take(self._double.lost(), now)
        self._answered(Unanswered(reason="lost"), now)

    def _end_session(self) -> None:
        self._live.clear()
        if self._online:
            self._online = False
            self._counts.broken += 1
            self._count_session(-1)

    def _count_session(self, change: int) -> None:
        self._counts.online[self.spec.site] += change
        self._counts.speaking[self.spec.dialect] += change

    def _redial(self, now: Instant, least_s: float = 0.0) -> None:
        if not self._cut:
            self._dial_at = now.mono + self._backoff.next(least_s)
            self._plan()

    def _plan(self) -> None:
        due = self._dial_at if self._visitor is not None else min(self._dial_at, self.gate.due)
        if self._connected:
            deadline = self._double.deadline()
            if deadline is not None and deadline < due:
                due = deadline
        self.due = due
