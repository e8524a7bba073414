"""One look a second at every connection."""

from __future__ import annotations

import asyncio

from gateway.protocols.clock import read_clock
from gateway.protocols.sweep import SLICE, STALL, Sweep

from gateway.domain.times import OLDEST_PLAUSIBLE_MS, Instant
from tests.support.network import HandClock


class Patient:
    """A session with one deadline."""

    def __init__(self, due: float) -> None:
        self.due = due
        self.expired: list[float] = []
        self.asked = 0

    def overdue(self, mono: float) -> bool:
        self.asked += 1
        return mono >= self.due

    def expire(self, now: Instant) -> None:
        self.expired.append(now.mono)
        self.due = float("inf")

    def forgive(self, seconds: float) -> None:
        self.due += seconds


def test_only_what_is_overdue_is_told_and_all_are_asked_once() -> None:
    clock = HandClock()
    sessions = [Patient(1000.0 + number) for number in range(100)]
    after: list[int] = []
    sweep = Sweep(sessions, clock, lambda: after.append(1))
    sweep.run()
    clock.pass_(1.0)
    sweep.run()
    assert [session.expired for session in sessions[:3]] == [[1000.0], [1001.0], []]
    assert {session.asked for session in sessions} == {2}
    assert len(after) == 2


def test_a_late_sweep_forgives_the_time_it_was_late() -> None:
    clock = HandClock()
    session = Patient(1010.0)
    sweep = Sweep([session], clock, lambda: None)
    sweep.run()
    clock.pass_(1.0 + STALL)  # late, but the process did not stand still
    sweep.run()
    assert (session.asked, session.due) == (2, 1010.0)
    clock.pass_(101.0)
    sweep.run()
    assert (session.asked, session.due, session.expired) == (2, 1110.0, [])
    clock.pass_(1.0)
    sweep.run()
    assert session.expired == []
    clock.pass_(2.0)
    sweep.run()
    assert session.expired == [1110.0]


def test_the_machines_clock_moves_forward() -> None:
    first, second = read_clock(), read_clock()
    assert second.mono >= first.mono
    assert second.wall > OLDEST_PLAUSIBLE_MS


def test_a_crowd_is_looked_at_in_slices_and_the_loop_runs_between() -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        sessions = [Patient(0.0) for _ in range(2 * SLICE + 1)]
        done = loop.create_future()
        sweep = Sweep(sessions, read_clock, lambda: done.set_result(None))
        between: list[int] = []

        def count() -> None:
            asked = sum(session.asked for session in sessions)
            if 0 < asked < len(sessions):
                between.append(asked)
            if not done.done():
                loop.call_soon(count)

        count()
        sweep.start(loop)
        await done
        sweep.stop()
        assert {SLICE, 2 * SLICE} <= set(between)
        assert [len(session.expired) for session in sessions] == [1] * len(sessions)

    asyncio.run(main())
