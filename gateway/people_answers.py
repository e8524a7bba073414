"""What operators are answered about people, as JSON: masked, with codes instead of row numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.domain.city_cases import CityCase
from gateway.domain.ids import ProjectId
from gateway.domain.workers import Consent, Subject
from gateway.storage.people_reader import PersonSummary


def agreed(summary: PersonSummary, now_ms: int) -> set[Subject]:
    """Return what a person's consents in force are about."""
    return {one.subject for one in summary.consents if _in_force(one, now_ms)}


def listed(summary: PersonSummary, project: ProjectId, now_ms: int) -> dict[str, Any]:
    """Return a person as a line of a project's list."""
    here = [one for one in summary.engagements if one.project == project]
    return {
        **_head(summary),
        "engaged": any(one.covers(now_ms) for one in here),
        "from_ms": here[-1].from_ms,
        "to_ms": here[-1].to_ms,
        "agreed": sorted(subject.value for subject in agreed(summary, now_ms)),
    }


def shown(summary: PersonSummary, codes: Mapping[ProjectId, str], now_ms: int) -> dict[str, Any]:
    """Return everything an operator may know of a person."""
    return {
        **_head(summary),
        "card": dict(summary.card),
        "photos": len(summary.pictures),
        "pictures": list(summary.pictures),
        "engagements": [
            {
                "project": codes[one.project],
                "from_ms": one.from_ms,
                "to_ms": one.to_ms,
                "now": one.covers(now_ms),
            }
            for one in summary.engagements
        ],
        "consents": [
            {
                "subject": one.subject.value,
                "given_ms": one.given_ms,
                "withdrawn_ms": one.withdrawn_ms,
                "text_version": one.text_version,
                "text_sha256": one.text_digest.hex(),
                "how": one.how,
                "taken_by": one.taken_by,
                "in_force": _in_force(one, now_ms),
            }
            for one in summary.consents
        ],
    }


def case_answer(case: CityCase) -> dict[str, Any]:
    """Return two people with one face."""
    return {
        "reference": case.reference,
        "people": [case.person, case.other],
        "score": case.score,
        "found_ms": case.found_ms,
        "verdict": None if case.verdict is None else case.verdict.value,
    }


def _head(summary: PersonSummary) -> dict[str, Any]:
    return {
        "person": summary.person,
        "id_type": summary.id_type,
        "id_number": summary.number,
        "name": summary.name,
        "templates": summary.templates,
    }


def _in_force(one: Consent, now_ms: int) -> bool:
    return one.given_ms <= now_ms and (one.withdrawn_ms is None or one.withdrawn_ms > now_ms)
