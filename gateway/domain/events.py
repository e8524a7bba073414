"""What terminals report, whatever protocol they speak.

Events are values: a conversation makes them from bytes, a session routes them, a service acts on
them. Those with a ``receipt`` leave a terminal waiting; each receipt is answered at most once, by
a request from `gateway.domain.requests`.
"""

from __future__ import annotations

from dataclasses import field

from gateway.domain.commands import CommandOutcome
from gateway.domain.ids import Receipt, Serial
from gateway.domain.maintenance import (
    DescriptionOutcome,
    FaultNoticed,
    FirmwareInstalled,
    SearchOutcome,
    StatusOutcome,
)
from gateway.domain.objects import ObjectOutcome, ObjectWanted
from gateway.domain.people import PeopleOutcome, PeopleStated, PersonEnrolled
from gateway.domain.times import ClockQuality
from gateway.domain.values import value
from gateway.domain.verification import TemplateRejected, VerdictDue, VerificationEvent
from gateway.domain.vocabulary import Decision, Direction, FaultSeverity, Lane, Means, VerifiedBy


@value
class StoredSeries:
    """What a terminal still holds of one numbered series; empty when ``first == last + 1``."""

    series: int
    first: int
    last: int


@value
class CredentialWanted:
    """Somebody claims to be ``serial``; the conversation needs its secret to check the proof."""

    serial: Serial
    key_id: int = 0


@value
class LoginProved:
    """The terminal proved its identity; answer with Admit or Refuse."""

    serial: Serial
    model: str = ""
    firmware: str = ""
    capabilities: frozenset[str] = frozenset()
    stores: tuple[StoredSeries, ...] = ()
    quirks: tuple[str, ...] = ()
    """Deviations of this firmware that the codec allows for, by name."""
    unproven: bool = False
    """The codec has no recording of this firmware and takes it for the nearest lower one."""
    fetches: bool = False
    """The terminal fetches its orders: they wait for it beyond this connection (`OrdersWanted`)."""


@value
class FirmwareChanged:
    """The terminal runs another firmware than it said at login; its behaviour was chosen anew."""

    firmware: str
    quirks: tuple[str, ...] = ()
    unproven: bool = False


@value
class LoginClaimed:
    """Somebody says who it is, in a protocol without proof; answer with Admit or Refuse.

    Anybody can say it, so it is believed only from an address the device is bound to.
    """

    serial: Serial


@value
class LoginFailed:
    """A proof did not hold; the conversation has already answered."""

    serial: Serial
    reason: str


@value
class DeviceStatus:
    """What a terminal says of its own health; None where its protocol does not tell."""

    uptime_s: int | None = None
    persons: int | None = None
    unacknowledged: int | None = None
    free_store: float | None = None
    """Share of the record store that is free, 0…1."""
    temperature_c: float | None = None
    clock: ClockQuality = ClockQuality.UNKNOWN
    on_battery: bool | None = None
    faults: frozenset[str] = frozenset()


@value
class Heartbeat:
    """The terminal is there; already answered, because losing the answer costs nothing."""

    status: DeviceStatus | None = None


@value
class OrdersWanted:
    """The terminal fetches its orders now; answer with one, or with NoOrders."""


@value
class ClockMeasured:
    """The terminal's clock against ours."""

    offset_ms: int
    """Device clock minus ours."""
    uncertainty_ms: int
    """The true offset lies within this distance: half the round trip, or the one-way delay."""


@value
class PictureRef:
    """A picture that belongs to a record, named by what it contains."""

    digest: bytes
    """SHA-256 of the picture, 32 bytes."""
    size: int
    data: bytes | None = field(default=None, repr=False)
    """The picture itself when it came inside the record, else None: it follows or is fetched."""
    damage: str | None = None
    """Why ``data`` is no complete JPEG; None when it is one, or when it is not here."""


@value
class RecordBase:
    """What every numbered record has in common."""

    receipt: Receipt
    lane: Lane
    identity: bytes
    """The maker's declaration of "the same record sent again"; unique per device, ≤ 64 bytes."""
    digest: bytes
    """Digest of the fields that must not change on a resend; other digest = conflict."""
    series: int
    """Number of the record store this record was numbered in (YLS: REC_EPOCH)."""
    number: int
    device_ms: int
    """Event time on the terminal's clock, milliseconds since 1970 UTC."""
    raw: bytes
    """The record as it came, without pictures, for disputes and for decoding it again."""
    follows: int | None = None
    """Number of the record before this one in its series, where the terminal says so: when that one
    is not here, something was lost, whatever numbers are missing between."""


@value
class PassageReported(RecordBase):
    """Somebody passed a gate or was turned away."""

    direction: Direction = Direction.UNKNOWN
    decision: Decision = Decision.UNKNOWN
    means: Means = Means.NONE
    claim: str | None = None
    """Who the terminal says it was, in its own numbering; None for a stranger."""
    verified_by: VerifiedBy = VerifiedBy.UNKNOWN
    score: float | None = None
    """Similarity as the terminal states it, 0…1."""
    liveness: float | None = None
    """Liveness as the terminal states it, 0…1; None is "not sent", never "live"."""
    door: int | None = None
    temperature_c: float | None = None
    helmet: bool | None = None
    clock_synchronised: bool | None = None
    taken_offline: bool = False
    repeat: bool = False
    duress: bool = False
    test: bool = False
    picture: PictureRef | None = None


@value
class FaultReported(RecordBase):
    """A terminal's report of a fault in itself, numbered like a passage so that it must arrive."""

    code: int
    severity: FaultSeverity = FaultSeverity.MINOR
    raised: bool = True
    count: int = 1
    first_ms: int | None = None
    text: str = ""


RecordReported = PassageReported | FaultReported


@value
class RecordsLost:
    """Records a terminal gave up; a tombstone, so that the hole is known and never waited for."""

    receipt: Receipt
    series: int
    first: int
    last: int
    reason: int


@value
class BlobOffered:
    """The terminal wants to send a large object; answer with TakeBlob or DeclineBlob."""

    receipt: Receipt
    digest: bytes
    size: int
    kind: str
    """``snapshot``, ``face_photo``, ``face_template``, ``iris_template``, ``finger_template``,
    ``id_card_photo`` or ``log``."""
    series: int | None = None
    number: int | None = None
    """The record it belongs to, where the terminal says so."""
    claim: str | None = None
    """The person it belongs to, where the terminal says so."""


@value
class BlobCompleted:
    """A whole object whose digest was checked; answer with Accept once it is durable."""

    receipt: Receipt
    digest: bytes
    kind: str
    data: bytes = field(repr=False)
    damage: str | None = None
    """Why the bytes are no complete JPEG; they are kept all the same."""
    series: int | None = None
    number: int | None = None
    claim: str | None = None


@value
class BlobInterrupted:
    """What had arrived of an object when its transfer ended; keep it for the resumption.

    Without ``data`` there is nothing to keep, and the object is no longer on its way.
    """

    digest: bytes
    data: bytes = field(repr=False)


@value
class RangeAnswered:
    """The terminal's answer to AskRecords: whether it still has what we miss."""

    accepted: bool
    code: int


@value
class FrameDamaged:
    """Bytes that are no frame; counted, sampled into the capture, and skipped."""

    code: str
    """One of `gateway.codecs.api.DAMAGE`."""
    size: int
    """Bytes dropped; those up to the one that showed it, where the connection ends at damage."""
    sample: bytes = b""


@value
class UnknownMessage:
    """A well-formed message this codec does not know; kept, counted, answered as unknown."""

    command: int
    sample: bytes = b""


@value
class Misbehaved:
    """The peer broke the protocol; when ``fatal`` the connection is about to be closed."""

    code: str
    detail: str = ""
    fatal: bool = False


@value
class SaidGoodbye:
    """The terminal ends the session on purpose."""

    reason: str


Event = (
    CredentialWanted
    | LoginProved
    | LoginClaimed
    | LoginFailed
    | FirmwareChanged
    | Heartbeat
    | OrdersWanted
    | ClockMeasured
    | PassageReported
    | FaultReported
    | RecordsLost
    | BlobOffered
    | BlobCompleted
    | BlobInterrupted
    | RangeAnswered
    | FrameDamaged
    | UnknownMessage
    | Misbehaved
    | SaidGoodbye
    | VerificationEvent
    | TemplateRejected
    | VerdictDue
    | CommandOutcome
    | PeopleOutcome
    | PeopleStated
    | PersonEnrolled
    | ObjectOutcome
    | ObjectWanted
    | FaultNoticed
    | FirmwareInstalled
    | StatusOutcome
    | DescriptionOutcome
    | SearchOutcome
)
