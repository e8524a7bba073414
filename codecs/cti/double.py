"""A terminal of the city terminal interface for the simulator.

Owns when it beats, asks the time, repeats what was refused and gives up a silent gateway: the
interface says none of it, so all of it is ours. It has no word for a fault, a refusal at the gate
or a question, and takes no orders.
"""

from __future__ import annotations

from collections import deque
from hashlib import sha256

from gateway.codecs.api import Context
from gateway.codecs.cti.attendance import Attendance
from gateway.codecs.cti.content import put_time
from gateway.codecs.cti.device import CtiDevice
from gateway.codecs.cti.login import Login
from gateway.codecs.cti.registers import LEAVING
from gateway.codecs.cti.report import identify
from gateway.codecs.double import (
    Admitted,
    Happening,
    Held,
    Link,
    Persona,
    PictureHeld,
    PutOff,
    Question,
    Told,
    TurnedAway,
    Unanswered,
)

from gateway.domain.ids import Serial
from gateway.domain.times import Instant
from gateway.domain.vocabulary import Decision, Direction, Means

BEAT_SECONDS = 30.0
BEATS_PER_CLOCK = 120
"""Each of so many beats is a question for the time instead, the first one after a login too."""
PATIENCE_SECONDS = 10.0
"""An answer that takes longer will not come: dial again."""
RETRY_SECONDS = 5.0
"""After "send it again"."""
FACTORY = "SIMULATED"
IRIS, FACE = 1, 6
"""Means of attendance (certain)."""


class CtiDouble:
    """Implements `gateway.codecs.double.Double`."""

    __slots__ = (
        "_beat_at",
        "_beats",
        "_device",
        "_give_up_at",
        "_identities",
        "_known",
        "_retry_at",
        "_serial",
        "_waiting",
        "closing",
        "late",
    )

    def __init__(self, persona: Persona) -> None:
        self._serial = Serial(persona.serial)
        session = sha256(persona.serial.encode()).digest()[:16]
        self._device = CtiDevice(Login(FACTORY, self._serial), session)
        self._identities: list[bytes] = []
        self._known: dict[bytes, int] = {}
        self._waiting: deque[int] = deque()
        """Numbers of what the device keeps, in the order of its frames."""
        self._beat_at = 0.0
        self._beats = 0
        self._retry_at: float | None = None
        self._give_up_at: float | None = None
        self.closing: str | None = "never_connected"
        self.late = 0
        """No questions are asked, so no answer is late."""

    def identity(self, number: int) -> bytes:
        """See `Double.identity`."""
        return self._identities[number - 1]

    def record(self, happening: Happening, now: Instant) -> int | None:
        """See `Double.record`: only people who were let through are told of."""
        if happening.fault or happening.decision != Decision.GRANTED:
            return None
        record = _attendance(happening)
        identity = identify(self._serial, record)
        known = self._known.get(identity)
        if known is not None:
            return known
        self._identities.append(identity)
        number = self._known[identity] = len(self._identities)
        self._waiting.append(number)
        if self._retry_at is None:
            self._device.record(record)
        else:
            self._device.kept.append((record,))
        self._mind(now)
        return number

    def ask(self, question: Question, now: Instant) -> list[Told]:
        """See `Double.ask`."""
        del question, now
        return [Unanswered(reason="mute")]

    def connected(self, context: Context, link: Link, now: Instant) -> None:
        """See `Double.connected`."""
        del context, link
        self.closing = self._retry_at = self._give_up_at = None
        self._device.connected()
        self._beats = 0
        self._beat_at = now.mono
        self._mind(now)

    def feed(self, data: bytes, now: Instant) -> list[Told]:
        """See `Double.feed`."""
        device = self._device
        was_online = device.online
        device.feed(data)
        self._give_up_at = None
        words: list[Told] = []
        if device.online and not was_online:
            words.append(Admitted())
        if device.acknowledged:
            words += self._held()
        if device.refusals:
            device.refusals.clear()
            words.append(self._refused(now))
        if device.damage is not None:
            self.closing = device.damage
        self._mind(now)
        return words

    def tick(self, now: Instant) -> list[Told]:
        """See `Double.tick`."""
        if self.closing is not None:
            return []
        device = self._device
        if self._give_up_at is not None and now.mono >= self._give_up_at:
            self.closing = "no_answer"
            return []
        if self._retry_at is not None and now.mono >= self._retry_at:
            self._retry_at = None
            device.retry()
        idle = device.online and not device.asking and self._retry_at is None
        if idle and now.mono >= self._beat_at:
            self._beat_at = now.mono + BEAT_SECONDS
            self._beat()
        self._mind(now)
        return []

    def deadline(self) -> float | None:
        """See `Double.deadline`."""
        if self.closing is not None:
            return None
        if self._give_up_at is not None:
            return self._give_up_at
        return self._beat_at if self._retry_at is None else self._retry_at

    def output(self) -> bytes:
        """See `Double.output`."""
        return self._device.output()

    def lost(self) -> list[Told]:
        """See `Double.lost`."""
        self.closing = "lost"
        self._device.online = False
        return []

    def part(self) -> None:
        """See `Double.part`: there is no word for it."""
        self.closing = "normal"

    def _held(self) -> list[Told]:
        """Let go of what the gateway took over; pictures travel inside their records."""
        held = [(self._waiting.popleft(), one) for one in self._device.acknowledged]
        self._device.acknowledged.clear()
        pictured = [PictureHeld(number=number) for number, one in held if one.picture]
        return [Held(numbers=tuple(number for number, _ in held)), *pictured]

    def _beat(self) -> None:
        ask = self._device.beat if self._beats % BEATS_PER_CLOCK else self._device.ask_time
        self._beats += 1
        ask()

    def _refused(self, now: Instant) -> Told:
        if not self._device.online:
            self.closing = "refused"
            return TurnedAway()
        self._retry_at = now.mono + RETRY_SECONDS
        return PutOff()

    def _mind(self, now: Instant) -> None:
        """Wait for an answer only as long as one is due."""
        if not self._device.asking or self.closing is not None:
            self._give_up_at = None
        elif self._give_up_at is None:
            self._give_up_at = now.mono + PATIENCE_SECONDS


def _attendance(happening: Happening) -> Attendance:
    means = IRIS if happening.means & Means.IRIS else FACE
    if happening.direction is Direction.OUT:
        means = LEAVING
    time = put_time(happening.time_ms)
    return Attendance(happening.person, time, means, happening.picture or b"")
