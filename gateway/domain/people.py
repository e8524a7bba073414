"""Who may pass at a terminal by itself: people pushed to it, asked back, enrolled at it.

Every change of a person takes the next number of one site-wide counter, the revision. Changes are
sent in ascending order; a terminal applies them in order and says how far it came.
"""

from __future__ import annotations

from dataclasses import field

from gateway.domain.commands import OutcomeBase
from gateway.domain.ids import Receipt, Ticket
from gateway.domain.templates import FaceTemplate, IrisTemplate, TemplateRef
from gateway.domain.values import value
from gateway.domain.verification import CardRef
from gateway.domain.vocabulary import Means

ALL_DOORS = 0xFFFFFFFF


@value
class PersonPut:
    """Everything a terminal shall know of one person; replaces what it knew before."""

    ticket: Ticket
    person: int
    revision: int
    name: str = field(repr=False)
    """At most 64 bytes of UTF-8."""
    doors: int
    """One bit for each door, lowest first; ALL_DOORS restricts nothing."""
    valid_from_ms: int = 0
    valid_to_ms: int = 0
    """Milliseconds since 1970 UTC; 0 is open."""
    group: int | None = None
    schedule: int | None = None
    cards: tuple[CardRef, ...] = ()
    """At most four."""
    templates: tuple[TemplateRef, ...] = ()
    """At most twelve; the terminal says which it lacks."""
    faces: tuple[FaceTemplate, ...] = ()
    irises: tuple[IrisTemplate, ...] = ()
    """Templates that travel inside."""
    photo: bytes = field(default=b"", repr=False)
    """A JPEG for terminals that make their templates themselves and are told by calls."""
    batch_end: int | None = None
    """With this the terminal has everything up to that revision."""


@value
class SendPerson:
    """Have a terminal know a person; leaves as PersonPut with what is true at that moment."""

    ticket: Ticket
    person: int
    face: bool = True
    """With the enrolment photo; False: without any."""


@value
class PersonDelete:
    """Forget a person and every template, and remember that this revision did it."""

    ticket: Ticket
    person: int
    revision: int
    batch_end: int | None = None


@value
class Enrol:
    """Capture templates of a person; the outcome says whether the terminal begins."""

    ticket: Ticket
    person: int
    means: Means
    seconds: int = 60
    """How long the person has."""


@value
class AskBuckets:
    """Ask for the digests by which differing people are found."""

    ticket: Ticket


@value
class AskPeople:
    """Ask whom a terminal knows; answered by PeopleListed."""

    ticket: Ticket


@value
class PersonOutcome(OutcomeBase):
    """What a terminal made of a change; DONE also where it knew that revision already."""

    person: int
    revision: int
    lacks: bytes | None = None
    """SHA-256 of an object it needs first; send that, then the change again."""
    erased: int | None = None
    """How many templates a deletion destroyed."""


@value
class BucketsOutcome(OutcomeBase):
    """256 digests of 16 bytes, the people of number n in bucket n mod 256."""

    buckets: tuple[bytes, ...] = ()


@value
class PersonListed:
    """Somebody a terminal knows."""

    person: str
    """In the terminal's own numbering."""
    name: str
    faces: int
    """How many faces of it the terminal has."""


@value
class PeopleListed(OutcomeBase):
    """Everybody a terminal knows, as far as it was asked."""

    people: tuple[PersonListed, ...] = ()
    total: int = 0
    """How many the terminal says that there are."""


@value
class PeopleStated:
    """How far a terminal came, said after login: from here on it wants changes."""

    revision: int
    count: int
    digest: bytes
    """Over all people of the terminal, see `gateway.codecs.yls.crowd`."""


@value
class PersonEnrolled:
    """What came of an enrolment; answer with Accept once it is durable."""

    receipt: Receipt
    person: int
    code: str
    """``ok``, or why there is nothing."""
    templates: tuple[TemplateRef, ...] = ()
    """Follow as objects."""
    faces: tuple[FaceTemplate, ...] = ()
    irises: tuple[IrisTemplate, ...] = ()


PeopleRequest = PersonPut | PersonDelete | Enrol | AskBuckets | AskPeople
PeopleOutcome = PersonOutcome | BucketsOutcome | PeopleListed
