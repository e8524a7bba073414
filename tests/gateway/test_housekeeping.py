from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, cast

import pytest
from gateway.monitoring.deafness import Deafness
from gateway.monitoring.presence import PresenceTable

from gateway import housekeeping
from gateway.domain.filings import FilingRules
from gateway.domain.firmware import Running
from gateway.domain.ids import DeviceId, PersonId, ProjectId
from gateway.domain.leavers import Leaver
from gateway.domain.times import Instant
from gateway.housekeeping import Housekeeping
from gateway.services.assembly import assemble
from gateway.services.captures import Inbox, InboxLimits
from gateway.services.command.service import CommandLimits
from gateway.services.common import DeskLimits
from gateway.services.filing import FilingWatch
from gateway.services.leaving import Leaving
from gateway.services.retention import Retention, RetentionLimits
from tests.support.captures import FakeStore
from tests.support.filings import MemoryFilings
from tests.support.orders import MemoryCommands
from tests.support.reports import NOW, device, directory
from tests.support.sessions import SilentLog
from tests.support.stores import MemoryStore
from tests.support.waiting import until


class Store(MemoryStore):
    """The memory store with what only housekeeping asks for."""

    def __init__(self) -> None:
        super().__init__()
        self.available = True
        self.kept: dict[DeviceId, int] = {}
        self.bugs = 0

    async def prepare(self) -> None:
        self._ask()

    async def reserve_ids(self, count: int) -> range:
        self.bugs -= 1
        if self.bugs >= 0:
            raise ZeroDivisionError
        return await super().reserve_ids(count)

    async def keep_contacts(self, contacts: Sequence[tuple[DeviceId, int]]) -> None:
        self._ask()
        self.kept.update(contacts)


class Expired:
    """Stores of photos and templates that only note what they were asked to erase."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    async def erase_before(self, kept_ms: int) -> int:
        self.asked.append(kept_ms)
        return 0

    async def erase_lapsed(self, ended_ms: int) -> set[tuple[ProjectId, PersonId]]:
        self.asked.append(ended_ms)
        return set()


class Firmwares:
    """Remembers what it is given, where the database is there."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.kept: list[tuple[DeviceId, Running]] = []

    async def all(self) -> Mapping[DeviceId, Running]:
        return {}

    async def keep(self, changes: Sequence[tuple[DeviceId, Running]], now_ms: int) -> None:
        self.store._ask()
        self.kept += changes


class Nobody:
    """A city-wide gallery nobody is in."""

    async def erase_lapsed(self, ended_ms: int) -> set[PersonId]:
        del ended_ms
        return set()


class Everybody:
    """Nobody has to leave a terminal."""

    async def leavers(self, now_ms: int, tried_ms: int, most: int) -> Sequence[Leaver]:
        del now_ms, tried_ms, most
        return []


class House:
    """Housekeeping over fakes, with a clock that a test moves."""

    def __init__(self) -> None:
        self.now = NOW
        self.store = Store()
        self.log = SilentLog()
        self.presence = PresenceTable(started=NOW.mono - 1, default_cadence_s=30)
        services = assemble(
            directory=directory(),
            store=self.store,
            presence=self.presence,
            log=self.log,
            clock=lambda: self.now,
            limits=DeskLimits(),
            commands=MemoryCommands(),
            command_limits=CommandLimits(),
        )
        self.captures = FakeStore()
        self.expired = Expired()
        self.filings = MemoryFilings()
        self.firmwares = Firmwares(self.store)
        self.keeping = Housekeeping(
            services=services,
            inbox=Inbox(self.captures, InboxLimits(), services.common.tasks, self.log),
            store=cast(Any, self.store),
            firmwares=self.firmwares,
            presence=self.presence,
            deafness=Deafness(self.presence),
            retention=Retention(
                photos=self.expired,
                galleries=self.expired,
                city=Nobody(),
                limits=RetentionLimits(),
                watch=None,
                log=self.log,
            ),
            filing=FilingWatch(self.filings, FilingRules(warn=2, duty=3), self.log),
            leaving=Leaving(Everybody(), services.commands, lambda: self.now, self.log),
            clock=lambda: self.now,
            log=self.log,
        )

    def later(self, seconds: float) -> None:
        self.now = Instant(self.now.mono + seconds, self.now.wall + round(seconds * 1000))


def run(test: Callable[[House], Awaitable[None]]) -> None:
    async def main() -> None:
        await test(House())

    asyncio.run(main())


def test_a_bug_in_one_duty_ends_neither_it_nor_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(housekeeping, "TICK_S", 0)

    async def body(house: House) -> None:
        house.store.bugs = 3
        house.store.available = False
        ingest = house.keeping.services.ingest
        task = asyncio.create_task(house.keeping.run())
        await until(lambda: ingest.ids_left > 0, "ids are drawn")
        assert not ingest.available
        assert len(house.log.named("gateway.task_failed")) == 3
        assert house.log.named("gateway.task_failed")[0]["task"] == "top_up"
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    run(body)


def test_a_duty_that_waits_for_the_database_does_not_hold_up_presence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(housekeeping, "TICK_S", 0)
    monkeypatch.setattr(housekeeping, "FLUSH_EVERY", 0)

    async def body(house: House) -> None:
        waiting = asyncio.Event()

        async def hang(contacts: object) -> None:
            waiting.set()
            await asyncio.Event().wait()

        house.store.keep_contacts = hang  # type: ignore[method-assign]
        slot = house.presence.attach(device())
        house.presence.touch(slot, house.now.mono)
        task = asyncio.create_task(house.keeping.run())
        await waiting.wait()
        house.store.available = False
        await until(lambda: not house.keeping.services.ingest.available, "it still looks")
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    run(body)


def test_contacts_made_while_the_database_was_away_are_kept_afterwards() -> None:
    async def body(house: House) -> None:
        slot = house.presence.attach(device())
        house.presence.touch(slot, house.now.mono)
        heard_ms = house.now.wall
        house.store.down = True
        house.later(5)
        await house.keeping.last_flush()
        assert house.log.named("gateway.duty_postponed")
        house.later(600)
        house.store.down = False
        await house.keeping.last_flush()
        assert house.store.kept == {DeviceId(1): heard_ms}
        house.store.kept.clear()
        house.later(5)
        await house.keeping.last_flush()
        assert house.store.kept == {}

    run(body)


def test_what_is_biometric_is_looked_at_from_the_start_on() -> None:
    async def test(house: House) -> None:
        await house.keeping.begin()
        wall = house.now.wall
        assert house.expired.asked == [wall - 7 * 86_400_000, wall - 30 * 86_400_000]

    run(test)


def test_a_firmware_is_persisted_once_and_again_after_an_outage() -> None:
    async def main() -> None:
        house = House()
        terminal = house.keeping.services.common.terminals.meet(device())
        for version in ("1.0", "1.1"):
            terminal.firmware, terminal.firmware_moved = Running(version=version), True
            house.store.down = True
            await house.keeping._attempt(house.keeping.keep_firmwares)
            house.store.down = False
            await house.keeping.keep_firmwares()
            await house.keeping.keep_firmwares()
        assert [one.version for _, one in house.firmwares.kept] == ["1.0", "1.1"]

    asyncio.run(main())


def test_the_start_counts_the_people_whose_faces_are_stored() -> None:
    async def test(house: House) -> None:
        house.filings.count = 3
        await house.keeping.begin()
        assert house.filings.duty is not None
        assert house.log.named("people.filing_due")[0]["people"] == 3

    run(test)
