"""A city-wide gallery's store in memory, for tests of time and failure."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

from gateway.domain.city import CityDecision
from gateway.domain.city_cases import CityCase, Likeness
from gateway.domain.enrolments import GATEWAY, Enrolled
from gateway.domain.errors import StoreUnavailable
from gateway.domain.ids import PersonId
from gateway.domain.matching import Reference

DECISION = CityDecision(
    area="990000", text_version="1", text_digest=bytes(32), decided_by="office", noted_ms=0
)


class MemoryCity:
    """Implements `gateway.domain.city.CityStore`; ``down`` is an absent database."""

    def __init__(self) -> None:
        self.down = False
        self.decided: CityDecision | None = DECISION
        self.agreed: set[PersonId] = set()
        self.templates: list[Enrolled] = []
        self.noted: list[Likeness] = []
        self.reads = 0
        self.reading: asyncio.Event | None = None
        """Set before the end of a reading to hold it up."""

    def _ask(self) -> None:
        if self.down:
            raise StoreUnavailable("the test says so")

    def forget(self, person: PersonId) -> None:
        self.agreed.discard(person)
        self.templates = [one for one in self.templates if one.person != person]

    async def decision(self) -> CityDecision | None:
        self._ask()
        return self.decided

    async def secret(self) -> bytes:
        self._ask()
        return bytes(32)

    async def reference(self, person: PersonId) -> Reference:
        self._ask()
        return Reference(90_000 + person)

    async def may_have(self, person: PersonId) -> bool:
        self._ask()
        return person in self.agreed

    async def held(self, person: PersonId) -> Sequence[Enrolled]:
        self._ask()
        return [one for one in self.templates if one.person == person]

    async def enrol(self, entries: Sequence[Enrolled]) -> Sequence[Enrolled]:
        self._ask()
        people = {one.person for one in entries}
        self.templates = [one for one in self.templates if one.person not in people]
        self.templates += entries
        return list(entries)

    async def members(self) -> AsyncIterator[Sequence[Enrolled]]:
        self._ask()
        self.reads += 1
        snapshot = list(self.templates)
        if self.reading is not None:
            await self.reading.wait()
        yield snapshot

    async def renew(
        self, secret: bytes, entries: Sequence[Enrolled], *, by: str = GATEWAY, reason: str = ""
    ) -> None:
        self._ask()
        self.templates = list(entries)

    async def end(self, *, by: str = GATEWAY, reason: str = "") -> None:
        self._ask()
        self.decided, self.templates = None, []

    async def note(self, found: Sequence[Likeness]) -> Sequence[CityCase]:
        self._ask()
        self.noted += found
        return [
            CityCase(
                reference=number,
                person=min(one.person, one.other),
                other=max(one.person, one.other),
                score=one.score,
                found_ms=0,
            )
            for number, one in enumerate(found, 1)
        ]
