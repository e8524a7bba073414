"""The stores of people and templates as everybody who changes them must use them.

Each change goes to the store and then into memory, under the project's lock; what takes somebody
away stops them at the gates first. Reads pass through.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack

from gateway.domain.enrolments import GATEWAY, Enrolled, GalleryStore, NewPerson, WorkerStore
from gateway.domain.ids import PersonId, ProjectId
from gateway.domain.matching import Reference
from gateway.domain.workers import Consent, Engagement, Person, Subject
from gateway.services.verify.change import is_clear
from gateway.services.verify.city_memory import CityMemory
from gateway.services.verify.galleries import Galleries


class KeptWorkers:
    """Implements `WorkerStore` over another one."""

    def __init__(
        self, inner: WorkerStore, galleries: Galleries, city: CityMemory | None = None
    ) -> None:
        """``city`` is None where there is no city-wide gallery."""
        self._inner = inner
        self._galleries = galleries
        self._city = city

    async def register(self, person: NewPerson, *, by: str = GATEWAY) -> PersonId:
        """See `WorkerStore.register`; who is engaged nowhere concerns no gate."""
        return await self._inner.register(person, by=by)

    async def find(self, id_type: str, id_number: str) -> PersonId | None:
        """See `WorkerStore.find`."""
        return await self._inner.find(id_type, id_number)

    async def people(self, project: ProjectId) -> tuple[Sequence[Person], Sequence[Engagement]]:
        """See `WorkerStore.people`."""
        return await self._inner.people(project)

    async def engage(self, engagement: Engagement, *, by: str = GATEWAY) -> None:
        """See `WorkerStore.engage`."""
        async with self._galleries.changing(engagement.project) as change:
            await self._inner.engage(engagement, by=by)
            await change.joined()

    async def dismiss(
        self, person: PersonId, project: ProjectId, at_ms: int, *, by: str = GATEWAY
    ) -> None:
        """See `WorkerStore.dismiss`."""
        async with AsyncExitStack() as stack:
            if self._city is not None:
                await stack.enter_async_context(self._city.leaving(person))
            change = await stack.enter_async_context(self._galleries.changing(project))
            with change.taking_away(person):
                await self._inner.dismiss(person, project, at_ms, by=by)
            await change.dismissed(person, at_ms)

    async def consent(self, consent: Consent, *, by: str = GATEWAY) -> None:
        """See `WorkerStore.consent`."""
        await self._inner.consent(consent, by=by)
        if consent.subject is not Subject.BIO_NETWORK:
            return
        projects = self._galleries.concerned(consent.person)
        if all([await self._galleries.refreshed(project) for project in projects]):
            self._galleries.withheld.agreed(consent.person)

    async def withdraw(
        self, person: PersonId, subject: Subject, at_ms: int, *, by: str = GATEWAY
    ) -> None:
        """See `WorkerStore.withdraw`."""
        rests = subject in (Subject.BIO_NETWORK, Subject.CITY_GALLERY)
        async with AsyncExitStack() as stack:
            if self._city is not None and rests:
                await stack.enter_async_context(self._city.leaving(person))
            if subject is Subject.BIO_NETWORK:
                await self._withdraw_all(person, at_ms, by)
            else:
                await self._inner.withdraw(person, subject, at_ms, by=by)

    async def _withdraw_all(self, person: PersonId, at_ms: int, by: str) -> None:
        """Stop somebody at every gate, then have everything of theirs destroyed."""
        withheld = self._galleries.withheld
        withheld.begin(person)
        try:
            await self._inner.withdraw(person, Subject.BIO_NETWORK, at_ms, by=by)
            for project in self._galleries.concerned(person):
                async with self._galleries.changing(project) as change:
                    await change.disagreed(person)
        except BaseException as error:
            if is_clear(error):
                withheld.refused(person)
            else:
                withheld.failed(person)
                for project in self._galleries.concerned(person):
                    self._galleries.distrust(project, None)
            raise
        withheld.done(person)


class KeptGalleries:
    """Implements `GalleryStore` over another one."""

    def __init__(self, inner: GalleryStore, galleries: Galleries) -> None:
        self._inner = inner
        self._galleries = galleries

    async def secret(self, project: ProjectId) -> bytes:
        """See `GalleryStore.secret`."""
        return await self._inner.secret(project)

    async def reference(self, project: ProjectId, person: PersonId) -> Reference:
        """See `GalleryStore.reference`."""
        return await self._inner.reference(project, person)

    def members(self, project: ProjectId) -> AsyncIterator[Sequence[Enrolled]]:
        """See `GalleryStore.members`."""
        return self._inner.members(project)

    async def enrol(self, project: ProjectId, entries: Sequence[Enrolled]) -> Sequence[Enrolled]:
        """See `GalleryStore.enrol`."""
        async with self._galleries.changing(project) as change:
            held = await self._inner.enrol(project, entries)
            await change.has(held)
        return held

    async def remove(self, project: ProjectId, person: PersonId) -> int:
        """See `GalleryStore.remove`."""
        async with self._galleries.changing(project) as change:
            with change.taking_away(person):
                count = await self._inner.remove(project, person)
            await change.unlisted(person)
        return count

    async def renew(self, project: ProjectId, secret: bytes, entries: Sequence[Enrolled]) -> None:
        """See `GalleryStore.renew`; the gallery is read anew at once, in the background."""
        async with self._galleries.changing(project) as change:
            await self._inner.renew(project, secret, entries)
            await change.replaced()
