"""What we ask of a terminal or answer it; a conversation turns it into its protocol's bytes."""

from __future__ import annotations

from enum import Enum

from gateway.domain.commands import CommandRequest
from gateway.domain.ids import Receipt
from gateway.domain.maintenance import Poll, UpkeepRequest
from gateway.domain.objects import ObjectRequest
from gateway.domain.people import PeopleRequest
from gateway.domain.values import value
from gateway.domain.verification import VerifyAnswer


class Refusal(Enum):
    """Why a terminal that proved its identity is not admitted."""

    NOT_LISTED = "not_listed"
    """Its supplier or model is not in the directory (R-030)."""
    REVOKED = "revoked"
    LOCKED_OUT = "locked_out"
    OVERLOADED = "overloaded"
    UNAVAILABLE = "unavailable"
    """We cannot tell what we hold of it: the database is down. The terminal tries again."""


class Parting(Enum):
    """Why we end a session."""

    TAKEN_OVER = "taken_over"
    DRAINING = "draining"
    IDLE = "idle"
    PROTOCOL_ERROR = "protocol_error"
    REVOKED = "revoked"


@value
class HeldSeries:
    """Which numbers of one series are durably ours: all up to ``upto``, and ``ranges`` above it."""

    series: int
    upto: int
    ranges: tuple[tuple[int, int], ...] = ()


@value
class CredentialGiven:
    """Answer to CredentialWanted; None makes the proof fail exactly as a wrong secret would."""

    secret: bytes | None


@value
class Admit:
    """Answer to LoginProved: the session is on."""

    session: int
    """1…65535, unique among live sessions as far as the protocol can express."""
    heartbeat_s: int
    held: tuple[HeldSeries, ...] = ()


@value
class Refuse:
    """Answer to LoginProved: not now, or not at all."""

    reason: Refusal
    retry_after_s: int | None = None


@value
class NoOrders:
    """Answer to OrdersWanted: there is nothing to do at present."""


@value
class Accept:
    """What the receipt stands for is durable: the terminal may forget it."""

    receipt: Receipt


@value
class Defer:
    """Not taken and not stored; the terminal keeps it and tries again."""

    receipt: Receipt
    retry_after_s: int = 1


@value
class Conflict:
    """Held durably, but in quarantine: the same identity arrived before with other bytes."""

    receipt: Receipt


@value
class TakeBlob:
    """Answer to BlobOffered: send it, from the end of ``prefix`` on."""

    receipt: Receipt
    prefix: bytes = b""
    have_all: bool = False
    """The object is durable already: nothing needs sending."""


@value
class DeclineBlob:
    """Answer to BlobOffered, BlobCompleted or ObjectWanted: no, or not at present."""

    receipt: Receipt
    code: str
    """``quota``, ``too_large``, ``unsupported``, ``unknown`` or ``unavailable``."""


@value
class AskRecords:
    """Ask again for records that are missing here though the terminal counts them as delivered."""

    series: int
    first: int
    last: int


@value
class MeasureClock:
    """Measure the terminal's clock against ours; ClockMeasured is the answer."""


@value
class Farewell:
    """End the session with a reason the terminal understands."""

    reason: Parting


Request = (
    CredentialGiven
    | Admit
    | Refuse
    | NoOrders
    | Accept
    | Defer
    | Conflict
    | TakeBlob
    | DeclineBlob
    | AskRecords
    | MeasureClock
    | Farewell
    | VerifyAnswer
    | CommandRequest
    | PeopleRequest
    | ObjectRequest
    | UpkeepRequest
    | Poll
)
