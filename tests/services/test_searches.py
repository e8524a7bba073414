"""Holes are searched for while there is a way, until somebody says what is there."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from gateway.domain.commands import Outcome, OutcomeBase
from gateway.domain.events import RecordReported
from gateway.domain.ids import DeviceId
from gateway.domain.maintenance import SearchOutcome, SearchRecords
from gateway.domain.times import Instant
from gateway.domain.vocabulary import Lane
from gateway.services.assembly import Services, assemble
from gateway.services.command.service import CommandLimits
from gateway.services.common import DeskLimits
from gateway.services.searches import SearchLimits
from tests.support.desks import CountingPresence
from tests.support.orders import MemoryCommands
from tests.support.reports import NOW, device, directory, passage
from tests.support.sessions import RecordingSession, SilentLog
from tests.support.stores import MemoryStore

HOLE = (0, 1866, 1868)


class Bench:
    """Services whose terminal is dialled, and a clock that is set."""

    def __init__(self, **limits: Any) -> None:
        self.now, self.way, self.log = NOW, RecordingSession(1), SilentLog()
        self.there = True
        self.commands = MemoryCommands()
        self.services: Services = assemble(
            directory=directory(),
            store=MemoryStore(),
            presence=CountingPresence(),
            log=self.log,
            clock=lambda: self.now,
            limits=DeskLimits(spacing_s=0.0),
            commands=self.commands,
            command_limits=CommandLimits(),
            search_limits=SearchLimits(**limits),
            dialled=lambda _: self.way if self.there else None,
        )
        self.searches = self.services.searches

    async def later(self, seconds: float) -> None:
        self.now = Instant(self.now.mono + seconds, self.now.wall + round(seconds * 1000))
        await self.services.commands.review()
        self.searches.review()
        for _ in range(12):
            await asyncio.sleep(0)

    @property
    def asked(self) -> list[tuple[int, int]]:
        orders = [one for one in self.way.submitted if isinstance(one, SearchRecords)]
        return [(one.first, one.last) for one in orders]

    async def end(self, outcome: Outcome, code: str = "ok", found: int = 0) -> None:
        order = self.way.submitted[-1]
        assert isinstance(order, SearchRecords)
        said: OutcomeBase = SearchOutcome(
            ticket=order.ticket, outcome=outcome, code=code, found=found
        )
        self.services.commands.outcome(DeviceId(1), said)
        await self.later(0)

    def told(self, hole: tuple[int, int, int] = HOLE) -> None:
        self.searches.told(DeviceId(1), hole)


def run(test: Callable[[Bench], Awaitable[None]], **limits: Any) -> Bench:
    async def main() -> Bench:
        bench = Bench(**limits)
        await test(bench)
        return bench

    return asyncio.run(main())


def test_a_hole_is_searched_for_after_a_while_and_closed_by_what_is_found() -> None:
    async def test(bench: Bench) -> None:
        bench.told()
        await bench.later(9)
        assert bench.asked == []
        await bench.later(1)
        assert bench.asked == [(1866, 1868)]
        await bench.end(Outcome.DONE, found=3)
        await bench.later(10_000)

    bench = run(test)
    assert bench.asked == [(1866, 1868)]
    assert bench.searches.open == 0
    [said] = bench.log.named("record.gap_searched")
    assert (said["first"], said["last"], said["found"]) == (1866, 1868, 3)


def test_a_hole_in_which_the_terminal_has_nothing_is_said_to_stay() -> None:
    async def test(bench: Bench) -> None:
        bench.told()
        await bench.later(10)
        await bench.end(Outcome.DONE)

    bench = run(test)
    assert bench.log.named("record.gap_unanswered")[0]["code"] == "nothing_found"
    assert bench.services.common.tally.gaps_unanswered == 1


@pytest.mark.parametrize("code", ["deferred", "busy", "locked"])
def test_what_may_go_better_is_tried_again_with_ever_longer_pauses(code: str) -> None:
    async def test(bench: Bench) -> None:
        bench.told()
        await bench.later(10)
        for pause in (20, 40, 80):
            await bench.end(Outcome.REFUSED, code)
            before = len(bench.asked)
            await bench.later(pause - 1)
            assert len(bench.asked) == before
            await bench.later(1)
            assert len(bench.asked) == before + 1

    assert run(test).searches.open == 1


def test_after_so_many_attempts_a_hole_is_left_and_said_to_stay() -> None:
    async def test(bench: Bench) -> None:
        bench.told()
        for _ in range(3):
            await bench.later(60)
            await bench.end(Outcome.REFUSED, "busy")

    bench = run(test, attempts=3, longest_s=60.0)
    assert bench.searches.open == 0
    assert bench.log.named("record.gap_unanswered")[0]["code"] == "busy"


def test_a_terminal_that_cannot_search_is_asked_once() -> None:
    async def test(bench: Bench) -> None:
        bench.told()
        await bench.later(10)
        await bench.end(Outcome.REFUSED, "unsupported")
        await bench.later(10_000)

    bench = run(test)
    assert len(bench.asked) == 1
    assert bench.log.named("record.gap_unanswered")[0]["code"] == "unsupported"


def test_without_a_way_a_hole_waits_and_costs_no_attempt() -> None:
    async def test(bench: Bench) -> None:
        bench.there = False
        bench.told()
        for _ in range(100):
            await bench.later(3600)
        assert bench.commands.known == {}
        bench.there = True
        await bench.later(5)

    assert run(test).asked == [(1866, 1868)]


def test_holes_are_searched_one_after_the_other_and_never_grow_without_bound() -> None:
    async def test(bench: Bench) -> None:
        for at in range(10):
            bench.told((0, 10 * at + 1, 10 * at + 5))
        bench.told((0, 1, 5))
        assert bench.searches.open == 4
        for _ in range(4):
            await bench.later(10)
            await bench.end(Outcome.DONE, found=1)

    assert run(test, holes=4).asked == [(1, 5), (11, 15), (21, 25), (1, 95)]


def test_an_order_nobody_heard_the_end_of_is_given_again() -> None:
    async def test(bench: Bench) -> None:
        bench.told()
        await bench.later(10)
        bench.commands.down = True
        order = bench.way.submitted[-1]
        assert isinstance(order, SearchRecords)
        said = SearchOutcome(ticket=order.ticket, outcome=Outcome.DONE, code="ok", found=1)
        bench.services.commands.outcome(DeviceId(1), said)
        for _ in range(12):
            await asyncio.sleep(0)
        bench.commands.down = False
        await bench.services.commands.begin()  # as a restart would take it up
        await bench.later(4000)
        await bench.later(20)

    assert len(run(test).asked) >= 2


def test_a_told_gap_reaches_the_search_by_the_way_of_the_record() -> None:
    async def test(bench: Bench) -> None:
        bench.services.common.terminals.meet(device())
        bench.services.ingest.add_ids(await MemoryStore().reserve_ids(100))
        committer = asyncio.create_task(bench.services.committer.run())
        session = RecordingSession(1)

        async def record(event: RecordReported) -> None:
            bench.services.desk.record(session, event, bench.now)
            for _ in range(12):
                await asyncio.sleep(0)

        live = {"series": 0, "lane": Lane.LIVE}
        await record(passage(1865, follows=1864, device_ms=1, **live))
        await record(passage(1869, follows=1868, device_ms=2, **live))
        await bench.later(10)
        bench.services.committer.stop()
        await committer

    assert run(test).asked == [(1866, 1868)]
