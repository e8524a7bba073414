"""What may be set for people: how long what is biometric is kept, and when that is to be filed."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from pydantic import BeforeValidator, Strict

from gateway.setting_kinds import InProduction, Section, setting


def _day(given: object) -> object:
    """Take a day of TOML or a text, and no number: pydantic would count its days since 1970."""
    if isinstance(given, str):
        return date.fromisoformat(given)
    if isinstance(given, date) and not isinstance(given, datetime):
        return given
    raise ValueError('expected a day, such as "2026-10-01"')


Days = Annotated[tuple[Annotated[date, BeforeValidator(_day)], ...], Strict(strict=False)]
"""Calendar days."""


class PeopleSection(Section):
    """People and their biometrics; see people.md."""

    photo_days: Annotated[int, InProduction(le=30)] = setting(
        7,
        "Days after which the photo somebody was enrolled with is erased.",
        why="A template that turns out bad within a week needs no new picture; after that the "
        "picture has no purpose.",
        ge=1,
        le=365,
    )
    template_days: Annotated[int, InProduction(le=90)] = setting(
        30,
        "Days after the end of somebody's last engagement on a project after which the templates "
        "there are erased; a dismissal erases them at once.",
        why="Who comes back within a month needs no new enrolment.",
        ge=0,
        le=365,
    )
    filing_warning: int = setting(
        80_000,
        "People with a stored face from which on the log warns that a filing will be due.",
        why="The papers, an impact assessment among them, take weeks.",
        ge=1,
        le=100_000,
    )
    filing_duty: int = setting(
        100_000,
        "People with a stored face from which on it must be filed with the provincial authority.",
        why="So say the measures on face recognition in force since 2025-06-01; it cannot be more.",
        ge=1,
        le=100_000,
    )
    filing_days: int = setting(
        30,
        "Working days within which it must be filed.",
        why="So say the same measures; it cannot be more.",
        ge=1,
        le=30,
    )
    holidays: Days = setting(
        (),
        "Weekdays that are free, as the State Council announces them each year.",
        why="Without them working days are Monday to Friday, and the period ends too early.",
    )
    worked_weekends: Days = setting(
        (),
        "Saturdays and Sundays that are worked instead.",
        why="They belong to the same announcement; without them the period may end a day late.",
    )
