"""Gives orders to terminals: stored first, one at a time each, never twice what moves something.

Who carries an order is not known here: a `Route` is whatever reaches the device at present.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import inf
from typing import Protocol

from gateway.domain.command_queue import Command, CommandId, CommandState, CommandStore, NewCommand
from gateway.domain.commands import Outcome, OutcomeBase
from gateway.domain.errors import GatepostError, StoreUnavailable
from gateway.domain.ids import DeviceId, Ticket
from gateway.domain.ports import Log
from gateway.domain.redaction import redact
from gateway.domain.requests import NoOrders, Request
from gateway.domain.times import Instant
from gateway.services.command.filling import Fill, Unfit, unfilled
from gateway.services.command.wording import build, in_words, kind_of
from gateway.services.tasks import Tasks

MOST_ATTEMPTS = 3
"""An order that may be given again is ended after so many times, or it would block its queue."""


class Route(Protocol):
    """A way to a device that is there now; `gateway.domain.ports.SessionHandle` is one."""

    @property
    def over(self) -> bool:
        """Whether it has ended or is about to."""

    def submit(self, *requests: Request) -> None:
        """Send requests; their outcomes come back to `Commands.outcome`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandLimits:
    """Units in the names, reasons in the settings reference."""

    queued: int = 500
    """Orders that may wait for one device."""
    seconds: float = 60.0
    """After so long without an outcome an order is UNKNOWN."""
    keep_s: float = 86_400.0
    """The longest an order may be made to wait."""


@dataclass(slots=True)
class CommandTally:
    """What became of orders since the start."""

    given: int = 0
    ended: dict[CommandState, int] = field(
        default_factory=lambda: {state: 0 for state in CommandState if state.over}
    )


def forgotten(command: Command) -> None:
    """Follow no order."""
    del command


@dataclass(slots=True)
class _Flight:
    """The one order a device has; ``command`` is None while it is looked for."""

    route: Route
    due: float = inf
    """Monotonic seconds after which its outcome counts as unknown."""
    command: Command | None = None


class Commands:
    """The queue of every device, and what is under way."""

    def __init__(
        self,
        store: CommandStore,
        route: Callable[[DeviceId], Route | None],
        tasks: Tasks,
        log: Log,
        clock: Callable[[], Instant],
        limits: CommandLimits,
        fill: Fill = unfilled,
    ) -> None:
        self._store = store
        self._fill = fill
        self._route = route
        self._tasks = tasks
        self._log = log
        self._clock = clock
        self._limits = limits
        self._flights: dict[DeviceId, _Flight] = {}
        self._again: set[DeviceId] = set()
        self._idle: set[DeviceId] = set()
        """Devices of which no order waited when it was looked, so that a poll costs no query."""
        self._fetching: dict[DeviceId, Route] = {}
        """Who asked for an order while it is looked for one."""
        self._waiters: dict[CommandId, list[asyncio.Future[Command]]] = {}
        self.tally = CommandTally()
        self.followed: Callable[[Command], None] = forgotten
        """Told of every order that is over."""

    async def begin(self) -> None:
        """Take up what a former process left; call before terminals may connect."""
        unknown = await self._store.recover(self._clock().wall)
        if unknown:
            self._log.warning("command.unknown_after_restart", count=unknown)

    async def give(
        self,
        device: DeviceId,
        kind: str,
        args: Mapping[str, object],
        *,
        by: str,
        reason: str,
        within_s: float,
    ) -> Command:
        """Queue an order and send it as soon as the device is there and free.

        Raises GatepostError ``command.malformed``, ``command.unknown_kind``, ``command.reason``,
        ``command.patience`` or ``command.queue_full``.
        """
        build(kind, args, Ticket(0))
        known = kind_of(kind)
        self._check(kind, reason, within_s)
        now = self._clock().wall
        order = NewCommand(
            device=device,
            kind=kind,
            args=dict(args),
            subject=known.about(args),
            repeatable=known.repeatable,
            audited=known.audited,
            issued_ms=now,
            issued_by=by,
            reason=redact(reason),
            not_after_ms=now + round(within_s * 1000),
        )
        command = await self._store.enqueue(order, self._limits.queued)
        self.tally.given += 1
        self.kick(device)
        return command

    def _check(self, kind: str, reason: str, within_s: float) -> None:
        place = f"command {kind}"
        if kind_of(kind).audited and not reason.strip():
            raise GatepostError(
                "command.reason", "this order is audited and needs a reason.", place=place
            )
        if not 0 < within_s <= self._limits.keep_s:
            raise GatepostError(
                "command.patience",
                f"an order may wait at most {self._limits.keep_s:g} seconds.",
                place=place,
            )

    def way(self, device: DeviceId) -> Route | None:
        """Return what an order to a device would travel by now, None where there is nothing."""
        route = self._route(device)
        return None if route is None or route.over else route

    def kick(self, device: DeviceId) -> None:
        """Send the next order of a device if it is there and has none; call at each login."""
        self._idle.discard(device)
        route = self.way(device)
        if route is None:
            return
        if device in self._flights:
            self._again.add(device)
            return
        self._flights[device] = _Flight(route)
        self._tasks.spawn(self._send_next(device), "command")

    def fetch(self, device: DeviceId, route: Route) -> None:
        """Answer a device that asks for an order: by one, or by NoOrders."""
        flight = self._flights.get(device)
        if device in self._idle or (flight is not None and flight.command is not None):
            route.submit(NoOrders())
            return
        self._fetching[device] = route
        if flight is None:
            self._flights[device] = _Flight(route, self._clock().mono)
            self._tasks.spawn(self._send_next(device), "command")

    def outcome(self, device: DeviceId, event: OutcomeBase) -> None:
        """Take note of what a device says came of an order."""
        flight = self._flights.get(device)
        command = flight.command if flight is not None else None
        if command is None or Ticket(command.id) != event.ticket:
            self._log.warning("command.stray_outcome", device=device, code=event.code)
            return
        self._end_flight(device, event)

    def under_way(self, device: DeviceId, ticket: Ticket, seconds: float) -> None:
        """Wait longer for an outcome: the order is being carried out, step by step."""
        flight = self._flights.get(device)
        if (
            flight is not None
            and flight.command is not None
            and Ticket(flight.command.id) == ticket
        ):
            flight.due = self._clock().mono + seconds + self._limits.seconds

    def lost(self, device: DeviceId, route: Route) -> None:
        """A route ended; what was under way on it and got no outcome is unknown."""
        flight = self._flights.get(device)
        if flight is not None and flight.route is route and flight.command is not None:
            self._unanswered(device, flight.command, "lost")

    async def review(self) -> None:
        """End what waited too long for its outcome or its turn, and send what can be sent now.

        Call it every few seconds. Raises StoreUnavailable.
        """
        now = self._clock()
        for device, flight in list(self._flights.items()):
            if now.mono >= flight.due and flight.command is not None:
                self._unanswered(device, flight.command, "no_answer")
        for command in await self._store.expire(now.wall):
            self._told(command)
        for device in await self._store.waiting():
            self.kick(device)

    async def wait(self, command: CommandId, seconds: float) -> Command | None:
        """Return an order once it is over, or as it stands after ``seconds``."""
        ended: asyncio.Future[Command] = asyncio.get_running_loop().create_future()
        waiters = self._waiters.setdefault(command, [])
        waiters.append(ended)
        try:
            known = await self._store.show(command)
            if known is None or known.state.over:
                return known
            return await asyncio.wait_for(ended, seconds)
        except TimeoutError:
            return await self._store.show(command)
        finally:
            waiters.remove(ended)
            if not waiters:
                del self._waiters[command]

    async def cancel(self, command: CommandId, by: str) -> Command | None:
        """Cancel an order that still waits; one that was sent stays as it is."""
        known = await self._store.cancel(command, by, self._clock().wall)
        if known is not None and known.state is CommandState.CANCELLED:
            self._told(known)
        return known

    async def _send_next(self, device: DeviceId) -> None:
        flight = self._flights[device]
        self._again.discard(device)
        try:
            command = await self._store.take(device, self._clock().wall)
            if command is None:
                self._idle.add(device)
        except StoreUnavailable:
            command = None  # the next login, order or sweep asks again
        order = None if command is None else await self._filled(command)
        fetching = self._fetching.pop(device, None)
        if command is None or order is None or isinstance(order, Unfit):
            if fetching is not None:
                fetching.submit(NoOrders())
            await self._unsent(device, command, order)
            return
        route = self._route(device)  # of two connections the newer one, whichever asked
        if fetching is not None and route is not fetching:
            fetching.submit(NoOrders())  # it is carried another way
        if route is None or route.over:
            await self._put_back(device, command, CommandState.REFUSED, "never_left")
            return
        flight.route, flight.command = route, command
        flight.due = self._clock().mono + self._limits.seconds
        route.submit(order)

    async def _filled(self, command: Command) -> Request | Unfit | None:
        """Return what is to leave, or why it must not; None where nobody can tell at the moment."""
        asked = command.order
        try:
            return await self._fill(asked.device, build(asked.kind, asked.args, Ticket(command.id)))
        except StoreUnavailable:
            return None
        except GatepostError as error:
            return Unfit(error.code)

    async def _unsent(
        self, device: DeviceId, command: Command | None, order: Request | Unfit | None
    ) -> None:
        """Go on where there is nothing to send, or nothing that may be sent."""
        if command is None:
            self._free(device)
        elif isinstance(order, Unfit):
            await self._finish(device, command, CommandState.REFUSED, order.code, None)
        else:
            await self._put_back(device, command, CommandState.REFUSED, "never_left")

    async def _put_back(
        self, device: DeviceId, command: Command, otherwise: CommandState, code: str
    ) -> None:
        """Let an order wait again; after too many attempts it ends as ``otherwise``.

        One whose terminal was not there waits as if nothing had been tried.
        """
        away = code == AWAY
        if command.attempts >= MOST_ATTEMPTS and not away:
            await self._finish(device, command, otherwise, code, None)
            return
        try:
            await self._store.put_back(command.id, uncounted=away)
        except StoreUnavailable:
            self._log.error("command.not_stored", device=device, command=command.id)
        self._idle.discard(device)
        self._free(device)

    def _end_flight(self, device: DeviceId, event: OutcomeBase) -> None:
        flight = self._flights[device]
        command, flight.command = flight.command, None
        assert command is not None
        if event.outcome is Outcome.NOT_SENT and event.code not in DEFINITE:
            again = self._put_back(device, command, CommandState.REFUSED, event.code)
            self._tasks.spawn(again, "command")
            return
        if event.outcome is Outcome.UNANSWERED and command.order.repeatable:
            again = self._put_back(device, command, CommandState.UNKNOWN, event.code)
            self._tasks.spawn(again, "command")
            return
        state = STATES[event.outcome]
        self._tasks.spawn(
            self._finish(device, command, state, event.code, in_words(event)), "command"
        )

    def _unanswered(self, device: DeviceId, command: Command, code: str) -> None:
        event = OutcomeBase(ticket=Ticket(command.id), outcome=Outcome.UNANSWERED, code=code)
        self._end_flight(device, event)

    async def _finish(
        self,
        device: DeviceId,
        command: Command,
        state: CommandState,
        code: str,
        result: Mapping[str, object] | None,
    ) -> None:
        try:
            await self._store.finish(command.id, state, code, result, self._clock().wall)
        except StoreUnavailable:
            # It stays SENT: after a restart it is UNKNOWN, which is less than we know, never more.
            self._log.error("command.not_stored", device=device, command=command.id)
        else:
            ended = await self._store.show(command.id)
            if ended is not None:
                self._told(ended)
        self._free(device)

    def _told(self, command: Command) -> None:
        self.tally.ended[command.state] += 1
        said: dict[str, object] = {
            "device": command.order.device,
            "command": command.id,
            "kind": command.order.kind,
        }
        if command.state is CommandState.DONE:
            self._log.info("command.done", **said)
        else:
            state = command.state.value
            self._log.warning("command.not_done", **said, state=state, code=command.code)
        self.followed(command)
        for waiter in self._waiters.get(command.id, ()):
            if not waiter.done():
                waiter.set_result(command)

    def _free(self, device: DeviceId) -> None:
        del self._flights[device]
        again, route = device in self._again, self._fetching.pop(device, None)
        self._again.discard(device)
        if route is not None:
            self.fetch(device, route)
        elif again:
            self.kick(device)


STATES = {
    Outcome.DONE: CommandState.DONE,
    Outcome.REFUSED: CommandState.REFUSED,
    Outcome.UNANSWERED: CommandState.UNKNOWN,
    Outcome.NOT_SENT: CommandState.REFUSED,
}
AWAY = "unreachable"
"""Code of an order whose terminal could not be reached at all."""
DEFINITE = frozenset({"expired", "forbidden", "unsupported"})
"""Codes of orders that never left and never will."""
