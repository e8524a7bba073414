"""Orders that wait for their terminal, and what is durably known of them.

An order is marked SENT before its first byte leaves, so that whatever happens to us in between, an
order that moves something is never given twice: after a crash it is UNKNOWN, and a person decides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import NewType, Protocol

from gateway.domain.ids import DeviceId
from gateway.domain.values import value

CommandId = NewType("CommandId", int)
"""Number of an order; also the ticket it travels under."""


class CommandState(Enum):
    """Where an order stands."""

    QUEUED = "queued"
    SENT = "sent"
    DONE = "done"
    REFUSED = "refused"
    """The terminal said no, or cannot be told; ``code`` says why. Certainly not carried out."""
    UNKNOWN = "unknown"
    """Sent, and nobody knows what became of it. Never sent again by itself."""
    EXPIRED = "expired"
    """Its time was over before it could be sent."""
    SUPERSEDED = "superseded"
    """A newer order about the same thing took its place before it was sent."""
    CANCELLED = "cancelled"

    @property
    def over(self) -> bool:
        """Whether nothing will happen to it any more."""
        return self not in (CommandState.QUEUED, CommandState.SENT)


@value
class NewCommand:
    """An order to be given."""

    device: DeviceId
    kind: str
    args: Mapping[str, object]
    """Plain JSON; `gateway.services.command.wording` knows its shape."""
    subject: str
    """What it is about on its terminal: a newer order replaces a waiting one of equal subject.
    Empty replaces nothing."""
    repeatable: bool
    """Giving it twice does no harm."""
    audited: bool
    issued_ms: int
    issued_by: str
    reason: str
    not_after_ms: int
    """It is not sent after this; milliseconds since 1970 UTC."""


@value
class Command:
    """An order as it is stored."""

    id: CommandId
    order: NewCommand
    state: CommandState
    attempts: int = 0
    sent_ms: int | None = None
    ended_ms: int | None = None
    code: str = ""
    result: Mapping[str, object] | None = None


class CommandStore(Protocol):
    """Where orders are durable. Every method raises StoreUnavailable without the database."""

    async def enqueue(self, order: NewCommand, most: int) -> Command:
        """Store an order, replacing waiting ones of equal subject, with its audit entry.

        Raises GatepostError ``command.queue_full`` when ``most`` wait for the device already.
        """

    async def take(self, device: DeviceId, now_ms: int) -> Command | None:
        """Mark the oldest waiting order SENT and return it; None where none may be sent now.

        Orders whose time is over are passed over. None also while another one is SENT: a terminal
        has one order at a time.
        """

    async def put_back(self, command: CommandId, *, uncounted: bool = False) -> None:
        """Queue an order again that was marked SENT; ``uncounted``: this was no attempt."""

    async def waiting(self) -> Sequence[DeviceId]:
        """Return the devices for which orders wait and none is under way."""

    async def finish(
        self,
        command: CommandId,
        state: CommandState,
        code: str,
        result: Mapping[str, object] | None,
        now_ms: int,
    ) -> bool:
        """End a SENT order, with its audit entry; False when it had ended before."""

    async def cancel(self, command: CommandId, by: str, now_ms: int) -> Command | None:
        """Cancel an order that still waits; return it as it stands now, None for no such one."""

    async def expire(self, now_ms: int) -> Sequence[Command]:
        """End the waiting orders whose time is over, and return them."""

    async def recover(self, now_ms: int) -> int:
        """After a start: queue SENT orders that may be repeated, end the others as UNKNOWN.

        Returns how many became UNKNOWN.
        """

    async def show(self, command: CommandId) -> Command | None:
        """Return one order."""

    async def list(
        self, device: DeviceId | None, *, open_only: bool, limit: int
    ) -> Sequence[Command]:
        """Return orders, the newest first."""
