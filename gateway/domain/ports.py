"""What the parts of the gateway ask of one another; adapters implement these, app wires them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple, Protocol

from gateway.domain.commands import OutcomeBase
from gateway.domain.directory import Device, Directory
from gateway.domain.errors import StoreRefused
from gateway.domain.events import (
    BlobCompleted,
    BlobInterrupted,
    BlobOffered,
    ClockMeasured,
    DeviceStatus,
    Event,
    FirmwareChanged,
    LoginFailed,
    LoginProved,
    RangeAnswered,
    RecordReported,
    RecordsLost,
)
from gateway.domain.ids import DeviceId, Generation, Serial, Ticket
from gateway.domain.maintenance import FaultNoticed
from gateway.domain.passages import Record
from gateway.domain.people import PeopleStated, PersonEnrolled
from gateway.domain.requests import CredentialGiven, HeldSeries, Parting, Refuse, Request
from gateway.domain.times import Instant
from gateway.domain.verification import TemplateRejected, VerificationEvent, VerifyRequested

Report = PeopleStated | FaultNoticed
"""What a terminal says of itself beside its health, and does not wait to have answered."""


class Outcome(Enum):
    """What became of a record. Every one but UNAVAILABLE is durable and may be acknowledged."""

    STORED = "stored"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"
    """Same identity, other bytes: both are kept, in quarantine, and alarmed."""
    REJECTED = "rejected"
    """The database refuses this row whatever we do; kept with its bytes, and alarmed."""
    UNAVAILABLE = "unavailable"
    """Not stored. The terminal must keep it."""


class Log(Protocol):
    """A bound structured logger; event names are declared in the catalogue of log events."""

    def info(self, event: str, **fields: object) -> object:
        """Record something an operator may want to know later."""

    def warning(self, event: str, **fields: object) -> object:
        """Record something an operator should look at."""

    def error(self, event: str, **fields: object) -> object:
        """Record something an operator must look at."""


class SessionHandle(Protocol):
    """A live connection, as services see it."""

    device: DeviceId
    generation: Generation
    slot: int
    """Index into the presence table, set by the desk at login; -1 before."""
    dialect: str
    """Name and version of the dialect, such as ``yls/1.0``; stored with each record."""
    takes_orders: bool
    """Orders can be given on this connection, or fetched over it."""
    fetches: bool
    """The terminal fetches its orders: they wait for it beyond this connection."""

    @property
    def over(self) -> bool:
        """Whether it has ended or is about to; whoever is over may not be admitted any more."""

    def submit(self, *requests: Request) -> None:
        """Pass requests to the conversation and send what it makes of them, in one write.

        Safe on a session that ended meanwhile: then nothing happens.
        """

    def close(self, reason: Parting) -> None:
        """Say farewell and close once that is sent."""


class DeviceDesk(Protocol):
    """What sessions ask of the gateway. No call blocks; answers come back through the session."""

    def credential(
        self, serial: Serial, peer: str, now: Instant
    ) -> CredentialGiven | Refuse | None:
        """Answer who claims to be a device, before the proof is looked at.

        CredentialGiven holds None for an unknown device. None instead of an answer means that
        nobody at this address is to be answered: hang up.
        """

    def login_failed(self, event: LoginFailed, peer: str, now: Instant) -> None:
        """Count a failed proof against serial number and source."""

    def login(self, session: SessionHandle, event: LoginProved, peer: str, now: Instant) -> None:
        """Admit or refuse, by a request submitted to the session later or at once."""

    def beat(self, session: SessionHandle, now: Instant) -> None:
        """Note a heartbeat of a terminal that need not have any: its silence says something now."""

    def heard(self, session: SessionHandle, now: Instant) -> None:
        """Note that a valid frame came; called for each read, so it must cost nothing."""

    def status(self, session: SessionHandle, status: DeviceStatus, now: Instant) -> None:
        """Take note of a terminal's health; may ask for records that are missing."""

    def firmware_changed(self, session: SessionHandle, event: FirmwareChanged) -> None:
        """Write down that a terminal runs another firmware than before."""

    def clock(self, session: SessionHandle, event: ClockMeasured, now: Instant) -> None:
        """Remember the terminal's clock offset for the records that follow."""

    def record(self, session: SessionHandle, event: RecordReported, now: Instant) -> None:
        """Queue a record; Accept, Conflict or Defer follows when its fate is known."""

    def records_lost(self, session: SessionHandle, event: RecordsLost, now: Instant) -> None:
        """Keep a tombstone; Accept or Defer follows."""

    def blob_offered(self, session: SessionHandle, event: BlobOffered, now: Instant) -> None:
        """Decide whether to take an object; TakeBlob or DeclineBlob follows."""

    def blob_completed(self, session: SessionHandle, event: BlobCompleted, now: Instant) -> None:
        """Make an object durable; Accept or DeclineBlob follows."""

    def blob_interrupted(self, session: SessionHandle, event: BlobInterrupted) -> None:
        """Keep the beginning of an object for its resumption."""

    def range_answered(self, session: SessionHandle, event: RangeAnswered) -> None:
        """Take note of whether the terminal still has what we asked for."""

    def verify(self, session: SessionHandle, event: VerifyRequested, now: Instant) -> None:
        """Decide who passes: Granted, Denied or Undecided follows, within the event's budget."""

    def template_rejected(self, session: SessionHandle, event: TemplateRejected) -> None:
        """Note that a terminal sent a template nobody could compare; it was told so."""

    def verification_ended(self, session: SessionHandle, event: VerificationEvent) -> None:
        """Take note that an answer is no longer wanted, or came too late to be sent."""

    def orders_wanted(self, session: SessionHandle) -> None:
        """Give a terminal that fetches its orders the next one, or say that there is none."""

    def outcome(self, session: SessionHandle, event: OutcomeBase, now: Instant) -> None:
        """Take note of what came of an order or a wish of ours, by its ticket."""

    def enrolled(self, session: SessionHandle, event: PersonEnrolled, now: Instant) -> None:
        """Take what a terminal captured of a person; answer once it is durable, or why not."""

    def reported(self, session: SessionHandle, event: Report, now: Instant) -> None:
        """Take note of what a terminal says of itself; it is answered already."""

    def lost(self, session: SessionHandle, reason: str, now: Instant) -> None:
        """The connection of an admitted session ended; called once, superseded or not."""


class ErrandDesk(Protocol):
    """What is asked of the gateway while something is done at a terminal that is a server."""

    def outcome(self, device: DeviceId, event: OutcomeBase) -> None:
        """Take note of what came of an order."""

    def under_way(self, device: DeviceId, ticket: Ticket, seconds: float) -> None:
        """Take note that an order is being carried out and needs so long for its next step."""

    async def found(self, device: Device, dialect: str, events: Sequence[Event]) -> bool:
        """Take what was found at a terminal as if it had reported it; True once all is durable.

        ``dialect`` is its name and version. Raises TypeError for an event nobody can find.
        """

    def noticed(self, device: Device, event: Event) -> None:
        """Take a sign of life from a terminal that is read, and what it tells beside records."""

    def unheard(self, device: Device) -> None:
        """Take note that a terminal is not read any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture on its way into the store."""

    device: DeviceId
    digest: bytes
    """SHA-256 of ``data``, checked before this was made."""
    data: bytes
    received_ms: int
    series: int | None = None
    number: int | None = None
    damaged: bool = False
    """The bytes are as the terminal sent them, but they are no complete JPEG."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LostRange:
    """Numbers a terminal gave up."""

    device: DeviceId
    series: int
    first: int
    last: int
    reason: int
    received_ms: int


class PictureWanted(NamedTuple):
    """A picture a terminal offers."""

    device: DeviceId
    digest: bytes


class SeriesWanted(NamedTuple):
    """A series of a device of which somebody wants to know what is held."""

    device: DeviceId
    series: int
    first: int
    """The lowest number the terminal still has: what lies below it is not looked for."""


class RecordStore(Protocol):
    """Durable records. Every method raises StoreUnavailable when the database cannot be asked."""

    async def save(self, batch: Sequence[Record]) -> list[Outcome]:
        """Store a batch in one transaction, pictures included; one outcome per record, in order.

        A record the database refuses is set aside with its bytes and never fails its neighbours.
        """

    async def save_lost(self, lost: LostRange) -> None:
        """Store a tombstone for a range; storing it twice is harmless."""

    async def save_pictures(self, batch: Sequence[Picture]) -> list[StoreRefused | None]:
        """Store late pictures in one transaction; say of each why it was refused, or None.

        One that is refused never fails its neighbours. The same digest twice is stored once.
        """

    async def has_pictures(self, wanted: Sequence[PictureWanted]) -> list[bool]:
        """Say of each picture whether it is durable already, in order."""

    async def held(self, wanted: Sequence[SeriesWanted]) -> list[HeldSeries]:
        """Compute which numbers are held, tombstones and quarantined ones included, in order."""

    async def keep_cursors(self, cursors: Sequence[tuple[DeviceId, HeldSeries]]) -> None:
        """Persist prefixes lazily; a stale cursor is safe, it only makes the next login slower."""

    async def keep_contacts(self, contacts: Sequence[tuple[DeviceId, int]]) -> None:
        """Persist when devices were last heard (milliseconds since 1970 UTC), only forward."""

    async def reserve_ids(self, count: int) -> range:
        """Draw ``count`` fresh passage ids."""


class DirectoryStore(Protocol):
    """Where the directory lives."""

    async def load(self) -> Directory:
        """Read everything into one immutable value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What the store holds of one device, for proving sent = stored."""

    device: DeviceId
    passages: int
    faults: int
    quarantined: int
    rejected: int
    pictures: int


def no_probe(name: str) -> None:
    """Do nothing at a named point; the crash harness injects something that kills the process."""
