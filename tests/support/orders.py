"""An in-memory CommandStore for tests of time and failure; the contract suite keeps it honest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from gateway.domain.command_queue import Command, CommandId, CommandState, NewCommand
from gateway.domain.errors import GatepostError, StoreUnavailable
from gateway.domain.ids import DeviceId


class MemoryCommands:
    """Keeps orders as the database does; ``down`` makes every call fail."""

    def __init__(self) -> None:
        self.down = False
        self.known: dict[CommandId, Command] = {}

    def _ask(self) -> None:
        if self.down:
            raise StoreUnavailable("the test says so")

    def _in(self, state: CommandState, device: DeviceId | None = None) -> list[Command]:
        return [
            one
            for one in self.known.values()
            if one.state is state and device in (None, one.order.device)
        ]

    def _change(self, one: Command, state: CommandState, **changed: object) -> Command:
        changed_one = replace(one, state=state, **changed)  # type: ignore[arg-type]
        self.known[one.id] = changed_one
        return changed_one

    async def enqueue(self, order: NewCommand, most: int) -> Command:
        self._ask()
        waiting = self._in(CommandState.QUEUED, order.device)
        for one in waiting:
            if order.subject and one.order.subject == order.subject:
                self._change(one, CommandState.SUPERSEDED, ended_ms=order.issued_ms)
        if len(self._in(CommandState.QUEUED, order.device)) >= most:
            raise GatepostError("command.queue_full", "too many")
        id_ = CommandId(len(self.known) + 1)
        self.known[id_] = Command(id=id_, order=order, state=CommandState.QUEUED)
        return self.known[id_]

    async def take(self, device: DeviceId, now_ms: int) -> Command | None:
        self._ask()
        if self._in(CommandState.SENT, device):
            return None
        for one in self._in(CommandState.QUEUED, device):
            if one.order.not_after_ms >= now_ms:
                attempts = one.attempts + 1
                return self._change(one, CommandState.SENT, sent_ms=now_ms, attempts=attempts)
        return None

    async def put_back(self, command: CommandId, *, uncounted: bool = False) -> None:
        self._ask()
        one = self.known[command]
        if one.state is CommandState.SENT:
            attempts = one.attempts - uncounted
            self._change(one, CommandState.QUEUED, sent_ms=None, attempts=attempts)

    async def waiting(self) -> Sequence[DeviceId]:
        self._ask()
        busy = {one.order.device for one in self._in(CommandState.SENT)}
        return sorted({one.order.device for one in self._in(CommandState.QUEUED)} - busy)

    async def finish(
        self,
        command: CommandId,
        state: CommandState,
        code: str,
        result: Mapping[str, object] | None,
        now_ms: int,
    ) -> bool:
        self._ask()
        one = self.known[command]
        if one.state is not CommandState.SENT:
            return False
        self._change(one, state, code=code, result=result, ended_ms=now_ms)
        return True

    async def cancel(self, command: CommandId, by: str, now_ms: int) -> Command | None:
        self._ask()
        one = self.known.get(command)
        if one is not None and one.state is CommandState.QUEUED:
            return self._change(one, CommandState.CANCELLED, ended_ms=now_ms)
        return one

    async def expire(self, now_ms: int) -> Sequence[Command]:
        self._ask()
        return [
            self._change(one, CommandState.EXPIRED, ended_ms=now_ms)
            for one in self._in(CommandState.QUEUED)
            if one.order.not_after_ms < now_ms
        ]

    async def recover(self, now_ms: int) -> int:
        self._ask()
        unknown = 0
        for one in self._in(CommandState.SENT):
            if one.order.repeatable:
                self._change(one, CommandState.QUEUED)
            else:
                unknown += 1
                self._change(one, CommandState.UNKNOWN, code="restart", ended_ms=now_ms)
        return unknown

    async def show(self, command: CommandId) -> Command | None:
        self._ask()
        return self.known.get(command)

    async def list(
        self, device: DeviceId | None, *, open_only: bool, limit: int
    ) -> Sequence[Command]:
        self._ask()
        found = [
            one
            for one in reversed(self.known.values())
            if device in (None, one.order.device) and not (open_only and one.state.over)
        ]
        return found[:limit]
