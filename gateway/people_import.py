"""Imports a folder of people row by row: what is wrong is told, what is right is stored."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gateway.domain.errors import GatepostError
from gateway.domain.identity_numbers import RESIDENT, lookup_text
from gateway.people_file import Row, arguments, read_rows

Ask = Callable[..., Awaitable[Any]]
ENDING = ("store.unavailable", "database.unreachable", "admin.unreachable")
"""Troubles that every further row would meet as well."""


@dataclass(slots=True, kw_only=True)
class Summary:
    """What came of an import."""

    people: int = 0
    fresh: int = 0
    """Of those, people who were not known before."""
    photos: int = 0
    mistakes: list[str] = field(default_factory=list)
    """One line for each, with its place in the file."""
    stopped: GatepostError | None = None
    """Why the rest was not tried."""


async def import_folder(ask: Ask, folder: Path, defaults: Mapping[str, str], by: str) -> Summary:
    """Import every row; raises GatepostError for a file that cannot be read at all.

    When the database goes away nothing more is tried: what was stored until then stays, and the
    same import again goes on from there.
    """
    summary = Summary()
    first: dict[tuple[str, str], str] = {}
    for row in list(read_rows(folder)):
        try:
            given = arguments(row, folder, defaults)
            _check_repeat(first, row, given)
            answer = await ask("person.add", by=by, **given)
        except GatepostError as error:
            if error.code in ENDING:
                summary.stopped = error
                break
            summary.mistakes.append(_told(row, error))
        else:
            _count(summary, row, answer)
    return summary


def _check_repeat(first: dict[tuple[str, str], str], row: Row, given: Mapping[str, Any]) -> None:
    """Refuse a second row of one person on one project: taking either would be a guess."""
    text = lookup_text(given.get("id_type", RESIDENT), given["id_number"])
    before = first.setdefault((text, given["project"]), row.place)
    if before != row.place:
        raise GatepostError(
            "person.twice",
            f"{before} has the same number on the same project.",
            place="id_number",
            remedy="Keep one of the two, or correct the one that was copied.",
        )


def _count(summary: Summary, row: Row, answer: Mapping[str, Any]) -> None:
    summary.people += 1
    summary.fresh += answer["new"]
    pictures = {"photo": answer["photo"], **answer["irises"]}
    for what, picture in pictures.items():
        if picture is None:
            continue
        if picture["accepted"]:
            summary.photos += 1
        else:
            summary.mistakes.append(f"{row.place}: {picture_refused(answer, what, picture)}")


def picture_refused(answer: Mapping[str, Any], what: str, picture: Mapping[str, Any]) -> str:
    """Say why a picture of somebody who was stored is not used, and what to do."""
    if "error" in picture:
        error = picture["error"]
        why = f"[{error['code']}] {error['message']} {error['remedy']}".strip()
    else:
        reasons = {one["code"]: _finding(one) for one in picture["findings"]}
        why = "; ".join(reasons.get(code, code) for code in picture["refused"])
    score = _score(picture) + _double(picture)
    return (
        f"the {what} of person {answer['person']} ({answer['name']}) was refused: {why}{score}."
        " The person is known; take a better picture and add it the same way."
    )


def _finding(one: Mapping[str, Any]) -> str:
    measured = one["measured"]
    shown = f"{measured:g}" if isinstance(measured, int | float) else measured
    return f"{one['code']} is {shown}, wanted {one['limit']} ({one['rule']})"


def _score(photo: Mapping[str, Any]) -> str:
    if photo.get("card_score") is None:
        return ""
    return (
        f" (like the card photo: {photo['card_score']:.3f}, wanted {photo['card_threshold']:.3f})"
    )


def _double(photo: Mapping[str, Any]) -> str:
    if photo.get("same_face_as") is None:
        return ""
    return (
        f" (person {photo['same_face_as']} of this project has the same face by"
        f" {photo['same_face_score']:.3f})"
    )


def _told(row: Row, error: GatepostError) -> str:
    """Write a mistake with its place; a number never appears, a name is masked elsewhere."""
    where = f", {error.place}" if error.place else ""
    return f"{row.place}{where}: [{error.code}] {error.message} {error.remedy}".rstrip()
