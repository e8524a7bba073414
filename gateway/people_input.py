"""Checks what operators say of people and turns it into what the store takes; stores nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta, timezone
from difflib import get_close_matches

from gateway.domain.directory import Project
from gateway.domain.enrolments import NewPerson
from gateway.domain.errors import GatepostError
from gateway.domain.id_cards import checked_details
from gateway.domain.identity_numbers import checked
from gateway.domain.ids import PersonId
from gateway.domain.workers import Consent, Engagement, Subject

NAME_BYTES = 64
"""UTF-8; more no terminal takes."""
BEIJING = timezone(timedelta(hours=8))
DAY = timedelta(days=1)
SHOWN = 5

Interval = tuple[int, int | None]


def new_person(
    id_type: str, id_number: str, name: str, card: Mapping[str, str], now_ms: int
) -> NewPerson:
    """Check who somebody is; raises GatepostError ``identity.…``, ``person.name``, ``card.…``."""
    today = datetime.fromtimestamp(now_ms / 1000, BEIJING).date()
    number = checked(id_type, id_number, today, place="id_number")
    trimmed = name.strip()
    if not (trimmed.isprintable() and 1 <= len(trimmed.encode()) <= NAME_BYTES):
        raise GatepostError(
            "person.name",
            f"a name has 1 to {NAME_BYTES} bytes (21 Chinese characters) on one line.",
            place="name",
            remedy="Write it as on the paper, shortened if need be.",
        )
    details = checked_details(card, id_type, number, today)
    return NewPerson(id_type=id_type, id_number=number, name=trimmed, card=details)


def project_of(code: str, projects: Iterable[Project]) -> Project:
    """Return the project of this code; raises GatepostError ``project.unknown``."""
    by_code = {project.code: project for project in projects}
    if code not in by_code:
        close = get_close_matches(code, by_code, n=SHOWN) or sorted(by_code)[:SHOWN]
        raise GatepostError(
            "project.unknown",
            f'there is no project "{code}".',
            place="project",
            remedy=f"There are: {', '.join(close)}." if close else "Import a directory first.",
        )
    return by_code[code]


def engagement_needed(
    project: Project,
    known: Sequence[Engagement],
    from_ms: int | None,
    to_ms: int | None,
    now_ms: int,
) -> Interval | None:
    """Return the interval to add, None where it is there already.

    Without a beginning it is from now on. Raises GatepostError ``person.interval`` and
    ``person.engaged`` for one that meets another of this project.
    """
    place = f"project {project.code}"
    here = [one for one in known if one.project == project.id]
    for one in here:
        begins = one.covers(now_ms) if from_ms is None else one.from_ms == from_ms
        if begins and (one.to_ms == to_ms or (from_ms is None and to_ms is None)):
            return None
    start = now_ms if from_ms is None else from_ms
    if to_ms is not None and to_ms <= start:
        raise GatepostError(
            "person.interval",
            "the engagement would end before it begins.",
            place=place,
            remedy="Correct the two days; the last one counts as a whole.",
        )
    for one in here:
        if (to_ms is None or one.from_ms < to_ms) and (one.to_ms is None or start < one.to_ms):
            raise GatepostError(
                "person.engaged",
                "this person is engaged there at that time already, for another while.",
                place=place,
                remedy="See `gatepost person show`, and `gatepost person dismiss` to end it.",
            )
    return start, to_ms


NOBODY = PersonId(0)
"""Whose a consent is until the person is known; no table takes it."""


def consent_of(given: Mapping[str, str], now_ms: int) -> Consent:
    """Return a consent of `NOBODY`, given now; raises GatepostError ``person.consent``."""
    for field in ("text_version", "how", "taken_by"):
        if not given[field].strip():
            raise GatepostError(
                "person.consent",
                f"{field} is empty.",
                place=f"consent {given['subject']}",
                remedy="Name the text, how consent was given, and who took it.",
            )
    return Consent(
        person=NOBODY,
        subject=Subject(given["subject"]),
        given_ms=now_ms,
        text_version=given["text_version"].strip(),
        text_digest=bytes.fromhex(given["text_digest"]),
        how=given["how"].strip(),
        taken_by=given["taken_by"].strip(),
    )


def day_ms(text: str, *, place: str, last: bool = False) -> int:
    """Read a day (midnight in China) or a time with its offset, in milliseconds since 1970 UTC.

    The ``last`` day counts as a whole: it ends where the next begins. Raises GatepostError
    ``person.date``.
    """
    found = _moment(text.strip().replace("/", "-"), last=last)
    if found is None or found.tzinfo is None:
        raise GatepostError(
            "person.date",
            "this is neither a day nor a time with its offset.",
            place=place,
            remedy="Write 2026-12-01 or 2026-12-01T07:00:00+08:00.",
        )
    return round(found.timestamp() * 1000)


def _moment(written: str, *, last: bool) -> datetime | None:
    try:
        if len(written) > len("2026-12-31"):
            return datetime.fromisoformat(written)
        year, month, day = map(int, written.split("-"))
        begin = datetime.combine(date(year, month, day), datetime.min.time(), BEIJING)
        return begin + DAY if last else begin
    except (ValueError, OverflowError):
        return None
