"""What operators do with orders, as calls: JSON in, JSON out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from gateway.admin import Call
from gateway.codecs.api import Dialect
from gateway.domain.audit import AuditLine, Chain
from gateway.domain.command_queue import Command, CommandId
from gateway.domain.directory import Device
from gateway.domain.errors import GatepostError
from gateway.domain.ids import DeviceId, PersonId, Ticket
from gateway.domain.maintenance import SendFirmware
from gateway.domain.objects import SendObject
from gateway.domain.people import Enrol, PersonDelete, PersonPut, SendPerson
from gateway.services.command.service import Commands
from gateway.services.command.wording import build
from gateway.storage.opening import Storage

LONGEST_WATCH_S = 600.0
BY_CALLS: Mapping[type, type] = {
    SendPerson: PersonPut,
    PersonDelete: PersonDelete,
    SendFirmware: SendObject,
}
"""What orders that only calls can carry leave as."""
MayEnrol = Callable[[DeviceId, PersonId], Awaitable[None]]
"""Raises GatepostError where a terminal may not capture a person."""


class CommandOperations:
    """The calls behind ``gatepost command`` and ``gatepost audit``.

    ``commands`` is None where no gateway runs: then orders can be looked at, but not given.
    """

    def __init__(
        self,
        storage: Storage,
        commands: Commands | None = None,
        dialects: Mapping[str, Dialect] | None = None,
        reaches: Callable[[DeviceId], bool] = lambda _: False,
        may_enrol: MayEnrol | None = None,
    ) -> None:
        """``may_enrol`` is None where the gateway has no matcher, so no use for a capture."""
        self._storage = storage
        self._commands = commands
        self._dialects = dialects or {}
        self._reaches = reaches
        self._may_enrol = may_enrol

    def calls(self) -> Mapping[str, Call]:
        """Return the table of calls by name."""
        return {
            "command.give": self.give,
            "command.wait": self.wait,
            "command.cancel": self.cancel,
            "command.list": self.orders,
            "command.show": self.show,
            "audit.list": self.audit,
            "audit.verify": self.verify,
        }

    async def give(
        self,
        serial: str,
        kind: str,
        args: dict[str, Any],
        by: str,
        reason: str = "",
        within_s: float = 60.0,
    ) -> dict[str, Any]:
        """Queue an order for a terminal; raises what `Commands.give` raises."""
        commands = self._running(f"command {kind}")
        device = await self._device(serial)
        order = build(kind, args, Ticket(0))
        self._check_way(device, order, f"command {kind} for {serial}")
        if isinstance(order, Enrol):
            await self._check_enrolment(device, PersonId(order.person))
        given = await commands.give(device.id, kind, args, by=by, reason=reason, within_s=within_s)
        return await self._brief(given)

    def _check_way(self, device: Device, order: object, place: str) -> None:
        """Refuse an order that could never reach its terminal."""
        dialect = self._dialects.get(device.dialect)
        if dialect is None or not _takes(dialect, order):
            raise GatepostError(
                "command.unsupported",
                f"no terminal of the dialect {device.dialect} can be given this order.",
                place=place,
            )
        if type(order) not in dialect.carries and not self._reaches(device.id):
            raise GatepostError(
                "command.no_way",
                "this terminal cannot be reached: it has no address here and fetches no orders.",
                place=place,
                remedy=f"gatepost device reach {device.serial} --url http://ADDRESS --user NAME",
            )

    async def _check_enrolment(self, device: Device, person: PersonId) -> None:
        """Refuse before a terminal captures somebody who did not agree to it, or for nothing."""
        if self._may_enrol is None:
            raise GatepostError(
                "enrolment.no_matcher",
                "the gateway runs without a matcher, so it has no use for a capture.",
                place="command enrol",
                remedy="Enable the matcher in its settings.",
            )
        await self._may_enrol(device.id, person)

    async def wait(self, number: int, seconds: float) -> dict[str, Any]:
        """Return an order once it is over, or as it stands after so many seconds."""
        seconds = min(seconds, LONGEST_WATCH_S)
        found = await self._running(f"command {number}").wait(CommandId(number), seconds)
        return await self._known(found, number)

    async def cancel(self, number: int, by: str) -> dict[str, Any]:
        """Cancel an order that still waits."""
        found = await self._running(f"command {number}").cancel(CommandId(number), by)
        return await self._known(found, number)

    async def orders(
        self, serial: str | None = None, open_only: bool = False, limit: int = 50
    ) -> list[dict[str, Any]]:
        """Return orders, the newest first."""
        device = None if serial is None else (await self._device(serial)).id
        found = await self._storage.commands.list(device, open_only=open_only, limit=limit)
        return [await self._brief(one) for one in found]

    async def show(self, number: int) -> dict[str, Any]:
        """Return one order."""
        return await self._known(await self._storage.commands.show(CommandId(number)), number)

    async def audit(self, limit: int = 50) -> list[dict[str, Any]]:
        """Return the newest lines of the audit trail, newest first."""
        return [_line(line) for line in await self._storage.audit.latest(limit)]

    async def verify(self) -> dict[str, Any]:
        """Check the whole audit trail; ``broken`` is the first line that does not follow."""
        chain = Chain()
        broken = None
        async for page in self._storage.audit.lines():
            if not all(chain.follows(line) for line in page):
                broken = chain.lines + 1
                break
        return {"lines": chain.lines, "broken": broken, "head": chain.head.hex()}

    def _running(self, place: str) -> Commands:
        if self._commands is None:
            raise GatepostError(
                "command.not_running",
                "no gateway is running, so no terminal can be given an order.",
                place=place,
                remedy="Start it with `gatepost serve`.",
            )
        return self._commands

    async def _device(self, serial: str) -> Device:
        return (await self._storage.directory.load()).registered(serial)

    async def _known(self, found: Command | None, number: int) -> dict[str, Any]:
        if found is None:
            raise GatepostError(
                "command.unknown",
                "there is no order of this number.",
                place=f"command {number}",
                remedy="See `gatepost command list`.",
            )
        return await self._brief(found)

    async def _brief(self, one: Command) -> dict[str, Any]:
        order = one.order
        devices = (await self._storage.directory.load()).devices.values()
        serial = next((each.serial for each in devices if each.id == order.device), None)
        return {
            "number": one.id,
            "serial": serial,
            "kind": order.kind,
            "args": dict(order.args),
            "state": one.state.value,
            "code": one.code,
            "result": None if one.result is None else dict(one.result),
            "attempts": one.attempts,
            "by": order.issued_by,
            "reason": order.reason,
            "issued_ms": order.issued_ms,
            "not_after_ms": order.not_after_ms,
            "sent_ms": one.sent_ms,
            "ended_ms": one.ended_ms,
        }


def _takes(dialect: Dialect, order: object) -> bool:
    """Say whether terminals of a dialect can be given an order.

    People and images are sent by calls only: over a connection of its own a terminal follows the
    revisions of everybody, and wants an offer before an image; neither is made here.
    """
    leaves_as = BY_CALLS.get(type(order))
    if leaves_as is None:
        return type(order) in dialect.orders
    return dialect.errands is not None and leaves_as in dialect.errands.orders


def _line(line: AuditLine) -> dict[str, Any]:
    entry = line.entry
    return {
        "seq": line.seq,
        "at_ms": entry.at_ms,
        "actor": entry.actor,
        "action": entry.action,
        "subject": entry.subject,
        "detail": entry.detail,
    }
