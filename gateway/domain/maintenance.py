"""Keeping terminals in order: their health on request, faults, firmware, keys, bus addresses."""

from __future__ import annotations

from dataclasses import field
from enum import Enum

from gateway.domain.commands import OutcomeBase
from gateway.domain.ids import Receipt, Ticket
from gateway.domain.values import value
from gateway.domain.vocabulary import FaultSeverity


@value
class AskStatus:
    """Ask for the terminal's health and what its record store holds."""

    ticket: Ticket


@value
class FaultNoticed:
    """A fault a terminal tells of at once; the one that counts comes as a record."""

    code: int
    severity: FaultSeverity
    raised: bool
    count: int
    first_ms: int | None
    text: str


@value
class FirmwareOffer:
    """Offer an image; the terminal checks the maker's signature, the gateway only relays it."""

    ticket: Ticket
    version: str
    size: int
    digest: bytes
    """SHA-256 of the image."""
    hardware_mask: int
    """One bit for each hardware the image is for."""
    least_version: str
    """No image below this may ever be installed afterwards; signed with the rest."""
    signature: bytes
    """Ed25519, 64 bytes."""


@value
class SendFirmware:
    """Have a terminal install an image that the gateway brings; leaves as SendObject."""

    ticket: Ticket
    file: str
    """Absolute path, readable by the gateway."""
    digest: bytes
    """SHA-256 of what whoever ordered it saw there."""


@value
class ApplyFirmware:
    """Install an image that was sent, within a time of the terminal's clock."""

    ticket: Ticket
    digest: bytes
    not_before_ms: int
    not_after_ms: int


@value
class FirmwareInstalled:
    """How an installation ended; answer with Accept once it is noted."""

    receipt: Receipt
    version: str
    """What runs now."""
    applied: bool
    """False: the terminal fell back on what it had before."""
    reason: str = ""


class KeyKind(Enum):
    """What a key is for."""

    DEVICE = 1
    """The terminal's own; the old one stays good until a login with the new one."""
    GROUP = 2
    """Shared on a bus, for broadcasts."""


@value
class ChangeKey:
    """Give a terminal a new key; never sent over a link that does not keep it secret."""

    ticket: Ticket
    kind: KeyKind
    key_id: int
    key: bytes = field(repr=False)
    """32 bytes."""


@value
class QrKey:
    """A key with which a terminal checks codes on people's phones, and when it is good."""

    key_id: int
    from_ms: int
    to_ms: int
    key: bytes = field(repr=False)


@value
class PutQrKeys:
    """Replace the terminal's keys for codes; secret as ChangeKey."""

    ticket: Ticket
    keys: tuple[QrKey, ...]


@value
class AssignAddress:
    """Give the terminal of that serial number an address on its bus."""

    ticket: Ticket
    serial: str
    address: int
    """1…247."""


@value
class Poll:
    """Hand the line to the terminal; means nothing on a link that is no bus."""


@value
class StatusOutcome(OutcomeBase):
    """What a terminal's record store holds; its health is reported beside this."""

    stores: tuple[tuple[int, int, int], ...] = ()
    """Series, first and last number of each."""


class Topic(Enum):
    """What a terminal can be asked to tell of itself."""

    IDENTITY = "identity"
    ABILITIES = "abilities"
    CLOCK = "clock"
    REPORTING = "reporting"
    """Where it sends its events."""
    QUESTIONS = "questions"
    """Whom it asks who may pass."""


@value
class Describe:
    """Ask a terminal what it is, what it can and how it is set, in words."""

    ticket: Ticket
    topic: Topic


@value
class SearchRecords:
    """Have a terminal search its memory for records that are missing here.

    What is found comes as records of the back-fill lane, and is stored before the outcome is told.
    """

    ticket: Ticket
    series: int
    first: int
    last: int


@value
class SearchOutcome(OutcomeBase):
    """How a search ended; DONE says that the terminal has told all it has of the range."""

    found: int = 0
    """Records, those included that were here already."""


@value
class SetClock:
    """Set the terminal's clock to ours."""

    ticket: Ticket


class Questions(Enum):
    """How a terminal is to ask who may pass."""

    OFF = "off"
    ANSWERED = "answered"
    """The answer comes on the connection of the question."""
    CALLED_BACK = "called_back"
    """The answer is a call of its own."""


@value
class Provision:
    """Make a terminal report to this gateway: read what it can, change, read back, try."""

    ticket: Ticket
    host: str
    """Where it reaches us: a name or an address."""
    port: int
    secure: bool
    questions: Questions | None = None
    """None leaves as it is whom it asks."""
    patience_s: int = 5
    """Seconds it shall wait for an answer to a question."""
    whoever: bool = False
    """Also a terminal that calls itself by another serial number."""
    replace: bool = False
    """Also where it reports to somebody else and has no room for both."""


@value
class DescriptionOutcome(OutcomeBase):
    """What a terminal told, or what was done to it, in words for people."""

    facts: tuple[tuple[str, str], ...] = ()
    """Name and content."""


UpkeepRequest = (
    AskStatus
    | Describe
    | SearchRecords
    | SetClock
    | Provision
    | FirmwareOffer
    | ApplyFirmware
    | ChangeKey
    | PutQrKeys
    | AssignAddress
)
