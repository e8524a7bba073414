"""From an operator's photo to a template: whether one may be made at all, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gateway.admin import as_json
from gateway.domain.city_cases import CityFinding
from gateway.domain.directory import Project
from gateway.domain.enrolments import Enrolments, PeopleWatch, WorkerStore
from gateway.domain.errors import GatepostError
from gateway.domain.ids import PersonId
from gateway.domain.ports import Log
from gateway.domain.workers import Subject, VerificationMode
from gateway.people_answers import agreed, case_answer
from gateway.services.verify.city import City
from gateway.storage.people_reader import PersonSummary
from gateway.storage.photos import PhotoStore

SOURCE = "photo"
"""A newer photo replaces what an older one gave."""


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
            "no gateway is running, so nobody can look at the photo.",
            "Start it with `gatepost serve`, or leave the photo out.",
        )
    if runtime.enrolments is None:
        raise _refused(
            "no_matcher",
            "the gateway runs without a matcher, so nobody can look at the photo.",
            "Enable the matcher in its settings, or leave the photo out.",
        )
    if project.verification_mode is VerificationMode.DEVICE_ONLY:
        raise _refused(
            "device_only",
            f"project {project.code} leaves verification to its terminals and keeps no template.",
            "Leave the photo out, or set the project's verification in the directory.",
        )
    if Subject.BIO_NETWORK not in {*given, *(agreed(known, now_ms) if known else ())}:
        raise _refused(
            "no_consent",
            "without consent to it (bio_network) no template is made.",
            "Add --consent bio_network with its text, or leave the photo out.",
        )
    return runtime.enrolments


async def enrol(
    enrolments: Enrolments,
    photos: PhotoStore,
    person: PersonId,
    project: Project,
    pictures: tuple[bytes, bytes | None],
    overrides: frozenset[str],
    now_ms: int,
) -> dict[str, Any]:
    """Enrol a photo of somebody who is known already; an accepted one is kept for some days.

    ``pictures`` are the photo and, where there is one, that of the card.
    """
    photo, card = pictures
    try:
        result = await enrolments.enrol_photo(
            person, project.id, photo, source=SOURCE, card=card, overrides=overrides
        )
        if result.accepted:
            await photos.keep(person, photo, source=SOURCE, now_ms=now_ms)
    except GatepostError as error:
        return {"accepted": False, "refused": [error.code], "error": as_json(error)}
    unmet = [] if result.report is None else [f for f in result.report.findings if f.met is False]
    return {
        "accepted": result.accepted,
        "refused": list(result.refused),
        "waived": list(result.waived),
        "findings": [
            {"code": one.code, "rule": one.rule, "measured": one.measured, "limit": one.limit}
            for one in unmet
        ],
        "card_score": result.card_score,
        "card_threshold": result.card_threshold,
        "same_face_as": result.same_face_as,
        "same_face_score": result.same_face_score,
        "searched": result.searched,
        "city": None if result.city is None else city_answer(result.city),
    }


def city_answer(finding: CityFinding) -> dict[str, Any]:
    """Return what the city-wide gallery said, as JSON."""
    return {
        "kept": finding.kept,
        "warnings": list(finding.warnings),
        "cases": [case_answer(one) for one in finding.cases],
        "unlike": finding.unlike,
    }


def _refused(code: str, message: str, remedy: str) -> GatepostError:
    return GatepostError(f"enrolment.{code}", message, place="photo", remedy=remedy)
