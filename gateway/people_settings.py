"""What may be set for people: how long what is biometric is kept."""

from __future__ import annotations

from typing import Annotated

from gateway.setting_kinds import InProduction, Section, setting


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
