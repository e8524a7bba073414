"""The command service over an artificial clock, with a terminal that does as a test says."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from gateway.domain.command_queue import CommandId, CommandState
from gateway.domain.commands import CommandOutcome, DoorState, Outcome
from gateway.domain.ids import DeviceId, Ticket
from gateway.domain.times import Instant
from gateway.services.command.service import CommandLimits, Commands
from gateway.services.tasks import Tasks
from tests.support.orders import MemoryCommands
from tests.support.sessions import RecordingSession, SilentLog

GATE, OTHER = DeviceId(1), DeviceId(2)
NOW = Instant(1000.0, 1_788_325_456_000)


OPEN = {"door": 1, "action": "pulse"}


@dataclass
class Bench:
    """Commands over an in-memory store, two terminals and a clock that a test moves."""

    store: MemoryCommands
    commands: Commands
    log: SilentLog
    sessions: dict[DeviceId, RecordingSession]
    now: Instant = NOW

    def connect(self, device: DeviceId = GATE) -> RecordingSession:
        session = self.sessions[device] = RecordingSession(device)
        self.commands.kick(device)
        return session

    async def open(self, device: DeviceId = GATE, within_s: float = 60.0) -> CommandId:
        given = await self.commands.give(
            device, "door", OPEN, by="guard", reason="delivery", within_s=within_s
        )
        await self.settle()
        return given.id

    async def ask(self) -> CommandId:
        given = await self.commands.give(
            GATE, "config_read", {}, by="guard", reason="", within_s=60.0
        )
        await self.settle()
        return given.id

    async def answer(self, number: int, outcome: Outcome, code: str = "ok") -> None:
        said = CommandOutcome(
            ticket=Ticket(number), outcome=outcome, code=code, door=DoorState.OPEN
        )
        self.commands.outcome(GATE, said)
        await self.settle()

    def later(self, seconds: float) -> None:
        self.now = Instant(self.now.mono + seconds, self.now.wall + round(seconds * 1000))

    async def settle(self) -> None:
        for _ in range(12):
            await asyncio.sleep(0)

    def state(self, number: CommandId) -> CommandState:
        return self.store.known[number].state


def play(test: Callable[[Bench], Awaitable[None]], **limits: float) -> Bench:
    async def main() -> Bench:
        log, store = SilentLog(), MemoryCommands()
        bench: Bench
        commands = Commands(
            store,
            lambda device: bench.sessions.get(device),
            Tasks(log),
            log,
            lambda: bench.now,
            CommandLimits(**limits),  # type: ignore[arg-type]
        )
        bench = Bench(store, commands, log, {})
        await test(bench)
        assert bench.log.named("gateway.task_failed") == []
        return bench

    return asyncio.run(main())
