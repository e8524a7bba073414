"""What a codec is: a conversation without input or output, and a dialect that declares it.

A codec sees bytes and instants and returns events and bytes. It opens nothing, reads no clock,
draws no random numbers and logs nothing; whatever it needs of the world is in its `Context`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Protocol

from gateway.codecs.quirks import FirmwareTable

from gateway.domain.events import Event, RecordReported
from gateway.domain.ids import Serial
from gateway.domain.requests import Request
from gateway.domain.times import Instant

if TYPE_CHECKING:
    from gateway.codecs.arming import Arm
    from gateway.codecs.double import Double, Persona
from gateway.codecs.errand import Errands

API_VERSION = 1
"""A dialect that targets another version is listed but not loaded."""

DAMAGE = frozenset(
    {"magic", "version", "header", "length", "checksum", "escape", "direction", "gap", "syntax"}
)
"""Why bytes are no frame; the closed vocabulary of FrameDamaged.code and of its metric."""


Redact = Callable[[bytes, bool, int], bytes]
"""Replaces what is personal or secret in a stream of one direction by zeros, of the same length.

Called with the bytes, whether they need not begin with a frame, and how many bytes may be kept of
anything whose meaning is unknown. Pure, at linear cost; the answer has the length of the question.
"""


class TimeBasis(Enum):
    """What a terminal's event times are counted in."""

    UTC = "utc"
    LOCAL_WITH_OFFSET = "local_with_offset"
    """Wall clock of the site, the message says how far east of UTC."""
    LOCAL = "local"
    """Wall clock of the site, whose zone the gateway has to know."""


class Reach(Enum):
    """How the gateway gets at a terminal of this dialect."""

    PERSISTENT = "persistent"
    """One connection stays up; commands travel down the same socket."""
    POLLED = "polled"
    """The terminal asks for commands at its own rhythm."""
    PUSH_ONLY = "push_only"
    """The terminal reports and takes nothing back but the answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of one conversation; a session enforces those it can see, the codec the rest."""

    max_frame: int
    """Bytes of the largest whole frame."""
    before_login_bytes: int = 512
    """Bytes a peer may send before it has proved who it is."""
    login_seconds: float = 10.0
    """Seconds within which the proof must be complete."""
    max_picture: int = 300 * 1024
    """Bytes of the largest picture."""
    idle_seconds: float = 0.0
    """Silence that is usual for a terminal of this dialect, where it is told no heartbeat interval;
    a connection is not closed before it, whatever the interval."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a conversation is given at birth."""

    entropy: Callable[[int], bytes]
    """Returns that many fresh random bytes."""
    secure: bool = False
    """The link is TLS."""
    channel_binding: bytes = b""
    """Keying material exported from the TLS session (RFC 5705), empty on a plain link."""
    resync: bool = False
    """The link can lose or invent bytes (serial): hunt for the next frame instead of closing."""
    settings: dict[str, int | bool] = field(default_factory=dict)
    """The dialect's own settings, each documented by the dialect with default and unit."""
    memory: object | None = None
    """What `Dialect.memory` made, the same for all conversations of a gateway; None where each has
    to remember by itself."""


class Conversation(Protocol):
    """One side of one connection."""

    @property
    def closing(self) -> str | None:
        """Set once the conversation is over: send what is left, then close. A short reason code."""

    def feed(self, data: bytes, now: Instant) -> list[Event]:
        """Take bytes as they arrived and return what they mean, in order. Never raises."""

    def submit(self, request: Request, now: Instant) -> list[Event]:
        """Take an answer or a wish of the gateway's.

        An answer to a receipt that is unknown or already answered is ignored: the connection it
        belonged to may be gone.
        """

    def output(self) -> bytes:
        """Return and forget the bytes to be sent."""

    def deadline(self) -> float | None:
        """Monotonic seconds at which `tick` wants to be called, or None."""

    def tick(self, now: Instant) -> list[Event]:
        """Act on time having passed; harmless when called early."""

    def lost(self, now: Instant) -> list[Event]:
        """The connection ended; return what should survive it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """A protocol as data: everything the gateway must know to speak it."""

    name: str
    version: str
    summary: str
    conversation: Callable[[Context], Conversation]
    """Makes the gateway's side."""
    memory: Callable[[], object] | None = None
    """Makes what conversations remember together: what outlives a connection, such as the session
    of a terminal that has one for each request. Made once in a gateway's life, and bounded."""
    device: Callable[[Persona], Double] | None = None
    """Makes a terminal for the simulator and for gold, see `gateway.codecs.double`."""
    carries: frozenset[type] = frozenset()
    """Which orders its conversations take: classes of `gateway.domain.commands` and
    `gateway.domain.maintenance`. Whatever is neither here nor in ``errands`` is refused before it
    is queued."""
    armed: Arm | None = None
    """Reads the stream of events of a terminal that is a server, see `gateway.codecs.arming`."""
    errands: Errands | None = None
    """What can be done at its terminals by calls, where they are HTTP servers themselves."""
    experimental: str = ""
    """What of it no unit was ever tried with, in a few words; shown where dialects are listed."""
    reach: Reach = Reach.PERSISTENT
    numbered: bool = True
    """Records carry a series and numbers from 1 up, without holes; otherwise nothing but their
    identity names them."""
    retains_until_ack: bool = True
    """The terminal keeps a record until it is acknowledged; otherwise the gateway must spool it."""
    opening: Callable[[bytes], bool | None]
    """Judge the first bytes of a connection (at most eight): True ours, False not, None wait."""
    reread: Callable[[bytes], RecordReported | None] | None = None
    """Decodes what a record kept as ``raw``, outside any conversation; its receipt and its lane are
    ignored. With it `gatepost codec replay` reads history again."""
    firmwares: FirmwareTable = field(default_factory=FirmwareTable)
    """How behaviour follows from the firmware; every range of it needs a transcript."""
    time_basis: TimeBasis | None = None
    """Wanted for silver: times whose basis is a guess are wrong by hours on the first new site."""
    checksum: bool = False
    """Frames carry a checksum, so a flipped bit must never pass unnoticed (property P6)."""
    proof: bool = True
    """A login proves who the terminal is. Otherwise the conversation reports LoginClaimed, and the
    gateway serves the dialect only where devices are bound to addresses (``[[unproved]]``)."""
    claims: bool = False
    """Beside logins that prove something there are some that only claim (LoginClaimed); those are
    believed in ``[[unproved]]`` and nowhere else."""
    limits: Limits
    typed_in: Callable[[Serial, bytes], tuple[tuple[str, str], ...]] | None = None
    """What an operator types into a terminal instead of its key, made from serial number and key:
    pairs of the field's name and its content. None where the terminal takes the key itself."""
    redact: Redact | None = None
    """Makes captures fit to be stored. Without it only the first bytes of each run are kept."""
    api: int = API_VERSION

    @property
    def orders(self) -> frozenset[type]:
        """Which orders its terminals can be given, one way or the other."""
        return self.carries if self.errands is None else self.carries | self.errands.orders
