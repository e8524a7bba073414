"""One change of a project's people or templates, carried from the store into memory.

Whoever holds a `Change` holds the project's lock, so changes and loads come one after another and
each sees what the one before stored. The store goes first; what then fails in memory is not the
operator's failure, and has the gallery read anew.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager

from gateway.domain.enrolments import Enrolled, WorkerStore
from gateway.domain.errors import GatepostError, StoreUnavailable
from gateway.domain.ids import PersonId, ProjectId
from gateway.domain.matching import Matcher, Scope
from gateway.services.verify.crowd import Crowd, kind_of


class Change:
    """What may be done to a gallery in memory after the store committed the same."""

    def __init__(
        self,
        project: ProjectId,
        crowd: Crowd | None,
        matcher: Matcher,
        workers: WorkerStore,
        distrust: Callable[[ProjectId, Exception | None], None],
    ) -> None:
        """``crowd`` is None where the gallery is not in memory: then nothing is to be done."""
        self._project = project
        self._crowd = crowd
        self._scope = Scope(project)
        self._matcher = matcher
        self._workers = workers
        self._distrust = distrust

    @contextmanager
    def taking_away(self, person: PersonId) -> Iterator[None]:
        """Let somebody pass no more while the store is told.

        Where nobody knows what the store made of it, that lasts until everything is read anew.
        """
        withheld = set() if self._crowd is None else self._crowd.withheld
        withheld.add(person)
        try:
            yield
        except GatepostError as error:
            if is_clear(error):
                withheld.discard(person)
            raise
        withheld.discard(person)

    async def enrolled(self, entries: Sequence[Enrolled]) -> None:
        """Have stored templates compared from now on."""
        if self._crowd is not None:
            await self._try(self._enrol, self._crowd, entries)

    async def unlisted(self, person: PersonId) -> None:
        """Have somebody's templates compared no more."""
        if self._crowd is not None:
            await self._try(self._unlist, self._crowd, person)

    async def dismissed(self, person: PersonId, at_ms: int) -> None:
        """Note the end of an engagement, and drop the templates."""
        if self._crowd is not None:
            self._crowd.dismiss(person, at_ms)
            await self.unlisted(person)

    async def disagreed(self, person: PersonId) -> None:
        """Note that somebody withdrew consent, and drop the templates."""
        if self._crowd is not None:
            self._crowd.disagree(person)
            await self.unlisted(person)

    async def joined(self) -> None:
        """Note that somebody was engaged or consented."""
        if self._crowd is not None:
            await self._try(self._read_people, self._crowd)

    async def replaced(self) -> None:
        """Note that every template is another one now."""
        if self._crowd is not None:
            self._distrust(self._project, None)

    async def _try(self, step: Callable[..., Awaitable[None]], *given: object) -> None:
        try:
            await step(*given)
        except Exception as error:
            self._distrust(self._project, error)

    async def _enrol(self, crowd: Crowd, entries: Sequence[Enrolled]) -> None:
        for person in {one.person for one in entries}:
            new = [one for one in entries if one.person == person]
            await self._enrol_one(crowd, person, new)

    async def _enrol_one(self, crowd: Crowd, person: PersonId, new: Sequence[Enrolled]) -> None:
        known, coming = crowd.kinds(person), {kind_of(one) for one in new}
        if known & coming:
            if known - coming:  # others of this person stay, and only the store still has them
                self._distrust(self._project, None)
                return
            await self._matcher.remove(self._scope, new[0].reference)
        await self._matcher.extend(self._scope, [(one.reference, one.template) for one in new])
        crowd.enrol(new)

    async def _unlist(self, crowd: Crowd, person: PersonId) -> None:
        reference = crowd.reference(person)
        crowd.unlist(person)
        if reference is not None:
            await self._matcher.remove(self._scope, reference)

    async def _read_people(self, crowd: Crowd) -> None:
        crowd.replace(*await self._workers.people(self._project))


def is_clear(error: BaseException) -> bool:
    """Say whether the store refused for certain, so that nothing has changed."""
    return isinstance(error, GatepostError) and not isinstance(error, StoreUnavailable)
