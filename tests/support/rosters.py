"""In-memory stores of people, templates and decisions, for tests of time and failure."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace

from gateway.domain.decisions import DecisionRecord
from gateway.domain.enrolments import GATEWAY, Enrolled, NewPerson
from gateway.domain.errors import StoreRefused, StoreUnavailable
from gateway.domain.ids import DeviceId, PersonId, ProjectId
from gateway.domain.local_enrolments import Captured, LocalEnrolment, LocalState
from gateway.domain.matching import Reference
from gateway.domain.workers import Consent, Engagement, Person, Subject

Enrol = Callable[[ProjectId, Sequence[Enrolled]], Awaitable[Sequence[Enrolled]]]


class MemoryLocal:
    """Implements LocalEnrolmentStore over a dictionary; ``down`` fails as an absent database."""

    def __init__(self, enrol: Enrol) -> None:
        self._enrol = enrol
        self.down = False
        self.giver = ""
        self.kept: dict[int, tuple[LocalEnrolment, Captured]] = {}
        self.settled: list[tuple[int, LocalState, str, str]] = []

    async def keep(
        self, person: PersonId, project: ProjectId, device: DeviceId, captured: Captured
    ) -> int:
        if self.down:
            raise StoreUnavailable("gone")
        number = len(self.kept) + 1
        found = LocalEnrolment(
            number=number,
            person=person,
            project=project,
            device=device,
            received_ms=0,
            ordered_by=self.giver,
            faces=len(captured.faces),
            irises=len(captured.irises),
            state=LocalState.WAITING,
        )
        self.kept[number] = found, captured
        return number

    async def waiting(self) -> Sequence[LocalEnrolment]:
        return [found for found, _ in self.kept.values()]

    async def show(self, number: int) -> tuple[LocalEnrolment, Captured | None] | None:
        return self.kept.get(number)

    async def settle(self, number: int, state: LocalState, *, by: str, reason: str) -> bool:
        self.settled.append((number, state, by, reason))
        return self.kept.pop(number, None) is not None

    async def approve(
        self, number: int, project: ProjectId, entries: Sequence[Enrolled], *, by: str, reason: str
    ) -> Sequence[Enrolled]:
        if not await self.settle(number, LocalState.APPROVED, by=by, reason=reason):
            raise StoreRefused("the test decided otherwise")
        return await self._enrol(project, entries)


class MemoryRoster:
    """Implements WorkerStore, GalleryStore and DecisionStore over plain collections.

    ``down`` makes every call fail as an absent database would; ``forgets`` makes changes be stored
    and fail all the same, as when the connection breaks at the commit.
    """

    def __init__(self) -> None:
        self.down = False
        self.forgets = False
        self.refuses = False
        self.refuses_decisions = False
        self.agreed: set[tuple[PersonId, Subject]] = set()
        self.engagements: list[Engagement] = []
        self.templates: dict[ProjectId, list[Enrolled]] = {}
        self.references: dict[tuple[ProjectId, PersonId], Reference] = {}
        self.decisions: list[DecisionRecord] = []
        self.batches: list[int] = []
        self.reads = 0
        self.local = MemoryLocal(self.enrol)
        self.gates: dict[ProjectId, asyncio.Event] = {}
        """Reading the gallery of a project stops in the middle until this is set."""

    def _ask(self) -> None:
        if self.down:
            raise StoreUnavailable("the test says so")

    def _commit(self) -> None:
        if self.forgets:
            raise StoreUnavailable("the connection broke at the commit")

    async def register(self, person: NewPerson, *, by: str = GATEWAY) -> PersonId:
        raise NotImplementedError

    async def find(self, id_type: str, id_number: str) -> PersonId | None:
        raise NotImplementedError

    async def engage(self, engagement: Engagement, *, by: str = GATEWAY) -> None:
        self._ask()
        self.engagements.append(engagement)
        self._commit()

    async def dismiss(
        self, person: PersonId, project: ProjectId, at_ms: int, *, by: str = GATEWAY
    ) -> None:
        self._ask()
        if self.refuses:
            raise StoreRefused("the test says so")
        await asyncio.sleep(0)
        self.engagements = [
            replace(one, to_ms=at_ms)
            if (one.person, one.project) == (person, project) and one.covers(at_ms)
            else one
            for one in self.engagements
        ]
        self._forget(project, person)
        self._commit()

    async def consent(self, consent: Consent, *, by: str = GATEWAY) -> None:
        self._ask()
        self.agreed.add((consent.person, consent.subject))
        self._commit()

    async def withdraw(
        self, person: PersonId, subject: Subject, at_ms: int, *, by: str = GATEWAY
    ) -> None:
        self._ask()
        if self.refuses:
            raise StoreRefused("the test says so")
        await asyncio.sleep(0)
        self.agreed.discard((person, subject))
        if subject is Subject.BIO_NETWORK:
            for project in self.templates:
                self._forget(project, person)
        self._commit()

    async def people(self, project: ProjectId) -> tuple[Sequence[Person], Sequence[Engagement]]:
        self._ask()
        await asyncio.sleep(0)
        engagements = [one for one in self.engagements if one.project == project]
        people = [
            Person(id=number, agreed=frozenset(s for who, s in self.agreed if who == number))
            for number in {one.person for one in engagements}
        ]
        return people, engagements

    async def secret(self, project: ProjectId) -> bytes:
        self._ask()
        return bytes(32)

    async def reference(self, project: ProjectId, person: PersonId) -> Reference:
        self._ask()
        fresh = Reference(7_000 + 10 * person + project)
        return self.references.setdefault((project, person), fresh)

    async def enrol(self, project: ProjectId, entries: Sequence[Enrolled]) -> Sequence[Enrolled]:
        self._ask()
        await asyncio.sleep(0)
        kinds = {_kind(one) for one in entries}
        kept = [one for one in self.templates.get(project, []) if _kind(one) not in kinds]
        self.templates[project] = [*kept, *entries]
        self._commit()
        people = {one.person for one in entries}
        return [one for one in self.templates[project] if one.person in people]

    async def remove(self, project: ProjectId, person: PersonId) -> int:
        self._ask()
        await asyncio.sleep(0)
        count = self._forget(project, person)
        self._commit()
        return count

    async def members(self, project: ProjectId) -> AsyncIterator[Sequence[Enrolled]]:
        self._ask()
        self.reads += 1
        snapshot = list(self.templates.get(project, []))
        for one in snapshot:
            yield [one]
        if project in self.gates:
            await self.gates[project].wait()

    async def renew(self, project: ProjectId, secret: bytes, entries: Sequence[Enrolled]) -> None:
        self._ask()
        self.templates[project] = list(entries)

    async def save_decisions(self, batch: Sequence[DecisionRecord]) -> None:
        self._ask()
        if self.refuses_decisions:
            raise StoreRefused("the test says so")
        self.batches.append(len(batch))
        self.decisions += batch

    def _forget(self, project: ProjectId, person: PersonId) -> int:
        before = self.templates.get(project, [])
        self.templates[project] = [one for one in before if one.person != person]
        return len(before) - len(self.templates[project])


def _kind(one: Enrolled) -> tuple[object, ...]:
    return one.person, one.template.trait, one.template.algorithm, one.source
