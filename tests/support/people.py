"""People that cannot exist: the area code 990000 belongs to no place."""

from __future__ import annotations

from gateway.storage.document import DirectoryDocument, ProjectEntry
from gateway.storage.opening import Storage

from gateway.domain.city import CityDecision
from gateway.domain.directory import Area
from gateway.domain.enrolments import Enrolled, NewPerson
from gateway.domain.identity_numbers import check_character
from gateway.domain.ids import PersonId, ProjectId
from gateway.domain.matching import ProtectedTemplate, Reference, Trait
from gateway.domain.workers import Consent, Engagement, Subject, VerificationMode

GIVEN = 1_600_000_000_000
"""A moment of September 2020: before now, whenever the tests run."""
NAME = "样本甲"


def id_number(sequence: int) -> str:
    """A well-formed number of nobody."""
    first = f"99000019900101{sequence:03d}"
    return first + check_character(first)


def consent(person: PersonId, subject: Subject = Subject.BIO_NETWORK, **changes: int) -> Consent:
    """A consent to a text of one version."""
    given = {"given_ms": GIVEN, **changes}
    return Consent(
        person=person,
        subject=subject,
        text_version="1",
        text_digest=bytes(32),
        how="signature",
        taken_by="clerk",
        **given,
    )


async def decide(storage: Storage) -> None:
    """Have a city-wide gallery; `make_projects` made its area."""
    decision = CityDecision(
        area="990000",
        text_version="decision-1",
        text_digest=bytes(32),
        decided_by="Sample office",
        noted_ms=GIVEN,
    )
    await storage.city.decide(decision, by="op")


async def make_citizen(storage: Storage, project: ProjectId, sequence: int = 1) -> PersonId:
    """A member who agreed to the city-wide gallery as well."""
    person = await make_member(storage, project, sequence)
    await storage.workers.consent(consent(person, Subject.CITY_GALLERY))
    return person


def template(person: PersonId, reference: Reference, data: bytes, **changes: object) -> Enrolled:
    """A template of a face, whatever its bytes."""
    made = {"trait": Trait.FACE, "algorithm": 1, "source": "photo", **changes}
    return Enrolled(
        person=person,
        reference=reference,
        template=ProtectedTemplate(
            trait=made["trait"],  # type: ignore[arg-type]
            algorithm=made["algorithm"],  # type: ignore[arg-type]
            data=data,
        ),
        source=str(made["source"]),
    )


async def make_projects(
    storage: Storage, mode: VerificationMode | None = VerificationMode.CENTRAL_GALLERY
) -> list[ProjectId]:
    """Two projects, ``P1`` and ``P2``."""
    await storage.directory.import_directory(
        DirectoryDocument(
            areas=(Area(code="990000", name="Sample"),),
            projects=tuple(
                ProjectEntry(code=code, name=code, area="990000", verification=mode)
                for code in ("P1", "P2")
            ),
        )
    )
    projects = (await storage.directory.load()).projects.values()
    return [one.id for one in sorted(projects, key=lambda one: one.code)]


async def make_member(
    storage: Storage, project: ProjectId, sequence: int = 1, *, agrees: bool = True
) -> PersonId:
    """Somebody engaged from `GIVEN` on, who agreed to verification here."""
    person = await storage.workers.register(
        NewPerson(id_type="01", id_number=id_number(sequence), name=NAME)
    )
    await storage.workers.engage(Engagement(person=person, project=project, from_ms=GIVEN))
    if agrees:
        await storage.workers.consent(consent(person))
    return person
