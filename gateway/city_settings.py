"""What may be set for the city-wide gallery; off unless the city decided on it as well."""

from __future__ import annotations

from gateway.setting_kinds import Section, setting


class CitySection(Section):
    """Searches of the whole city, for disputes and double enrolment; see city.md."""

    enabled: bool = setting(
        False,
        "Whether there may be a city-wide gallery; a recorded decision is needed as well.",
        why="It compares people with everybody of a city, which they agree to by itself, and which "
        "somebody must answer for.",
    )
    face_threshold: float = setting(
        0.55,
        "Cosine from which two faces of the city are told as alike, where the threshold for "
        "searches of their model is lower.",
        why="A city has many more strangers than a project, and each likeness costs an operator's "
        "time; how many there are at this value was not measured.",
        ge=0.45,
        le=1,
    )
    candidates: int = setting(
        10,
        "Candidates at most in the answer to a dispute, or in a warning at enrolment.",
        why="More than a handful means that the picture says little.",
        ge=1,
        le=50,
    )
