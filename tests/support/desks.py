"""A whole desk over the in-memory store, as the application wires it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from gateway.domain.directory import Device, Directory
from gateway.domain.events import LoginProved, StoredSeries
from gateway.domain.times import Instant
from gateway.services.assembly import Services, assemble
from gateway.services.command.service import CommandLimits
from gateway.services.common import DeskLimits
from tests.support.orders import MemoryCommands
from tests.support.reports import EPOCH, NOW, directory
from tests.support.sessions import RecordingSession, SilentLog
from tests.support.stores import MemoryStore


class CountingPresence:
    """Hands out slots and remembers touches."""

    def __init__(self) -> None:
        self.slots: dict[int, int] = {}
        self.touched: list[tuple[int, float]] = []
        self.beats: list[tuple[int, float]] = []
        self.gone: list[int] = []

    def attach(self, device: Device) -> int:
        return self.slots.setdefault(device.id, len(self.slots))

    def beat(self, device: Device, slot: int, mono: float) -> None:
        assert self.slots[device.id] == slot
        self.beats.append((slot, mono))

    def touch(self, slot: int, mono: float) -> None:
        self.touched.append((slot, mono))

    def disconnected(self, slot: int, mono: float) -> None:
        self.gone.append(slot)


@dataclass
class Bench:
    """What a test of the services needs at hand."""

    services: Services
    store: MemoryStore
    presence: CountingPresence
    log: SilentLog
    now: Instant = NOW
    """What the services' own clock shows."""

    async def login(
        self, first: int = 1, last: int = 0, serial: str = "YLS-00000001"
    ) -> RecordingSession:
        session = RecordingSession()
        event = LoginProved(
            serial=self.services.desk.directory.devices[serial].serial,  # type: ignore[index]
            model="FACE-IRIS-A",
            stores=(StoredSeries(series=EPOCH, first=first, last=last),),
        )
        self.services.desk.login(session, event, "192.0.2.1", NOW)
        await self.settle()
        return session

    async def settle(self) -> None:
        """Let every piece of background work finish; the in-memory store never really waits."""
        for _ in range(12):
            await asyncio.sleep(0)


def run(
    test: Callable[[Bench], Awaitable[None]], known: Directory | None = None, **limits: int
) -> Bench:
    """Run a test against freshly assembled services, with the committer going."""

    async def main() -> Bench:
        store, log, presence = MemoryStore(), SilentLog(), CountingPresence()
        bench: Bench
        services = assemble(
            directory=known or directory(),
            store=store,
            presence=presence,
            log=log,
            clock=lambda: bench.now,
            limits=DeskLimits(spacing_s=0.0, **limits),
            commands=MemoryCommands(),
            command_limits=CommandLimits(),
        )
        services.ingest.add_ids(await store.reserve_ids(1_000))
        bench = Bench(services, store, presence, log)
        committer = asyncio.create_task(services.committer.run())
        await test(bench)
        services.committer.stop()
        await committer
        return bench

    return asyncio.run(main())
