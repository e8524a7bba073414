"""What a connection said around something that did not decode: values and the ports they pass.

A capture is redacted when it is made; only an operator's explicit full recording is not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple, Protocol

from gateway.domain.ids import Serial
from gateway.domain.times import Instant

UNKNOWN = "unknown."
"""How the code of a capture begins that is about a well-formed message no codec knows."""
RECORDING = "recording"
"""Code of a capture an operator asked for, in which nothing went wrong."""
UNRECOGNISED = "unrecognised"
"""Code of a capture of first bytes that belong to no dialect served here."""
ROUTINE = "always"
"""Code of a capture that was made because all sessions are captured."""


class Redaction(Enum):
    """What was done to the bytes before they were stored; lengths always stay as they were."""

    DIALECT = "dialect"
    """The dialect replaced what is personal or secret by zeros."""
    HEAD = "head"
    """Only the first bytes of each run in one direction are kept, the rest is zeros."""
    NONE = "none"
    """Nothing: an operator asked for everything."""


class Piece(NamedTuple):
    """Bytes of one read or one write."""

    inward: bool
    """They came from the terminal."""
    at_ms: int
    """Our wall clock, milliseconds since 1970 UTC."""
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """The latest bytes of one connection, oldest first."""

    serial: Serial | None
    """The identity that was proved; None for a stranger."""
    peer: str
    """Address of the other end, without the port."""
    dialect: str
    """Name and version."""
    firmware: str
    """As the terminal stated it, empty if it did not."""
    code: str
    """Why it was made: ``damaged.…``, ``misbehaved.…``, ``unknown.…``, ``codec_error``,
    `UNRECOGNISED`, `RECORDING` or `ROUTINE`."""
    whole: bool
    """The first piece is the first of the connection; otherwise older ones had been forgotten."""
    redaction: Redaction
    pieces: tuple[Piece, ...] = field(repr=False)

    @property
    def size(self) -> int:
        """Bytes in all pieces."""
        return sum(len(piece.data) for piece in self.pieces)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureSummary:
    """A stored capture without its bytes."""

    id: int
    kept_ms: int
    serial: Serial | None
    peer: str
    dialect: str
    firmware: str
    code: str
    whole: bool
    redaction: Redaction
    first_ms: int
    last_ms: int
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureCounts:
    """How many captures are stored."""

    devices: int
    strangers: int


class CaptureInbox(Protocol):
    """Where sessions leave captures. No call blocks or raises."""

    def admits(self, serial: Serial | None, peer: str, code: str, now: Instant) -> bool:
        """Say whether one more may be made of this peer, and count it if so.

        Asked before anything is copied, so that a flood costs a look-up for each frame.
        """

    def put(self, capture: Capture, now: Instant) -> None:
        """Take a capture that is to be stored when there is time."""


class CaptureStore(Protocol):
    """Durable captures. Every method raises StoreUnavailable when the database cannot be asked."""

    async def keep(self, capture: Capture, now_ms: int) -> int:
        """Store one sealed; return its number."""

    async def counts(self) -> CaptureCounts:
        """Count what is stored."""

    async def erase_before(self, kept_ms: int) -> int:
        """Erase what was kept before this instant; return how many that were."""

    async def erase(self, numbers: Sequence[int]) -> int:
        """Erase these; return how many there were."""
