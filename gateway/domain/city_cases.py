"""Two people with one face: how the city-wide gallery tells of them, and what operators make of it.

Nothing is ever merged or refused by a score: it is told, and somebody decides.
"""

from __future__ import annotations

from enum import Enum

from gateway.domain.ids import PersonId
from gateway.domain.values import value


class CaseVerdict(Enum):
    """What an operator found out about two people with one face."""

    SAME = "same"
    """One person under two numbers; what follows is the operator's."""
    DIFFERENT = "different"
    """Two people who look alike; they are not told of again."""


@value
class Likeness:
    """Two people whose templates are alike."""

    person: PersonId
    other: PersonId
    score: float
    algorithm: int


@value
class CityCase:
    """A likeness that was written down, and what came of it."""

    reference: int
    """What an operator quotes to settle it."""
    person: PersonId
    """The smaller number of the two."""
    other: PersonId
    score: float
    found_ms: int
    verdict: CaseVerdict | None = None


@value
class CityCandidate:
    """Whom a disputed picture resembles."""

    person: PersonId
    score: float


@value
class CityFinding:
    """What the city-wide gallery said of somebody who was just enrolled, and agreed to it."""

    kept: bool
    """The template is in it now."""
    cases: tuple[CityCase, ...] = ()
    """Who else has this face, as far as nobody settled it as two people; the warning
    ``city_double``."""
    unlike: float | None = None
    """The score with what is there of the same person, where it is too small: the warning
    ``city_unlike``. Somebody else was enrolled under this number elsewhere, or the photo is bad."""
    trouble: str = ""
    """Code of why it could not be asked; the enrolment on the project stands all the same."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """Return codes of what an operator must look at."""
        told = {
            "city_double": bool(self.cases),
            "city_unlike": self.unlike is not None,
            self.trouble: bool(self.trouble),
        }
        return tuple(code for code, found in told.items() if found)
