"""A terminal's side and the gateway's side of one dialect, joined in memory.

Owns the wires between them and both clocks. Judges nothing.
"""

from __future__ import annotations

from collections.abc import Callable

from gateway.codecs.api import Context, Conversation, Dialect
from gateway.codecs.double import Double, Held, Link, Persona, PictureHeld, Told
from gateway.codecs.kit.desk import Desk
from gateway.codecs.kit.hooks import Dice
from gateway.codecs.stage import CodecError, into_codec

from gateway.domain.events import Event
from gateway.domain.times import Instant

SERIAL, MODEL = "KIT-0001", "KIT"
SERIES = 1
BEGIN = Instant(1_000.0, 1_788_325_456_000)
MOST_MOVES = 10_000
"""Reads and timers in one stretch of time; more means that both sides only talk."""


class Pair:
    """One terminal, one gateway, one connection after the other."""

    def __init__(self, dialect: Dialect, make: Callable[[Persona], Double], dice: Dice) -> None:
        secret = dice.randbytes(32)
        persona = Persona(serial=SERIAL, model=MODEL, secret=secret, series=SERIES)
        self._dialect = dialect
        self._dice = dice
        self.desk = Desk(secret)
        self.numbered = dialect.numbered
        self.double: Double = into_codec(make, persona)
        self.now = BEGIN
        self.told: list[Told] = []
        self._server: Conversation | None = None

    @property
    def held(self) -> list[int]:
        """Every number the terminal was told is held, in that order."""
        return [n for one in self.told if isinstance(one, Held) for n in one.numbers]

    @property
    def pictured(self) -> list[int]:
        """Every number whose picture the terminal was told is held."""
        return [one.number for one in self.told if isinstance(one, PictureHeld)]

    def connect(self) -> None:
        """Dial, and carry bytes until both are silent."""
        self._server = into_codec(self._dialect.conversation, self._context())
        into_codec(self.double.connected, self._context(), Link.TCP, self.now)
        self._handle(into_codec(self._server.tick, self.now))
        self.pump()

    def pump(self) -> None:
        """Carry bytes until both are silent."""
        for _ in range(MOST_MOVES):
            server = self._server
            if server is None or not self.up() | self.down():
                return
            if self.double.closing is not None or server.closing is not None:
                self.up()
                self.down()
                self.drop()
        raise CodecError(f"both sides still talk after {MOST_MOVES} reads of one moment")

    def up(self) -> bool:
        """Carry what the terminal says; False when it says nothing."""
        data = into_codec(self.double.output)
        if data and self._server is not None:
            self._handle(into_codec(self._server.feed, data, self.now))
        return bool(data)

    def down(self) -> bool:
        """Carry what the gateway says."""
        data = into_codec(self._server.output) if self._server is not None else b""
        if data:
            self.told += into_codec(self.double.feed, data, self.now)
        return bool(data)

    def drop(self) -> None:
        """Lose the connection and what is on its way."""
        server, self._server = self._server, None
        if server is not None:
            into_codec(server.lost, self.now)
            self.told += into_codec(self.double.lost)

    def wait(self, seconds: float) -> None:
        """Let time pass, every timer of both sides called when it is due; dial when cut off."""
        target = self.now.mono + seconds
        for _ in range(MOST_MOVES):
            due = min((at for at in self._deadlines() if at is not None), default=target)
            if due > target:
                due = target
            self._move_to(max(due, self.now.mono))
            if self._server is None:
                self.connect()
            self._handle(into_codec(self._server.tick, self.now) if self._server else [])
            self.told += into_codec(self.double.tick, self.now)
            self.pump()
            if self.now.mono >= target:
                return
        raise CodecError(f"timers fired {MOST_MOVES} times within {seconds:g} s")

    def _deadlines(self) -> list[float | None]:
        if self._server is None:
            return [self.now.mono]
        return [into_codec(self.double.deadline), into_codec(self._server.deadline)]

    def _move_to(self, mono: float) -> None:
        self.now = Instant(mono, self.now.wall + round((mono - self.now.mono) * 1000))

    def _handle(self, events: list[Event]) -> None:
        server = self._server
        for event in events:
            request = self.desk.answer(event)
            if request is not None and server is not None:
                self._handle(into_codec(server.submit, request, self.now))

    def _context(self) -> Context:
        return Context(entropy=self._dice.randbytes)
