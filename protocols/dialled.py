"""A terminal we dial: its orders one after the other, and its verdicts beside them.

A verdict has a line of its own: somebody waits at a gate for it, while an order may be a picture on
its way through a slow line. So a terminal has two connections of ours at most, one call on each.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from gateway.codecs.api import Dialect
from gateway.codecs.errand import Answer, Call, Errand, Errands, NoAnswer, Terms
from gateway.protocols.call_line import dial
from gateway.protocols.caller import Caller, CallLimits, Dial, Standing
from gateway.protocols.errand_walk import Means, Walk

from gateway.domain.access import Access
from gateway.domain.commands import Outcome, OutcomeBase
from gateway.domain.directory import Device
from gateway.domain.events import Event
from gateway.domain.ids import Serial, Ticket
from gateway.domain.ports import ErrandDesk, Log
from gateway.domain.requests import Request
from gateway.domain.times import Instant
from gateway.domain.verification import VerdictDue

LEAST_BACKOFF_S = 2.0


@dataclass(slots=True)
class CallTally:
    """What became of calls and verdicts since the start."""

    calls: dict[str, int] = field(default_factory=dict)
    """By ``answered`` or the reason of `gateway.codecs.errand.REASONS`."""
    verdicts: dict[str, int] = field(default_factory=dict)
    """By ``told``, ``again``, ``late``, ``no_way``, ``refused``, ``not_told`` or ``unknown``."""
    streams: dict[str, int] = field(default_factory=dict)
    """By ``begun``, why one ended, or ``odd`` for what was no event in one."""


STRANGE = frozenset({"other_device", "anonymous"})
"""Reasons that say who answers is not the terminal that is meant, or does not say who it is."""


def count(into: dict[str, int], what: str) -> None:
    """Count one."""
    into[what] = into.get(what, 0) + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """Who is dialled, as the directory has it at present."""

    device: Device
    access: Access
    secret: bytes | None = field(default=None, repr=False)
    dialect: Dialect
    errands: Errands


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """What all terminals that are dialled share."""

    clock: Callable[[], Instant]
    entropy: Callable[[int], bytes]
    log: Log
    limits: CallLimits
    tally: CallTally
    room: asyncio.Semaphore
    """How many may be worked at in the same moment."""
    settings: dict[str, dict[str, int | bool]] = field(default_factory=dict)
    armed: frozenset[Serial] = frozenset()
    """Who is read, for it cannot report."""
    dial: Dial = dial


def other_terminal(post: Post, office: Office, why: NoAnswer) -> None:
    """Say that somebody else answers at an address."""
    access, device = post.access, post.device.id
    office.log.error(
        "terminal.other", device=device, url=access.url, code=why.reason, said=why.said
    )


def terms_of(post: Post, office: Office, given: Instant) -> Terms:
    """Return what every errand to a terminal is given."""
    return Terms(
        serial=post.device.serial,
        secret=post.secret,
        now=given,
        entropy=office.entropy,
        settings=office.settings.get(post.dialect.name, {}),
    )


def caller_of(post: Post, office: Office, standing: Standing, *, unmet: bool = False) -> Caller:
    """Return a line to a terminal; ``unmet``: to whoever answers at its address."""
    ask_who = None if unmet else post.errands.recognise
    return Caller(
        post.access,
        standing,
        office.limits,
        clock=office.clock,
        entropy=office.entropy,
        lockout=post.errands.lockout,
        dial=office.dial,
        recognise=ask_who and (lambda: ask_who(terms_of(post, office, office.clock()))),
    )


class Dialled:
    """Implements the command service's Route for one terminal."""

    def __init__(self, post: Post, office: Office, desk: ErrandDesk) -> None:
        self.post = post
        self._desk = desk
        self.over = False
        """It has another address or account now, or may not be used any more."""
        self._office = office
        self._standing = Standing()
        self._orders = caller_of(post, office, self._standing)
        self._verdicts = caller_of(post, office, self._standing)
        self._turn, self._urgent = asyncio.Lock(), asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._backoff_s = 0.0
        self._away_until = 0.0
        self._untold = False
        self._told: dict[int, float] = {}
        """Until when the terminal waits for a verdict that it may have, by the event's number."""
        self._stranger = ""
        """What the last one said who answered and was not it."""

    @property
    def away(self) -> bool:
        """It could not be reached a moment ago."""
        return self._office.clock().mono < self._away_until

    def submit(self, *requests: Request) -> None:
        """Carry orders out; see the command service's Route."""
        given = self._office.clock()
        orders: tuple[Any, ...] = requests
        for order in orders:
            # Until its turn comes, nobody is to think that it was forgotten.
            self._going_on(order.ticket, self._office.limits.errand_s)
            self._spawn(self._carry(order, given))

    def tell(self, due: VerdictDue) -> None:
        """Carry a verdict, now or not at all."""
        self._spawn(self._tell(due))

    async def retire(self) -> None:
        """Give up what is under way, with its true outcome, and hang up."""
        self.over = True
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._orders.hang_up()
        self._verdicts.hang_up()

    async def _carry(self, order: Any, given: Instant) -> None:
        outcome = _not_sent(order, "abandoned")
        try:
            async with self._turn, self._office.room:
                if not self.over:
                    outcome = await self._carried(order, given)
            if outcome.code == "unreachable":
                self._leave_alone()
        finally:
            self._desk.outcome(self.post.device.id, outcome)

    async def _carried(self, order: Any, given: Instant) -> OutcomeBase:
        """Carry an order out, unless its time went by while it waited for its turn."""
        if type(order) not in self.post.errands.makers:
            return _not_sent(order, "unsupported")
        waited_ms = (self._office.clock().mono - given.mono) * 1000
        if waited_ms > getattr(order, "valid_ms", waited_ms):
            return _not_sent(order, "expired")
        if type(order) in self.post.errands.unmet:
            return await self._unmet(order, given)
        return await self._walk(self._orders, order.ticket).run(self._errand(order, given))

    async def _unmet(self, order: Any, given: Instant) -> OutcomeBase:
        """Carry out what may concern another terminal, on a connection nothing else will use."""
        self._orders.hang_up()
        caller = caller_of(self.post, self._office, self._standing, unmet=True)
        try:
            return await self._walk(caller, order.ticket).run(self._errand(order, given))
        finally:
            caller.hang_up()

    async def _tell(self, due: VerdictDue) -> None:
        tally, device = self._office.tally.verdicts, self.post.device.id
        async with self._urgent:
            if self._office.clock().mono >= due.due:
                count(tally, "late")
                return
            if not self._first(due):
                count(tally, "again")
                return
            errand = self._errand(due, self._office.clock())
            outcome = await self._walk(self._verdicts, Ticket(0)).run(errand)
        told = _VERDICTS[outcome.outcome]
        if outcome.outcome is Outcome.NOT_SENT:
            self._told.pop(due.number, None)  # a question that comes again may have more luck
        count(tally, told)
        if told != "told" and not self._untold:
            self._office.log.warning("verdict.not_told", device=device, code=outcome.code)
        self._untold = told != "told"

    def _first(self, due: VerdictDue) -> bool:
        """Note a verdict; False where its question was answered already and comes again."""
        now = self._office.clock().mono
        self._told = {number: until for number, until in self._told.items() if until > now}
        known = due.number in self._told
        self._told[due.number] = due.due
        return not known

    def _leave_alone(self) -> None:
        """Try a terminal that is not there again after a while."""
        device, log = self.post.device.id, self._office.log
        if not self._backoff_s:
            log.warning("terminal.unreachable", device=device, url=self.post.access.url)
        doubled = max(LEAST_BACKOFF_S, 2 * self._backoff_s)
        self._backoff_s = min(doubled, self._office.limits.backoff_s)
        self._away_until = self._office.clock().mono + self._backoff_s

    def _errand(self, order: Any, given: Instant) -> Errand:
        terms = terms_of(self.post, self._office, given)
        return self.post.errands.makers[type(order)](order, terms)

    def _walk(self, caller: Caller, ticket: Ticket) -> Walk:
        office, device = self._office, self.post.device
        named = f"{self.post.dialect.name}/{self.post.dialect.version}"

        async def call(one: Call) -> Answer | NoAnswer:
            reply = await caller.call(one)
            self._note(reply)
            return reply

        async def found(events: tuple[Event, ...]) -> bool:
            return await self._desk.found(device, named, events)

        def going_on(seconds: float) -> None:
            self._going_on(ticket, seconds)

        seconds = office.limits.errand_s
        means = Means(call=call, found=found, going_on=going_on, log=office.log, seconds=seconds)
        return Walk(means, ticket)

    def _going_on(self, ticket: Ticket, seconds: float) -> None:
        """Say that an order is under way and what it may take until more is heard of it."""
        self._desk.under_way(self.post.device.id, ticket, seconds)

    def _note(self, reply: Answer | NoAnswer) -> None:
        if isinstance(reply, Answer):
            count(self._office.tally.calls, "answered")
            self._stranger = ""
            if self._backoff_s:
                self._backoff_s = 0.0
                self._office.log.info("terminal.reached", device=self.post.device.id)
            return
        count(self._office.tally.calls, reply.reason)
        if reply.reason in ("password", "challenge"):
            self._office.log.error(
                "terminal.account_refused", device=self.post.device.id, url=self.post.access.url
            )
        if reply.reason in STRANGE and reply.said != self._stranger:
            self._stranger = reply.said
            other_terminal(self.post, self._office, reply)

    def _spawn(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _not_sent(order: Any, code: str) -> OutcomeBase:
    return OutcomeBase(ticket=order.ticket, outcome=Outcome.NOT_SENT, code=code)


_VERDICTS = {
    Outcome.DONE: "told",
    Outcome.REFUSED: "refused",
    Outcome.NOT_SENT: "not_told",
    Outcome.UNANSWERED: "unknown",
}
