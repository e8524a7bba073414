"""Which galleries are in memory: those of projects whose terminals are connected, and no others."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

from gateway.domain.decisions import Because
from gateway.domain.errors import GatepostError
from gateway.domain.ids import PersonId, ProjectId
from gateway.domain.matching import Scope
from gateway.domain.ports import Log
from gateway.domain.workers import VerificationMode
from gateway.services.verify.change import Change, is_clear
from gateway.services.verify.crowd import Crowd
from gateway.services.verify.ports import VerifyPorts
from gateway.services.verify.proof import Expected
from gateway.services.verify.withheld import Withheld

SLICE = 200
"""Templates taken in at a time, a millisecond or two, so that no question waits for thousands."""
RETRY_S = 5.0
"""After this a gallery that could not be opened is tried again."""


class Galleries:
    """Opens, closes and keeps in step; one lock for each project orders loads and changes."""

    def __init__(
        self, ports: VerifyPorts, mode: Callable[[ProjectId], VerificationMode], log: Log
    ) -> None:
        """``mode`` tells the present mode of a project."""
        self._ports = ports
        self._mode = mode
        self._log = log
        self._ready: dict[ProjectId, Crowd] = {}
        self._loading: set[ProjectId] = set()
        self._stale: set[ProjectId] = set()
        self._troubled: set[ProjectId] = set()
        self._locks: dict[ProjectId, asyncio.Lock] = {}
        self._wanted: dict[ProjectId, float] = {}
        self._wake = asyncio.Event()
        self.withheld = Withheld()

    @property
    def open(self) -> int:
        """How many galleries are in memory."""
        return len(self._ready)

    @property
    def people(self) -> int:
        """How many people are in them, each counted once for each project."""
        return sum(map(len, self._ready.values()))

    def crowd(self, project: ProjectId) -> Crowd | None:
        """Return the people of a project whose gallery may be asked now."""
        return self._ready.get(project)

    def objection(self, crowd: Crowd, person: PersonId, at_ms: int) -> Because | None:
        """Say why somebody may not be let in now, withdrawals under way included."""
        if person in self.withheld:
            return Because.NO_CONSENT
        return crowd.objection(person, at_ms)

    def want(self, project: ProjectId, mono: float) -> None:
        """Have a project's gallery in memory: one of its terminals is here."""
        if self._mode(project) is not VerificationMode.DEVICE_ONLY:
            self._wanted[project] = mono
            if project not in self._ready:
                self._wake.set()

    def wake(self) -> None:
        """Have `work` return, because something else is to be done."""
        self._wake.set()

    async def work(self, timeout_s: float) -> None:
        """Open what is wanted, then wait until something is to be done."""
        failed = False
        for project in self._due():
            failed |= not await self._open(project)
        pause = min(timeout_s, RETRY_S) if failed else timeout_s
        try:
            await asyncio.wait_for(self._wake.wait(), pause)
        except TimeoutError:
            pass
        finally:
            self._wake.clear()

    async def close_unused(self, before: float) -> None:
        """Close what nobody wanted since ``before`` (monotonic seconds), and what may not be."""
        for project in sorted(self._wanted):
            if self._unused(project, before):
                await self._close(project, before)

    async def ensure(self, project: ProjectId, mono: float) -> None:
        """Have a gallery in memory before going on; raises what loading raises."""
        self._wanted[project] = mono
        await self._load(project, anew=False)

    @asynccontextmanager
    async def changing(self, project: ProjectId) -> AsyncIterator[Change]:
        """Hold a project's people and templates still, for a change of the store and of memory.

        If it ends in anything but a clear no of the store, nobody knows what is stored: what is in
        memory is then read anew.
        """
        async with self._lock(project):
            crowd = self._ready.get(project)
            ports = self._ports
            try:
                yield Change(project, crowd, ports.matcher, ports.workers, self.distrust)
            except BaseException as error:
                if not is_clear(error):
                    self.distrust(project, None)
                raise

    def distrust(self, project: ProjectId, error: Exception | None) -> None:
        """Have a gallery read anew; what is in memory serves until then."""
        if project not in self._ready and project not in self._loading:
            return
        if error is not None:
            self._log.error("gallery.out_of_step", project=project, reason=repr(error))
        self._stale.add(project)
        self._wake.set()

    async def refreshed(self, project: ProjectId) -> bool:
        """Have what is in memory follow the store; False where that was not possible yet."""
        if project in self._stale:
            return await self._open(project)
        async with self.changing(project) as change:
            await change.joined()
        return project not in self._stale

    def concerned(self, person: PersonId) -> list[ProjectId]:
        """Return the projects in memory, or on their way there, that may know somebody."""
        known = {project for project, crowd in self._ready.items() if person in crowd}
        return sorted(known | self._loading)

    def _lock(self, project: ProjectId) -> asyncio.Lock:
        return self._locks.setdefault(project, asyncio.Lock())

    def _due(self) -> Iterator[ProjectId]:
        for project in sorted(self._wanted):
            missing = project not in self._ready or project in self._stale
            if missing and self._mode(project) is not VerificationMode.DEVICE_ONLY:
                yield project

    async def _open(self, project: ProjectId) -> bool:
        try:
            await self._load(project, anew=project in self._stale)
        except Exception as error:
            if project not in self._troubled:
                self._troubled.add(project)
                self._log.error("gallery.unavailable", project=project, reason=str(error))
            return False
        self._troubled.discard(project)
        return True

    async def _load(self, project: ProjectId, *, anew: bool) -> None:
        async with self._lock(project):
            if project in self._ready and not anew:
                return
            self._loading.add(project)
            self._stale.discard(project)
            try:
                crowd = await self._read(project)
            except BaseException:
                if project in self._ready:
                    self._stale.add(project)
                raise
            else:
                self._ready[project] = crowd
                self._log.info("gallery.opened", project=project, people=len(crowd))
            finally:
                self._loading.discard(project)

    async def _read(self, project: ProjectId) -> Crowd:
        ports = self._ports
        crowd = Crowd(*await ports.workers.people(project))
        secret = await ports.galleries.secret(project)
        expected = Expected()
        async for batch in ports.galleries.members(project):
            for start in range(0, len(batch), SLICE):
                some = batch[start : start + SLICE]
                crowd.enrol(some)
                expected.add((one.reference, one.template) for one in some)
                await asyncio.sleep(0)
        scope = Scope(project)
        await ports.matcher.open(scope, secret, expected.members)
        try:
            expected.prove(ports.matcher, scope)
        except GatepostError:
            self._ready.pop(project, None)
            await ports.matcher.close(scope)
            raise
        return crowd

    def _unused(self, project: ProjectId, before: float) -> bool:
        forbidden = self._mode(project) is VerificationMode.DEVICE_ONLY
        return forbidden or self._wanted.get(project, before) < before

    async def _close(self, project: ProjectId, before: float) -> None:
        async with self._lock(project):
            if not self._unused(project, before):
                return  # a terminal came while a change was awaited
            self._wanted.pop(project, None)
            self._stale.discard(project)
            if self._ready.pop(project, None) is not None:
                await self._ports.matcher.close(Scope(project))
                self._log.info("gallery.closed", project=project)
