"""What is done at terminals that are servers: its outcomes, and what was found there.

Found records take the way of reported ones: through the lanes, stored once, and whoever found them
is told when all are durable.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from gateway.domain.commands import OutcomeBase
from gateway.domain.directory import Device
from gateway.domain.events import ClockMeasured, Event, RecordReported
from gateway.domain.ids import DeviceId, Generation, Receipt, Ticket
from gateway.domain.requests import Accept, Conflict, Defer, Parting, Request
from gateway.domain.times import Instant
from gateway.services.command.service import Commands
from gateway.services.desk import Desk
from gateway.services.terminals import Terminals


class Findings:
    """A SessionHandle that is no connection: it waits for the answers to what was found."""

    def __init__(self, device: DeviceId, dialect: str, receipts: set[Receipt]) -> None:
        self.device = device
        self.generation = Generation(0)
        self.slot = -1
        self.dialect = dialect
        self.over = False
        self.takes_orders = False
        self.fetches = False
        self._open = receipts
        self._kept = True
        self.settled: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._look()

    def submit(self, *requests: Request) -> None:
        """Take answers."""
        for request in requests:
            if isinstance(request, Accept | Conflict | Defer):
                self._open.discard(request.receipt)
                self._kept = self._kept and not isinstance(request, Defer)
        self._look()

    def close(self, reason: Parting) -> None:
        """Do nothing: there is nobody to say farewell to."""

    def _look(self) -> None:
        if not self._open and not self.settled.done():
            self.settled.set_result(self._kept)


class ErrandService:
    """Implements `gateway.domain.ports.ErrandDesk`."""

    def __init__(
        self, commands: Commands, desk: Desk, terminals: Terminals, clock: Callable[[], Instant]
    ) -> None:
        self._commands = commands
        self._desk = desk
        self._terminals = terminals
        self._clock = clock

    def fetches(self, device: DeviceId) -> bool:
        """Say whether a device was seen to fetch its orders."""
        terminal = self._terminals.get(device)
        return terminal is not None and terminal.fetches

    def outcome(self, device: DeviceId, event: OutcomeBase) -> None:
        """Take note of what came of an order."""
        self._commands.outcome(device, event)

    def under_way(self, device: DeviceId, ticket: Ticket, seconds: float) -> None:
        """Take note that an order is being carried out."""
        self._commands.under_way(device, ticket, seconds)

    def noticed(self, device: Device, event: Event) -> None:
        """Take a sign of life from a terminal that is read."""
        now = self._clock()
        terminal = self._terminals.meet(device)
        self._desk.read(terminal, now)
        if isinstance(event, ClockMeasured):
            self._desk.measured(terminal, event)

    def unheard(self, device: Device) -> None:
        """Take note that a terminal is not read any more."""
        self._desk.unread(self._terminals.meet(device), self._clock())

    async def found(self, device: Device, dialect: str, events: Sequence[Event]) -> bool:
        """Take what was found at a terminal; True once all of it is durable."""
        self._terminals.meet(device)
        records = [event for event in events if isinstance(event, RecordReported)]
        handle = Findings(device.id, dialect, {record.receipt for record in records})
        now = self._clock()
        for event in events:
            if not isinstance(event, RecordReported):
                raise TypeError(f"{type(event).__name__} cannot be found at a terminal")
            self._desk.record(handle, event, now)
        return await handle.settled
