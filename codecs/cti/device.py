"""A terminal's side, for tests and trials: logs in, beats, and sends each record until it is told.

Stop and wait, as public clients do: one frame at a time, and the next only after the answer. Keeps
its records when a connection ends. Opens nothing and reads no clock.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from gateway.codecs.cti.attendance import Attendance, put_attendances
from gateway.codecs.cti.content import read_time, unseal
from gateway.codecs.cti.frame import Frame, pack, parse
from gateway.codecs.cti.framing import FRAMING
from gateway.codecs.cti.login import Login, put_login
from gateway.codecs.cti.registers import Command, State
from gateway.codecs.framing import FrameReader

from gateway.domain.events import FrameDamaged


class CtiDevice:
    """One terminal; survives its connections."""

    def __init__(self, login: Login, session: bytes) -> None:
        """``session`` is the 16-byte session id it puts into its frames."""
        self._login = login
        self._session = session
        self._frames = FrameReader(FRAMING, resync=False)
        self._out = bytearray()
        self._asked: int | None = None
        self.kept: deque[tuple[Attendance, ...]] = deque()
        """Frames of records that nobody has taken over yet, the oldest first."""
        self.acknowledged: list[Attendance] = []
        self.online = False
        self.refusals: list[str] = []
        """Reasons of answers in state 01, in order."""
        self.damage: str | None = None
        """Why what the gateway sent was no frame."""
        self.beats = 0
        """Heartbeats that were answered."""
        self.clock_ms: int | None = None
        """What the last time sync told, milliseconds since 1970 UTC."""

    @property
    def asking(self) -> bool:
        """A frame waits for its answer: nothing else may be sent."""
        return self._asked is not None

    def connected(self) -> None:
        """Begin anew on a fresh connection: the first thing sent is the login."""
        self._frames = FrameReader(FRAMING, resync=False)
        self._out.clear()
        self.online = False
        self._ask(Command.LOGIN_2, put_login(self._login))

    def record(self, *records: Attendance) -> None:
        """Keep records that travel in one frame, until they are acknowledged."""
        self.kept.append(records)
        self._next()

    def beat(self) -> None:
        """Send a heartbeat; only between frames."""
        self._ask(Command.HEARTBEAT, b"")

    def ask_time(self) -> None:
        """Ask what time it is; only between frames."""
        self._ask(Command.TIME_SYNC, b"")

    def output(self) -> bytes:
        """Return and forget the bytes to be sent."""
        sent = bytes(self._out)
        self._out.clear()
        return sent

    def feed(self, data: bytes) -> None:
        """Take what the gateway sent; what is no frame is noted as `damage`."""
        self._frames.feed(data)
        while (frame := self._frames.take()) is not None:
            if isinstance(frame, FrameDamaged):
                self.damage = frame.code
                return
            self._answered(parse(frame))

    def retry(self) -> None:
        """Send again what was refused."""
        self._next()

    def _answered(self, frame: Frame) -> None:
        if frame.command != self._asked or frame.session != self._session:
            return
        self._asked = None
        if frame.state != State.OK:
            self.refusals.append(frame.content.decode())
            return
        if frame.command == Command.LOGIN_2:
            self.online = True
        elif frame.command == Command.HEARTBEAT:
            self.beats += 1
        elif frame.command == Command.TIME_SYNC:
            self.clock_ms = read_time(unseal(frame.content))
        else:
            self.acknowledged += self.kept.popleft()
        self._next()

    def _next(self) -> None:
        if self.online and self._asked is None and self.kept:
            records = self.kept[0]
            self._ask(_command(records), put_attendances(records))

    def _ask(self, command: int, content: bytes) -> None:
        self._asked = command
        self._out += pack(Frame(command, self._session, content))


def _command(records: Iterable[Attendance]) -> Command:
    placed = any(record.placed for record in records)
    return Command.ATTENDANCE_PLACED if placed else Command.ATTENDANCE
