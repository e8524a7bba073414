"""Large objects on their way to a terminal, or asked of it: pictures, templates, firmware, logs."""

from __future__ import annotations

from dataclasses import field
from enum import Enum

from gateway.domain.commands import OutcomeBase
from gateway.domain.ids import Receipt, Ticket
from gateway.domain.values import value


class ObjectKind(Enum):
    """What an object is."""

    SNAPSHOT = "snapshot"
    FACE_PHOTO = "face_photo"
    FACE_TEMPLATE = "face_template"
    IRIS_TEMPLATE = "iris_template"
    FINGER_TEMPLATE = "finger_template"
    FIRMWARE = "firmware"
    LOG = "log"
    ID_CARD_PHOTO = "id_card_photo"


@value
class SendObject:
    """Bring an object to the terminal; goes on where an earlier attempt ended."""

    ticket: Ticket
    kind: ObjectKind
    data: bytes = field(repr=False)
    person: int | None = None
    """Whom it belongs to."""


@value
class PullObject:
    """Ask the terminal to send an object it named; BlobOffered follows."""

    ticket: Ticket
    digest: bytes
    kind: ObjectKind


@value
class PullLog:
    """Ask for the terminal's own log of a time; BlobOffered follows with the digest it names."""

    ticket: Ticket
    from_ms: int
    to_ms: int


@value
class ObjectOutcome(OutcomeBase):
    """What came of it; for a PullLog the digest and size the terminal named."""

    digest: bytes = b""
    size: int | None = None


@value
class ObjectWanted:
    """The terminal asks for an object by name; Accept says that SendObject follows."""

    receipt: Receipt
    digest: bytes
    kind: ObjectKind


ObjectRequest = SendObject | PullObject | PullLog
