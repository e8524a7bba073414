"""Where people, consents and protected templates live, and how a picture becomes a template.

Templates are stored after their gallery's transform and sealed under a key of their person: whoever
destroys that key has erased them. Every method raises StoreUnavailable when the database cannot be
asked.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import field
from typing import Protocol

from gateway.domain.city_cases import CityFinding
from gateway.domain.decisions import DecisionRecord
from gateway.domain.id_cards import CardDetails
from gateway.domain.ids import PersonId, ProjectId
from gateway.domain.matching import ProtectedTemplate, Reference
from gateway.domain.quality import PictureReport
from gateway.domain.values import value
from gateway.domain.workers import Consent, Engagement, Person, Subject

GATEWAY = "gateway"
"""Who changes something where no operator asked for it."""


@value
class NewPerson:
    """A person to be known from now on."""

    id_type: str
    """Two digits, ``01`` is the resident identity card."""
    id_number: str = field(repr=False)
    name: str = field(repr=False)
    card: CardDetails | None = None
    """What else the paper says; None leaves what is known as it is."""


@value
class Enrolled:
    """One stored template of a person in a gallery."""

    person: PersonId
    reference: Reference
    """The same for all templates of this person in this gallery."""
    template: ProtectedTemplate = field(repr=False)
    quality: tuple[str, ...] = ()
    """Codes of unmet rules that the policy waived."""
    source: str = ""
    """Where it is from: ``photo``, a device's serial number …"""


class WorkerStore(Protocol):
    """People, their engagements, consents; ``by`` says in the audit trail whose change it is."""

    async def register(self, person: NewPerson, *, by: str = GATEWAY) -> PersonId:
        """Store a person, or find who has that identity number.

        Name and card are brought up to date.
        """

    async def find(self, id_type: str, id_number: str) -> PersonId | None:
        """Look somebody up by identity number, through its keyed hash."""

    async def engage(self, engagement: Engagement, *, by: str = GATEWAY) -> None:
        """Put a person on a project; raises StoreRefused when it overlaps another interval."""

    async def dismiss(
        self, person: PersonId, project: ProjectId, at_ms: int, *, by: str = GATEWAY
    ) -> None:
        """End the engagement that covers ``at_ms``, and destroy the templates of that project."""

    async def consent(self, consent: Consent, *, by: str = GATEWAY) -> None:
        """Write a consent into the ledger; the same one twice is one."""

    async def withdraw(
        self, person: PersonId, subject: Subject, at_ms: int, *, by: str = GATEWAY
    ) -> None:
        """Withdraw a consent; of BIO_NETWORK, destroy every template and photo of the person; of
        CITY_GALLERY, those of the city-wide gallery.
        """

    async def people(self, project: ProjectId) -> tuple[Sequence[Person], Sequence[Engagement]]:
        """Return everybody engaged on a project now or later, with consents in force."""


class GalleryStore(Protocol):
    """The templates of each project."""

    async def secret(self, project: ProjectId) -> bytes:
        """Return the 32 secret bytes of the gallery's transform, drawn at the first call."""

    async def reference(self, project: ProjectId, person: PersonId) -> Reference:
        """Return what stands for a person in this gallery, drawn at the first call."""

    async def enrol(self, project: ProjectId, entries: Sequence[Enrolled]) -> Sequence[Enrolled]:
        """Store templates, all or none; a person's templates of the same trait and algorithm from
        the same source are replaced, in one step for whoever reads.

        Returns every template that these people have in the gallery now.
        """

    async def remove(self, project: ProjectId, person: PersonId) -> int:
        """Destroy a person's templates in this gallery; return how many there were."""

    def members(self, project: ProjectId) -> AsyncIterator[Sequence[Enrolled]]:
        """Stream every template of a gallery in batches, as of one moment."""

    async def renew(self, project: ProjectId, secret: bytes, entries: Sequence[Enrolled]) -> None:
        """Replace the secret and every template of a gallery in one transaction (revocation)."""


class DecisionStore(Protocol):
    """What was decided, for whoever asks later."""

    async def save_decisions(self, batch: Sequence[DecisionRecord]) -> None:
        """Store a batch; decisions are facts about verifications, not attendance."""


@value
class EnrolmentResult:
    """What came of one photo."""

    accepted: bool
    """True: its template is stored and compared from now on; False: nothing was stored."""
    report: PictureReport | None = None
    """None where nothing could be measured, as of a picture that does not decode."""
    refused: tuple[str, ...] = ()
    """Codes of the rules that refused it; empty when accepted."""
    waived: tuple[str, ...] = ()
    """Codes of unmet rules that the policy let pass."""
    card_score: float | None = None
    """Cosine with the photo of the identity card (R-042); None where none was given."""
    card_threshold: float | None = None
    """What that score had to reach; below it the code ``card_photo`` is among the refused."""
    same_face_as: PersonId | None = None
    """Who else of the project has this face, if somebody was found; then the code ``same_face``
    is among the refused, or among the waived where that was overridden."""
    same_face_score: float | None = None
    searched: bool = False
    """Whether the gallery was searched for the same face at all: only central galleries are."""
    city: CityFinding | None = None
    """None where there is no city-wide gallery, or the person did not agree to it."""
    infrared: bool = False
    """Whether an infrared picture came with it that is fit to be kept (R-061)."""


@value
class CheckedIris:
    """A picture of an iris, held against its rules; no code is made of it here."""

    report: PictureReport | None
    """None where it could not be read."""
    refused: tuple[str, ...] = ()
    """Codes of the rules that refused it."""
    waived: tuple[str, ...] = ()
    """Codes of unmet rules that somebody answers for."""
    picture: bytes = field(default=b"", repr=False)
    """As it is to be kept, a BMP of grey values; empty where it was refused."""


class Enrolments(Protocol):
    """Turns photos into templates; there is one where a matcher runs."""

    async def enrol_photo(
        self,
        person: PersonId,
        project: ProjectId,
        picture: bytes,
        *,
        source: str,
        card: bytes | None = None,
        infrared: bytes | None = None,
        overrides: frozenset[str] = frozenset(),
    ) -> EnrolmentResult:
        """Measure a photo, and store its template if the project's policy accepts it.

        Needs the person's consent and engagement, and a project whose mode keeps templates; raises
        GatepostError ``enrolment.…`` without them and StoreUnavailable. ``card`` is the photo of
        the identity card, compared with the picture and kept nowhere. ``infrared`` is a picture in
        infrared light: its face is measured by the same rules, compared with nothing.
        ``overrides`` names codes somebody answers for: they are among the waived then.
        """

    async def check_iris(
        self,
        person: PersonId,
        project: ProjectId,
        picture: bytes,
        overrides: frozenset[str] = frozenset(),
    ) -> CheckedIris:
        """Hold a picture of one eye against its rules (R-070 to R-073); stores nothing.

        Needs what `enrol_photo` needs, and raises the same.
        """


class PeopleWatch(Protocol):
    """Told after the store changed, so that what is held in memory follows it."""

    async def people_changed(self, project: ProjectId) -> None:
        """Somebody's engagement or consent changed on this project."""

    async def templates_destroyed(self, project: ProjectId, person: PersonId) -> None:
        """Forget a person in this gallery: the store holds no template of theirs any more."""

    async def city_left(self, person: PersonId) -> None:
        """Have the city-wide gallery hold of a person what the store holds, if anything."""
