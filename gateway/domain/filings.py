"""How many people's faces are stored, and the duty to file that with the authority (R-172).

The measures on face recognition in force since 2025-06-01 want whoever stores the face information
of 100,000 people to file with the provincial authority within 30 working days.
"""

from __future__ import annotations

from enum import Enum
from typing import Protocol

from gateway.domain.values import value
from gateway.domain.working_days import Calendar, end_of_period_ms


class FilingState(Enum):
    """How near the duty is."""

    NONE = "none"
    NEAR = "near"
    """The duty will come; prepare the papers."""
    DUE = "due"
    """The period runs."""
    OVERDUE = "overdue"
    FILED = "filed"


@value
class Filing:
    """The duty, since it began; it does not end by counting fewer people."""

    people: int
    """How many were counted when it began."""
    reached_ms: int
    filed_ms: int | None = None
    filed_as: str = ""
    """Number or date of the paper, as the operator gave it."""


@value
class FilingRules:
    """From where on, and how long."""

    warn: int = 80_000
    duty: int = 100_000
    days: int = 30
    calendar: Calendar = Calendar()


@value
class FilingStatus:
    """The count and what follows from it."""

    people: int
    state: FilingState
    filing: Filing | None = None
    due_ms: int | None = None
    """The first millisecond after the period; None before the duty began."""


class FilingStore(Protocol):
    """Counts people and keeps the duty; raises StoreUnavailable."""

    async def people(self) -> int:
        """Count people of whom a face template or an enrolment photo is stored, each once."""

    async def filing(self) -> Filing | None:
        """Return the duty, None where it never began."""

    async def begin(self, people: int, at_ms: int) -> bool:
        """Note that the duty begins; False where it has begun already."""

    async def filed(self, *, by: str, filed_as: str, at_ms: int) -> bool:
        """Note that it was done; False where there is nothing to file, or it was done already."""


def status_of(people: int, filing: Filing | None, rules: FilingRules, now_ms: int) -> FilingStatus:
    """Say what the count and the duty mean at a moment."""
    if filing is None:
        state = FilingState.NEAR if people >= rules.warn else FilingState.NONE
        return FilingStatus(people=people, state=state)
    due_ms = end_of_period_ms(filing.reached_ms, rules.days, rules.calendar)
    state = FilingState.DUE if now_ms < due_ms else FilingState.OVERDUE
    if filing.filed_ms is not None:
        state = FilingState.FILED
    return FilingStatus(people=people, state=state, filing=filing, due_ms=due_ms)
