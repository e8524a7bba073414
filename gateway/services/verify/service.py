"""Verification as the rest of the gateway sees it: questions, people, enrolment, upkeep."""

from __future__ import annotations

import asyncio
from math import inf

from gateway.domain.ids import PersonId, ProjectId
from gateway.services.terminals import Terminal
from gateway.services.verify.city import City
from gateway.services.verify.context import VerifyContext
from gateway.services.verify.enrolment import Enrolment
from gateway.services.verify.from_terminals import TerminalEnrolments
from gateway.services.verify.galleries import Galleries
from gateway.services.verify.keeping import KeptGalleries, KeptWorkers
from gateway.services.verify.records import Decisions
from gateway.services.verify.verifier import Verifier

SWEEP_S = 30.0
"""Between two looks at which projects have terminals connected."""
SLICE = 500
"""Terminals looked at in one go, so that no heartbeat waits for ten thousand looks."""


class Verification:
    """Owns the parts; implements `gateway.domain.enrolments.PeopleWatch`."""

    def __init__(self, context: VerifyContext) -> None:
        ports, limits = context.ports, context.limits
        self._context = context
        self._log = context.common.log
        self._swept = -inf
        self.tally = context.tally
        self.decisions = Decisions(
            ports.decisions,
            context.tally,
            self._log,
            rows=limits.decision_rows,
            batch=limits.decision_batch,
        )
        self.galleries = Galleries(ports, context.mode, self._log)
        self.verifier = Verifier(context, self.galleries, self.decisions)
        self.city = None if ports.city is None else City(ports.city, context)
        memory = None if self.city is None else self.city.memory
        self.workers = KeptWorkers(ports.workers, self.galleries, memory)
        self.templates = KeptGalleries(ports.galleries, self.galleries)
        self.enrolments = Enrolment(context, self.galleries, self.city)
        self.from_terminals = TerminalEnrolments(context, self.galleries, self.enrolments)

    @property
    def city_people(self) -> int:
        """How many people of the city-wide gallery are in memory."""
        return 0 if self.city is None else self.city.memory.people or 0

    def arrived(self, terminal: Terminal) -> None:
        """Have the gallery ready of a project one of whose terminals logged in."""
        now = self._context.clock()
        project = terminal.placement(self._context.directory(), now.wall).project
        if project is not None:
            self.galleries.want(project, now.mono)

    def follow(self) -> None:
        """Take note of a changed directory: terminals hang elsewhere, modes are others."""
        self._swept = -inf
        self.galleries.wake()
        if self.city is not None:
            self.city.memory.distrust()

    async def people_changed(self, project: ProjectId) -> None:
        """See `PeopleWatch`; for changes that did not go through ``workers``."""
        async with self.galleries.changing(project) as change:
            await change.joined()

    async def templates_destroyed(self, project: ProjectId, person: PersonId) -> None:
        """See `PeopleWatch`; for changes that did not go through ``templates``.

        What changed meanwhile nobody here can know, so the gallery is read anew as well.
        """
        async with self.galleries.changing(project) as change:
            await change.unlisted(person)
        self.galleries.distrust(project, None)

    async def city_left(self, person: PersonId) -> None:
        """See `PeopleWatch`."""
        if self.city is not None:
            await self.city.memory.left(person)

    async def run(self) -> None:
        """Open and close galleries and write decisions, until cancelled."""
        await asyncio.gather(self._keep_galleries(), self.decisions.run())

    async def last_flush(self) -> None:
        """Write what was decided, if the database lets us."""
        await self.decisions.flush()

    async def _keep_galleries(self) -> None:
        while True:
            try:
                if self._context.clock().mono - self._swept >= SWEEP_S:
                    await self._sweep()
                await self.galleries.work(SWEEP_S)
            except Exception as error:
                # A bug of ours must not leave every other project without its gallery.
                self._log.error("gateway.task_failed", task="galleries", error=repr(error))
                await asyncio.sleep(SWEEP_S)

    async def _sweep(self) -> None:
        now = self._swept = self._context.clock().mono
        for number, terminal in enumerate(list(self._context.common.terminals)):
            if terminal.session is not None:
                self.arrived(terminal)
            if number % SLICE == SLICE - 1:
                await asyncio.sleep(0)
        await self.galleries.close_unused(now - self._context.limits.linger_s)
