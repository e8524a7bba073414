"""From an operator's photo to a template: whether one may be made at all, and what came of it."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from gateway.admin import as_json
from gateway.domain.city_cases import CityFinding
from gateway.domain.directory import Project
from gateway.domain.enrolments import Enrolments, PeopleWatch, WorkerStore
from gateway.domain.errors import GatepostError
from gateway.domain.ids import PersonId
from gateway.domain.ports import Log
from gateway.domain.quality import PictureReport
from gateway.domain.workers import Subject, VerificationMode
from gateway.people_answers import agreed, case_answer
from gateway.services.verify.city import City
from gateway.storage.people_reader import PersonSummary
from gateway.storage.photos import PhotoStore

SOURCE, INFRARED, LEFT, RIGHT = "photo", "infrared", "iris_left", "iris_right"
"""Where pictures are from: a newer one replaces an older one of the same source."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleRuntime:
    """What only a running gateway can offer."""

    enrolments: Enrolments | None
    """None where no matcher runs."""
    watch: PeopleWatch | None
    """None where nothing of people is held in memory; told of changes ``workers`` knows nothing of.
    """
    log: Log
    workers: WorkerStore | None = None
    """The store as it must be changed where people are held in memory: who is taken away is
    stopped at the gates before the database is asked. None is the database's own."""
    city: City | None = None
    """None where the settings want no city-wide gallery."""


def ready_enrolments(
    runtime: PeopleRuntime | None,
    project: Project,
    known: PersonSummary | None,
    given: Sequence[Subject],
    now_ms: int,
) -> Enrolments:
    """Return what makes templates, once nothing stands against making one.

    Raises GatepostError ``enrolment.…``; nothing has been stored until then.
    """
    if runtime is None:
        raise _refused(
            "not_running",
            "no gateway is running, so nobody can look at the pictures.",
            "Start it with `gatepost serve`, or leave them out.",
        )
    if runtime.enrolments is None:
        raise _refused(
            "no_matcher",
            "the gateway runs without a matcher, so nobody can look at the pictures.",
            "Enable the matcher in its settings, or leave them out.",
        )
    if project.verification_mode is VerificationMode.DEVICE_ONLY:
        raise _refused(
            "device_only",
            f"project {project.code} leaves verification to its terminals and keeps no template.",
            "Leave the pictures out, or set the project's verification in the directory.",
        )
    if Subject.BIO_NETWORK not in {*given, *(agreed(known, now_ms) if known else ())}:
        raise _refused(
            "no_consent",
            "without consent to it (bio_network) nothing is made or kept of a picture.",
            "Add --consent bio_network with its text, or leave them out.",
        )
    return runtime.enrolments


@dataclass(frozen=True, slots=True, kw_only=True)
class Pictures:
    """What somebody is enrolled with, as it came."""

    photo: bytes | None = field(default=None, repr=False)
    card_photo: bytes | None = field(default=None, repr=False)
    """Compared and kept nowhere."""
    infrared: bytes | None = field(default=None, repr=False)
    iris_left: bytes | None = field(default=None, repr=False)
    iris_right: bytes | None = field(default=None, repr=False)

    @property
    def any(self) -> bool:
        """Whether somebody has to look at one of them."""
        return any((self.photo, self.card_photo, self.infrared, self.iris_left, self.iris_right))


def read_pictures(said: MutableMapping[str, Any]) -> Pictures:
    """Take what is a picture, in Base64, out of what was said.

    Raises GatepostError ``person.picture`` for one that belongs to a photo.
    """
    given = {one.name: said.pop(one.name, None) for one in fields(Pictures)}
    pictures = Pictures(**{name: b64decode(data) for name, data in given.items() if data})
    if pictures.photo is None and (pictures.card_photo or pictures.infrared):
        raise GatepostError(
            "person.picture",
            "a picture of the card or in infrared light goes with a photo.",
            place="photo",
            remedy="Add the photo in visible light.",
        )
    return pictures


@dataclass(frozen=True, slots=True, kw_only=True)
class Applicant:
    """Somebody who is known already, and what is to be made of their pictures."""

    person: PersonId
    project: Project
    overrides: frozenset[str]
    now_ms: int


async def enrol(
    enrolments: Enrolments, photos: PhotoStore, who: Applicant, pictures: Pictures
) -> dict[str, Any]:
    """Enrol a photo; one that is accepted is kept for some days, and so is an infrared one."""
    assert pictures.photo is not None
    try:
        result = await enrolments.enrol_photo(
            who.person,
            who.project.id,
            pictures.photo,
            source=SOURCE,
            card=pictures.card_photo,
            infrared=pictures.infrared,
            overrides=who.overrides,
        )
        if result.accepted:
            await photos.keep(who.person, pictures.photo, source=SOURCE, now_ms=who.now_ms)
        if result.accepted and result.infrared and pictures.infrared is not None:
            await photos.keep(who.person, pictures.infrared, source=INFRARED, now_ms=who.now_ms)
    except GatepostError as error:
        return _failed(error)
    return {
        "accepted": result.accepted,
        "refused": list(result.refused),
        "waived": list(result.waived),
        "findings": _unmet(result.report),
        "card_score": result.card_score,
        "card_threshold": result.card_threshold,
        "same_face_as": result.same_face_as,
        "same_face_score": result.same_face_score,
        "searched": result.searched,
        "city": None if result.city is None else city_answer(result.city),
        "infrared": result.infrared,
    }


def city_answer(finding: CityFinding) -> dict[str, Any]:
    """Return what the city-wide gallery said, as JSON."""
    return {
        "kept": finding.kept,
        "warnings": list(finding.warnings),
        "cases": [case_answer(one) for one in finding.cases],
        "unlike": finding.unlike,
    }


async def keep_irises(
    enrolments: Enrolments, photos: PhotoStore, who: Applicant, pictures: Pictures
) -> dict[str, dict[str, Any]]:
    """Check pictures of irises and keep those that pass for some days; by eye.

    No code is made of them: nothing here can. Codes come from terminals.
    """
    answers = {}
    for source, picture in ((LEFT, pictures.iris_left), (RIGHT, pictures.iris_right)):
        if picture is not None:
            answers[source] = await _keep_iris(enrolments, photos, who, (source, picture))
    return answers


async def _keep_iris(
    enrolments: Enrolments, photos: PhotoStore, who: Applicant, given: tuple[str, bytes]
) -> dict[str, Any]:
    source, picture = given
    try:
        found = await enrolments.check_iris(who.person, who.project.id, picture, who.overrides)
        if not found.refused:
            await photos.keep(who.person, found.picture, source=source, now_ms=who.now_ms)
    except GatepostError as error:
        return _failed(error)
    return {
        "accepted": not found.refused,
        "refused": list(found.refused),
        "waived": list(found.waived),
        "findings": _unmet(found.report),
        "unmeasured": [] if found.report is None else list(found.report.unmeasured),
        "code": None,
    }


def _failed(error: GatepostError) -> dict[str, Any]:
    return {"accepted": False, "refused": [error.code], "waived": [], "error": as_json(error)}


def _unmet(report: PictureReport | None) -> list[dict[str, Any]]:
    return [
        {"code": one.code, "rule": one.rule, "measured": one.measured, "limit": one.limit}
        for one in (() if report is None else report.findings)
        if one.met is False
    ]


def _refused(code: str, message: str, remedy: str) -> GatepostError:
    return GatepostError(f"enrolment.{code}", message, place="photo", remedy=remedy)
