"""A terminal's side as whoever simulates one sees it, whatever protocol it speaks.

Owns the words between a simulator and a dialect: what happens at a gate, what a terminal is told.
A dialect offers a `Double` as ``Dialect.device``; nothing of it is used where the gateway runs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol, runtime_checkable

from gateway.codecs.api import Context

from gateway.domain.templates import FaceTemplate
from gateway.domain.times import Instant
from gateway.domain.vocabulary import Decision, Direction, Means


class Link(Enum):
    """What a terminal hangs on."""

    TCP = "tcp"
    TLS = "tls"
    SERIAL = "serial"


PLAIN_FIRMWARE = "1.0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Persona:
    """Which terminal it is."""

    serial: str
    secret: bytes = field(default=b"", repr=False)
    """32 bytes; a protocol without proof has no use for it."""
    model: str = ""
    firmware: str = PLAIN_FIRMWARE
    series: int = 1
    """Names the numbering of its records, 0…2³²-1, where its protocol numbers them."""
    variant: int = 0
    """Which of the firmwares that a dialect knows it runs, counted round; 0 is the plainest."""
    served: bool = False
    """Somebody may dial it, where terminals of its protocol are servers too (`Served`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """What happened at a gate; None is "not told"."""

    time_ms: int
    """Milliseconds since 1970 UTC."""
    person: int = 0
    """Number the terminal knows the person by; 0 is a stranger."""
    direction: Direction = Direction.UNKNOWN
    decision: Decision = Decision.GRANTED
    means: Means = Means.NONE
    score: float | None = None
    liveness: float | None = None
    """Both 0…1."""
    temperature_c: float | None = None
    helmet: bool | None = None
    picture: bytes | None = field(default=None, repr=False)
    """A JPEG."""
    offline: bool = False
    """The gateway was out of reach."""
    by_gateway: bool = False
    """The gateway decided."""
    fell_back: bool = False
    """It was asked and gave no answer of use, so the terminal decided by itself."""
    fault: str = ""
    """Nobody passed: the terminal complains of itself, in these words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Who is this? What a terminal asks its gateway while somebody waits."""

    means: Means
    direction: Direction = Direction.UNKNOWN
    time_ms: int = 0
    """When somebody stepped before it, in milliseconds since 1970 UTC."""
    face: FaceTemplate | None = None
    picture: bytes | None = field(default=None, repr=False)
    """A JPEG, instead of a template."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """The gateway let the terminal in; what it holds already comes as `Held`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnedAway:
    """The gateway refused the login; the connection is over."""

    retry_after_s: int = 0
    """Least seconds before the next attempt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HungUp:
    """The terminal closes its connection between two reports; its session goes on.

    It is dialled for once something is recorded or asked, and at the latest at ``until``.
    """

    until: float
    """Monotonic seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """The terminal kept a record by itself.

    Either the question just asked is one, then nothing else is recorded of that visit, or an
    answer made something happen, such as a door that was unlocked.
    """

    number: int
    fault: bool = False
    """It tells of the terminal or its door, and of nobody who passed."""
    picture: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """The gateway holds these records."""

    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureHeld:
    """The gateway holds the picture of a record."""

    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PutOff:
    """The gateway cannot take records now; they stay and are sent again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """The gateway refused records or a picture for good, or disputes them."""

    picture: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """The gateway answered the question."""

    granted: bool
    person: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Unanswered:
    """No answer of use to the question: the terminal decides by itself."""

    reason: str
    """Such as ``busy``, ``no_answer`` or ``offline``; ``mute`` where no question can be asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Obeyed:
    """The gateway ordered something, and the terminal did it."""

    what: str
    """Such as ``door``, ``people``, ``enrolment``, ``object``, ``key`` or ``upgrade``."""


Told = (
    Admitted
    | TurnedAway
    | HungUp
    | Recorded
    | Held
    | PictureHeld
    | PutOff
    | Rejected
    | Decided
    | Unanswered
    | Obeyed
)


class Double(Protocol):
    """One terminal; survives its connections, and keeps records until they are acknowledged.

    Opens nothing and reads no clock. Records are numbered from 1 up, in the order of `record`.
    """

    @property
    def closing(self) -> str | None:
        """Set once the connection is over: send what is left, then close."""

    @property
    def late(self) -> int:
        """Answers to questions that came when nobody waited any more, on this connection."""

    def identity(self, number: int) -> bytes:
        """Return the identity that the gateway's side gives to a record."""

    def record(self, happening: Happening, now: Instant) -> int | None:
        """Keep what happened and send it at once when online; return its number.

        None where the protocol has no words for it, the last number where it has none for the
        difference to that one: then nothing was kept.
        """

    def ask(self, question: Question, now: Instant) -> list[Told]:
        """Ask; Decided or Unanswered follows, perhaps at once.

        Where a protocol asks by a record, Recorded is among what is returned.
        """

    def connected(self, context: Context, link: Link, now: Instant) -> None:
        """Begin anew on a fresh connection."""

    def feed(self, data: bytes, now: Instant) -> list[Told]:
        """Take bytes as they arrived."""

    def tick(self, now: Instant) -> list[Told]:
        """Act on time having passed; harmless when called early."""

    def deadline(self) -> float | None:
        """Monotonic seconds at which `tick` wants to be called, or None."""

    def output(self) -> bytes:
        """Return and forget the bytes to be sent."""

    def lost(self) -> list[Told]:
        """Forget the connection, or that one could be had after HungUp; the records stay.

        Returns what becomes of an open question, where the protocol writes that down.
        """

    def part(self) -> None:
        """Say farewell, where there is a word for it."""


class Visit(Protocol):
    """One connection of somebody who dialled a terminal."""

    @property
    def closing(self) -> str | None:
        """Set once the connection is over: send what is left, then close."""

    def feed(self, data: bytes, now: Instant) -> None:
        """Take bytes as they arrived."""

    def tick(self, now: Instant) -> None:
        """Act on time having passed, or on what happened meanwhile; harmless when called early."""

    def output(self) -> bytes:
        """Return and forget the bytes to be sent."""


@runtime_checkable
class Served(Protocol):
    """A double that is a server too, beside its own connection to the gateway."""

    def accept(self, now: Instant) -> Visit:
        """Take a connection."""
