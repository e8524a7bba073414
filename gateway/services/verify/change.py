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
from gateway.services.verify.crowd import Crowd


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

    async def has(self, held: Sequence[Enrolled]) -> None:
        """Have people compared by these stored templates and no others of theirs from now on."""
        if self._crowd is not None:
            await self._try(self._replace, self._crowd, held)

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

    async def _replace(self, crowd: Crowd, held: Sequence[Enrolled]) -> None:
        for reference in dict.fromkeys(one.reference for one in held):
            theirs = [one for one in held if one.reference == reference]
            templates = [one.template for one in theirs]
            await self._matcher.replace(self._scope, reference, templates)
            crowd.enrol(theirs)

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
