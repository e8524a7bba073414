"""The city-wide gallery in memory: read when somebody asks it, never ahead of the store.

Nobody at a gate waits for it, so it is simple: one lock, and whatever is in doubt is given up and
read anew before the next question. Nothing of it is in memory before the first one.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from gateway.domain.city import CITY, CityStore
from gateway.domain.enrolments import Enrolled
from gateway.domain.errors import GatepostError
from gateway.domain.ids import PersonId
from gateway.domain.matching import Candidate, Matcher, Reference
from gateway.domain.ports import Log
from gateway.services.tasks import Tasks
from gateway.services.verify.change import is_clear
from gateway.services.verify.proof import Expected


class CityMemory:
    """Who is in it, and what the matcher holds under `CITY`."""

    def __init__(self, store: CityStore, matcher: Matcher, tasks: Tasks, log: Log) -> None:
        self._store = store
        self._matcher = matcher
        self._tasks = tasks
        self._log = log
        self._people: dict[Reference, PersonId] | None = None
        self._doubts = 0
        """Times that what is here was given up; a reading that began before is not used."""
        self._leaving: Counter[PersonId] = Counter()
        self.lock = asyncio.Lock()
        """Held by whoever changes the store and memory, or relies on both being the same."""

    @property
    def people(self) -> int | None:
        """How many people are here; None while nothing is."""
        return None if self._people is None else len(set(self._people.values()))

    def person(self, reference: Reference) -> PersonId | None:
        """Return who that is; None for who is not here, or is just going."""
        person = (self._people or {}).get(reference)
        return None if person in self._leaving else person

    def named(self, found: Sequence[Candidate]) -> list[tuple[PersonId, float]]:
        """Return candidates by their numbers, without those who are just going."""
        named = [(self.person(one.reference), one.score) for one in found]
        return [(person, score) for person, score in named if person is not None]

    async def ready(self) -> None:
        """Have it here, proved equal to the store; the caller holds the lock."""
        while self._people is None:
            doubts, people, expected = self._doubts, dict[Reference, PersonId](), Expected()
            secret = await self._store.secret()
            async for batch in self._store.members():
                people.update((one.reference, one.person) for one in batch)
                expected.add((one.reference, one.template) for one in batch)
                await asyncio.sleep(0)
            await self._matcher.open(CITY, secret, expected.members)
            try:
                expected.prove(self._matcher, CITY)
            except GatepostError:
                await self._matcher.close(CITY)
                raise
            if doubts == self._doubts:
                self._people = people
                self._log.info("city.opened", people=self.people)

    async def hold(self, held: Sequence[Enrolled]) -> None:
        """Have people compared by these stored templates alone; the caller holds the lock."""
        if self._people is None:
            return  # given up meanwhile; the next reading has them
        try:
            for reference in dict.fromkeys(one.reference for one in held):
                theirs = [one for one in held if one.reference == reference]
                await self._matcher.replace(CITY, reference, [one.template for one in theirs])
                self._people[reference] = theirs[0].person
        except Exception as error:
            await self._out_of_step(error)

    async def left(self, person: PersonId) -> None:
        """Hold of a person what the store holds, if anything."""
        async with self.lock:
            if self._people is None:
                return
            try:
                held = await self._store.held(person)
                if held:
                    await self.hold(held)
                else:
                    await self._forget(self._people, person)
            except Exception as error:
                await self._out_of_step(error)

    @asynccontextmanager
    async def leaving(self, person: PersonId) -> AsyncIterator[None]:
        """Name somebody in no answer while the store is told that they go, and follow it then."""
        self._leaving[person] += 1
        try:
            yield
            await self.left(person)
        except BaseException as error:
            if not is_clear(error):
                self.distrust()
            raise
        finally:
            self._leaving[person] -= 1
            if not self._leaving[person]:
                del self._leaving[person]

    def distrust(self) -> None:
        """Give it up: something changed that nobody can name."""
        self._doubts += 1
        if self._people is not None:
            self._people = None
            self._tasks.spawn(self._close(), "city gallery")

    async def drop(self) -> None:
        """Give it up, and have nothing in memory then; the caller holds the lock."""
        self._doubts += 1
        self._people = None
        await self._matcher.close(CITY)
        self._log.info("city.closed")

    async def _close(self) -> None:
        async with self.lock:
            if self._people is None:  # nobody has read it anew since
                await self.drop()

    async def _forget(self, people: dict[Reference, PersonId], person: PersonId) -> None:
        for reference in [one for one, who in people.items() if who == person]:
            del people[reference]
            await self._matcher.remove(CITY, reference)

    async def _out_of_step(self, error: Exception) -> None:
        self._log.error("city.out_of_step", reason=repr(error))
        await self.drop()
