"""The city-wide gallery: which person is this really, and is one face enrolled as two people?

It is off until a setting and a recorded decision of the city turn it on. It has a secret transform,
templates, keys and a consent of its own, and it opens no gate: no question of a terminal reaches
its scope.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from gateway.domain.city_cases import CityCase, Likeness
from gateway.domain.enrolments import GATEWAY, Enrolled
from gateway.domain.ids import PersonId
from gateway.domain.matching import Reference, Scope
from gateway.domain.values import value

CITY = Scope(0)
"""Numbers of projects begin at 1."""


@value
class CityDecision:
    """That there may be such a gallery: who decided it, and by which paper."""

    area: str
    """Code of the city's area in the directory."""
    text_version: str
    text_digest: bytes
    """SHA-256 of the paper."""
    decided_by: str
    noted_ms: int


class CityStore(Protocol):
    """What is stored of the gallery; raises StoreUnavailable, and StoreRefused without a decision.

    ``by`` says in the audit trail whose change it is.
    """

    async def decision(self) -> CityDecision | None:
        """Return the decision in force."""

    async def secret(self) -> bytes:
        """Return the 32 secret bytes of the gallery's transform, drawn at the first call."""

    async def reference(self, person: PersonId) -> Reference:
        """Return what stands for a person in this gallery, drawn at the first call."""

    async def may_have(self, person: PersonId) -> bool:
        """Say whether somebody agreed to this gallery and works where templates are kept."""

    async def held(self, person: PersonId) -> Sequence[Enrolled]:
        """Return every template a person has here."""

    async def enrol(self, entries: Sequence[Enrolled]) -> Sequence[Enrolled]:
        """Store templates, all or none, as `GalleryStore.enrol` does."""

    def members(self) -> AsyncIterator[Sequence[Enrolled]]:
        """Stream every template in batches, as of one moment."""

    async def renew(
        self, secret: bytes, entries: Sequence[Enrolled], *, by: str = GATEWAY, reason: str = ""
    ) -> None:
        """Replace the secret and every template in one transaction (revocation)."""

    async def end(self, *, by: str = GATEWAY, reason: str = "") -> None:
        """End the decision, and destroy secret, templates, keys and cases."""

    async def note(self, found: Sequence[Likeness]) -> Sequence[CityCase]:
        """Write down who is alike; pairs one of whom has no template any more are left out."""
