"""The pool under an artificial clock: order, bounds, deadlines and what it says about waiting."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

import pytest
from gateway.matcher.pace import Pace
from gateway.matcher.pool import NEVER, Pool, Work

from gateway.domain.matching import TooLate


class Time:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Gate:
    """Work that says when it began and goes on when it may."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.go = threading.Event()

    def __call__(self) -> str:
        self.begun.set()
        assert self.go.wait(30)
        return "done"

    async def entered(self) -> None:
        assert await asyncio.to_thread(self.begun.wait, 30)


def during(pool: Pool, story: Callable[[], object]) -> None:
    async def run() -> None:
        try:
            await story()  # type: ignore[misc]
        finally:
            pool.close()

    asyncio.run(run())


async def occupied(pool: Pool) -> tuple[Gate, asyncio.Task[str]]:
    """One thread is busy until the gate is opened."""
    gate = Gate()
    task = asyncio.create_task(pool.run(Work.PICTURE, gate))
    await gate.entered()
    return gate, task


async def queued() -> None:
    """Let tasks that were made reach the queue."""
    for _ in range(3):
        await asyncio.sleep(0)


def test_the_most_urgent_goes_first_and_equals_in_their_order() -> None:
    pool = Pool(threads=1, clock=Time())
    order: list[str] = []

    async def story() -> None:
        gate, busy = await occupied(pool)
        wanted = (("late", 9.0), ("never", NEVER), ("soon", 3.0), ("soon too", 3.0))
        tasks = []
        for name, deadline in wanted:
            work = lambda name=name: order.append(name)  # noqa: E731
            tasks.append(asyncio.create_task(pool.run(Work.PICTURE, work, deadline)))
            await queued()
        gate.go.set()
        await asyncio.gather(busy, *tasks)

    during(pool, story)
    assert order == ["soon", "soon too", "late", "never"]


def test_work_whose_time_has_passed_is_never_begun() -> None:
    clock = Time()
    pool = Pool(threads=1, clock=clock)
    begun: list[str] = []

    async def story() -> None:
        gate, busy = await occupied(pool)
        late = asyncio.create_task(pool.run(Work.PICTURE, lambda: begun.append("late"), 5.0))
        well = asyncio.create_task(pool.run(Work.PICTURE, lambda: begun.append("well"), 5.1))
        await queued()
        clock.now = 5.0
        gate.go.set()
        with pytest.raises(TooLate):
            await late
        await asyncio.gather(busy, well)

    during(pool, story)
    assert begun == ["well"]


def test_a_full_queue_drops_the_least_urgent_be_it_the_new_one() -> None:
    pool = Pool(threads=1, waiting=2, clock=Time())

    async def story() -> None:
        gate, busy = await occupied(pool)
        first, last = (
            asyncio.create_task(pool.run(Work.PICTURE, lambda: "ran", deadline))
            for deadline in (1.0, 9.0)
        )
        await queued()
        with pytest.raises(TooLate):
            await pool.run(Work.PICTURE, lambda: "ran", 10.0)
        urgent = asyncio.create_task(pool.run(Work.PICTURE, lambda: "ran", 2.0))
        with pytest.raises(TooLate):
            await last
        gate.go.set()
        assert list(await asyncio.gather(busy, first, urgent)) == ["done", "ran", "ran"]

    during(pool, story)


def test_upkeep_is_never_dropped_and_waits_for_no_more_than_its_patience() -> None:
    clock = Time()
    pool = Pool(threads=1, waiting=1, clock=clock)
    order: list[str] = []

    async def story() -> None:
        gate, busy = await occupied(pool)
        kept = [asyncio.create_task(pool.keep(lambda: order.append("upkeep"))) for _ in range(5)]
        await queued()
        urgent = asyncio.create_task(pool.run(Work.PICTURE, lambda: order.append("soon"), 0.9))
        await queued()
        with pytest.raises(TooLate):
            await pool.run(Work.PICTURE, lambda: order.append("later"), 1.1)
        gate.go.set()
        await asyncio.gather(busy, urgent, *kept)
        gate, busy = await occupied(pool)
        late = asyncio.create_task(pool.run(Work.PICTURE, lambda: order.append("late"), 99.0))
        first = asyncio.create_task(pool.keep(lambda: order.append("first")))
        await queued()
        clock.now = 50.0
        gate.go.set()
        await asyncio.gather(busy, late, first)

    during(pool, story)
    assert order == ["soon", *["upkeep"] * 5, "first", "late"]


def test_cancelled_work_is_never_begun() -> None:
    pool = Pool(threads=1, clock=Time())
    begun: list[str] = []

    async def story() -> None:
        gate, busy = await occupied(pool)
        task = asyncio.create_task(pool.run(Work.PICTURE, lambda: begun.append("it")))
        await queued()
        task.cancel()
        await queued()
        gate.go.set()
        await busy
        await pool.run(Work.PICTURE, lambda: begun.append("the next"))

    during(pool, story)
    assert begun == ["the next"]


def test_what_the_work_raises_reaches_who_asked_and_harms_no_thread() -> None:
    pool = Pool(threads=1, clock=Time())

    def fails() -> None:
        raise ValueError("of this picture")

    async def story() -> None:
        for _ in range(3):
            with pytest.raises(ValueError, match="of this picture"):
                await pool.run(Work.PICTURE, fails)
        assert await pool.run(Work.PICTURE, lambda: 7) == 7

    during(pool, story)


def test_closing_ends_what_waits_and_finishes_what_runs() -> None:
    pool = Pool(threads=1, clock=Time())

    async def story() -> None:
        gate, busy = await occupied(pool)
        waits = asyncio.create_task(pool.run(Work.PICTURE, lambda: "never"))
        await queued()
        closing = asyncio.create_task(asyncio.to_thread(pool.close))
        with pytest.raises(TooLate):
            await waits
        gate.go.set()
        await closing
        assert await busy == "done"
        with pytest.raises(TooLate):
            await pool.run(Work.PICTURE, lambda: "never")

    during(pool, story)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("matcher-")]


def test_it_has_as_many_threads_as_asked_and_they_run_at_once() -> None:
    pool = Pool(threads=3, clock=Time())

    async def story() -> None:
        assert pool.size == 3
        busy = [await occupied(pool) for _ in range(3)]
        for gate, _ in busy:
            gate.go.set()
        await asyncio.gather(*(task for _, task in busy))

    during(pool, story)


def test_the_wait_is_what_runs_and_waits_laid_out_over_the_threads() -> None:
    clock = Time()
    pool = Pool(threads=2, clock=clock)

    async def story() -> None:
        own = pool.wait_s(Work.PICTURE)
        assert own == pytest.approx(0.06 + 2 * 0.03)  # the guess, until one was done
        first, second = await occupied(pool), await occupied(pool)
        assert pool.wait_s(Work.PICTURE) == pytest.approx(0.06 + own)
        clock.now = 0.02  # both have run for a third of their time
        assert pool.wait_s(Work.PICTURE) == pytest.approx(0.04 + own)
        waiting = [asyncio.create_task(pool.run(Work.PICTURE, lambda: None)) for _ in range(3)]
        await queued()
        # One thread does two of the three, so the other is free after its one.
        assert pool.wait_s(Work.PICTURE) == pytest.approx(0.04 + 0.06 + own)
        sooner = asyncio.create_task(pool.run(Work.PICTURE, lambda: None, 99.0))
        await queued()
        # Of what waits only one is as urgent as a question that cannot wait longer than that.
        assert pool.wait_s(Work.PICTURE, 100.0) == pytest.approx(0.04 + own)
        sooner.cancel()
        await queued()
        clock.now = 9.0  # longer than anybody expected: at least nothing negative
        assert pool.wait_s(Work.PICTURE) == pytest.approx(0.06 + own)
        for gate, _ in (first, second):
            gate.go.set()
        await asyncio.gather(first[1], second[1], *waiting)

    during(pool, story)


def test_kinds_have_paces_of_their_own_learned_from_work_that_succeeded() -> None:
    clock = Time()
    pool = Pool(threads=1, clock=clock)

    async def story() -> None:
        with pytest.raises(ValueError):  # noqa: PT011
            await pool.run(Work.PICTURE, lasting(clock, 0.001, fail=True))
        for _ in range(60):
            await pool.run(Work.PICTURE, lasting(clock, 0.02))
        assert pool.wait_s(Work.PICTURE) == pytest.approx(0.02, rel=1e-3)
        assert pool.wait_s(Work.IRISES) == pytest.approx(0.02)  # its guess and deviations

    during(pool, story)


def test_a_pace_follows_a_change_and_is_cautious_about_noise() -> None:
    pace = Pace(1.0)
    pace.observe(0.1, 0.0)
    assert pace.mean == 0.1
    assert pace.likely == pytest.approx(0.2)
    for _ in range(50):
        pace.observe(0.3, 0.0)
    assert pace.mean == pytest.approx(0.3, rel=0.01)
    for seconds in (0.2, 0.4) * 25:
        pace.observe(seconds, 0.0)
    assert 0.4 < pace.likely < 0.6


def test_a_pace_forgets_one_slow_run_while_nothing_runs() -> None:
    """Else one stop of the machine would have every later question refused for good."""
    pace = Pace(0.06)
    for _ in range(20):
        pace.observe(0.03, 0.0)
    usual = pace.likely
    pace.observe(2.0, 10.0)
    slow = pace.likely
    assert slow > 1.0
    pace.relax(11.0)
    assert pace.likely == slow, "a second without a run is nothing unusual"
    pace.relax(12.0)
    assert pace.likely == pytest.approx((slow + usual) / 2, rel=0.1)
    pace.relax(12.0)
    assert pace.likely == pytest.approx((slow + usual) / 2, rel=0.1), "time passes once"
    pace.relax(25.0)
    assert pace.likely == pytest.approx(0.06, rel=0.1)
    pace.observe(0.03, 25.1)
    assert pace.likely < 0.1


def test_after_a_stop_of_the_machine_questions_are_begun_again() -> None:
    clock = Time()
    pool = Pool(threads=1, clock=clock)

    async def story() -> None:
        for seconds in (0.03, 0.03, 5.0):
            await pool.run(Work.PICTURE, lasting(clock, seconds))
        assert pool.wait_s(Work.PICTURE) > 1.0
        clock.now += 10.0
        assert pool.wait_s(Work.PICTURE) < 0.1

    during(pool, story)


def test_what_runs_for_long_is_not_forgotten_meanwhile() -> None:
    clock = Time()
    pool = Pool(threads=2, clock=clock)

    async def story() -> None:
        for seconds in (0.03, 5.0):
            await pool.run(Work.PICTURE, lasting(clock, seconds))
        before = pool.wait_s(Work.PICTURE)
        gate, running = await occupied(pool)
        clock.now += 20.0
        assert pool.wait_s(Work.PICTURE) == pytest.approx(before)
        gate.go.set()
        await running

    during(pool, story)


def lasting(clock: Time, seconds: float, fail: bool = False) -> Callable[[], None]:
    def work() -> None:
        clock.now += seconds
        if fail:
            raise ValueError

    return work
