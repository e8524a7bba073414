"""What a terminal's question asks for, and whether it is one that may be answered here."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from gateway.domain.decisions import Because
from gateway.domain.ids import PersonId, ProjectId, Receipt
from gateway.domain.matching import Matcher, Question, Reference, Scope, Trait
from gateway.domain.ports import SessionHandle
from gateway.domain.times import Instant
from gateway.domain.verification import VerifyRequested
from gateway.domain.workers import VerificationMode
from gateway.services.verify.crowd import Crowd
from gateway.services.verify.limits import VerifyLimits


@dataclass(slots=True, eq=False)
class Inquiry:
    """One open question of one session."""

    session: SessionHandle
    event: VerifyRequested
    project: ProjectId | None
    asked: Instant
    claim: PersonId | None
    due: float = 0.0
    """Monotonic seconds from which an answer is too late for the way back."""
    crowd: Crowd | None = None
    """The people as of the question: says whom a reference meant when it was asked."""
    reference: Reference | None = None
    """Stood for the claimed person when it was asked; None in a search."""
    task: asyncio.Task[None] | None = None
    late: bool = field(default=False)
    """The conversation did not send the answer."""

    @property
    def key(self) -> tuple[SessionHandle, Receipt]:
        """What an event about it can be found by."""
        return self.session, self.event.receipt

    @property
    def trait(self) -> Trait:
        """What is compared: where face and iris came together, the face, which is enough alone."""
        return Trait.FACE if self.event.faces or self.event.picture else Trait.IRIS

    @property
    def claims(self) -> bool:
        """Whether the terminal says who it is, even in a number that is none."""
        return self.event.candidate is not None

    def algorithm(self, matcher: Matcher) -> int:
        """Return the algorithm of the probe, or of what will be made of its picture."""
        if self.event.picture is not None:
            return matcher.face_algorithm
        probes = self.event.faces if self.trait is Trait.FACE else self.event.irises
        return probes[0].algorithm

    def question(self) -> Question:
        """Return what the matcher is asked."""
        assert self.project is not None
        event, face = self.event, self.trait is Trait.FACE
        return Question(
            scope=Scope(self.project),
            deadline=self.due,
            picture=event.picture,
            faces=event.faces if event.picture is None else (),
            irises=() if face else event.irises,
            among=None if self.reference is None else frozenset((self.reference,)),
        )


def read_claim(event: VerifyRequested) -> PersonId | None:
    """Return the person a terminal claims; a number that is none of ours names nobody."""
    text = event.candidate or ""
    if not (text.isascii() and text.isdigit() and len(text) <= 10):
        return None
    number = int(text)
    return PersonId(number) if 0 < number < 2**32 else None


def may_ask(inquiry: Inquiry, mode: VerificationMode) -> Because | None:
    """Say why a question of this kind is not answered in this mode, None where it is."""
    if mode is VerificationMode.DEVICE_ONLY:
        return Because.NOT_OFFERED
    event = inquiry.event
    if not (event.faces or event.irises or event.picture):
        return Because.MEANS_UNSUPPORTED
    if inquiry.claims:
        return None
    if mode is VerificationMode.VERIFY_AND_FORGET:
        return Because.NOT_OFFERED
    # A card or key beside the face belongs to somebody; with a claim the terminal says to whom.
    tokens = event.cards or event.id_card or event.qr
    return Because.MEANS_UNSUPPORTED if tokens else None


def lively(event: VerifyRequested, limits: VerifyLimits) -> bool:
    """Say whether the terminal's own liveness lets its question through (R-080)."""
    if event.liveness is None:
        return not limits.liveness_required
    return event.liveness >= limits.liveness_floor
