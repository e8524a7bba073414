"""A terminal asks who stands before it, and what the gateway answers.

The answer opens a gate; it is never an attendance fact. The terminal records the passage itself and
sends the record as any other.
"""

from __future__ import annotations

from dataclasses import field
from enum import Enum

from gateway.domain.ids import Receipt
from gateway.domain.templates import FaceTemplate, IrisTemplate, TemplateFault
from gateway.domain.values import value
from gateway.domain.vocabulary import Decision, Direction, Means


@value
class CardRef:
    """A card as its reader gave it."""

    kind: int
    number: bytes = field(repr=False)


@value
class IdCardRef:
    """An identity card, named by a salted digest; its number never travels."""

    digest: bytes
    kind: int


@value
class VerifyRequested:
    """Somebody waits at a gate; answer with Granted, Denied or Undecided, once and in time."""

    receipt: Receipt
    budget_ms: int
    """Milliseconds from the read that brought this until an answer is too late."""
    means: Means
    faces: tuple[FaceTemplate, ...] = ()
    irises: tuple[IrisTemplate, ...] = ()
    picture: bytes | None = field(default=None, repr=False)
    """A JPEG, where the terminal leaves it to the gateway to find the face in it."""
    cards: tuple[CardRef, ...] = ()
    id_card: IdCardRef | None = None
    qr: bytes | None = field(default=None, repr=False)
    candidate: str | None = None
    """Whom to compare with, and nobody else (1:1); None is a search (1:N)."""
    liveness: float | None = None
    """As the terminal states it, 0…1; None is "not sent", never "live"."""
    door: int | None = None
    direction: Direction = Direction.UNKNOWN
    identity: bytes = b""
    """Names the question where a terminal may repeat it on another connection: it is answered as
    before, and nobody is asked twice. Empty where it cannot come again."""


@value
class TemplateRejected:
    """A question was refused by the codec itself, because nobody could compare its template.

    Nothing is to be answered: it was.
    """

    fault: TemplateFault


@value
class VerifyCancelled:
    """The terminal no longer waits: an answer to it would be ignored."""

    about: Receipt
    """The receipt of the request."""


@value
class VerifyLate:
    """An answer came when it could no longer arrive in time; it was not sent."""

    about: Receipt
    """The receipt of the request."""
    late_ms: int


class Hesitation(Enum):
    """Why the gateway does not decide; the terminal then follows its own fallback."""

    BUSY = "busy"
    DEADLINE = "deadline"
    INTERNAL = "internal"


@value
class Granted:
    """Answer to VerifyRequested: let this person pass."""

    receipt: Receipt
    claim: str
    """Number of the person, as terminals know people."""
    score: float | None = None
    """Similarity, 0…1."""
    prompt: str = ""
    """What the screen says, at most 64 bytes of UTF-8."""
    open_ms: int | None = None
    """How long the door opens; None leaves it to the terminal."""


@value
class Denied:
    """Answer to VerifyRequested: the gate stays shut, and why."""

    receipt: Receipt
    decision: Decision
    """Any but GRANTED."""
    claim: str | None = None
    score: float | None = None
    prompt: str = ""


@value
class Undecided:
    """Answer to VerifyRequested: not from us, not now."""

    receipt: Receipt
    reason: Hesitation


@value
class VerdictDue:
    """A verdict that must find its own way to the terminal, and is worthless after ``due``.

    For terminals that take the answer to a question as a call of its own. Sent once, never late.
    """

    about: Receipt
    """The receipt of the question."""
    number: int
    """By which the terminal knows its question."""
    passes: bool
    prompt: str = ""
    person: str = ""
    """Whom to show, where the terminal cannot know."""
    due: float
    """Monotonic seconds at which the terminal gives up."""


VerificationEvent = VerifyRequested | VerifyCancelled | VerifyLate
VerifyAnswer = Granted | Denied | Undecided
