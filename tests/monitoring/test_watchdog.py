from __future__ import annotations

import threading
import time
from collections.abc import Callable

from gateway.monitoring.watchdog import PERIOD_S, Blockage, LagMeter, Watchdog


class Timer:
    def __init__(self) -> None:
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


class FakeLoop:
    """A loop whose time is moved by hand."""

    def __init__(self) -> None:
        self.now = 100.0
        self.pending: list[tuple[float, Callable[[], object], Timer]] = []

    def call_later(self, delay: float, callback: Callable[[], object], /) -> Timer:
        timer = Timer()
        self.pending.append((self.now + delay, callback, timer))
        return timer

    def run_next(self, late: float) -> None:
        due, callback, _ = self.pending.pop(0)
        self.now = due + late
        callback()


def test_lateness_is_measured_and_measured_again() -> None:
    loop = FakeLoop()
    seen: list[float] = []
    meter = LagMeter(loop, seen.append, monotonic=lambda: loop.now)
    for late in (0.0, 0.5, 3.0):
        loop.run_next(late)
    assert seen == [0.0, 0.5, 3.0]
    assert meter.last_tick == loop.now
    (_, _, timer) = loop.pending[0]
    meter.stop()
    assert timer.cancelled


def test_a_timer_that_comes_early_is_not_negative_lag() -> None:
    loop = FakeLoop()
    seen: list[float] = []
    LagMeter(loop, seen.append, monotonic=lambda: loop.now)
    loop.run_next(-0.125)
    assert seen == [0.0]


def test_each_blockage_is_reported_once_and_only_beyond_the_limit() -> None:
    blockage = Blockage(limit_s=1.0)
    tick = 100.0
    assert blockage.check(tick, tick + PERIOD_S + 1.0) is None
    assert blockage.check(tick, tick + PERIOD_S + 1.5) == 1.5
    assert blockage.check(tick, tick + PERIOD_S + 9.0) is None
    assert blockage.check(tick + 20, tick + 20.1) is None
    assert blockage.check(tick + 20, tick + 20 + PERIOD_S + 2.0) == 2.0


def block_until(reported: threading.Event) -> bool:
    """Stand in for work that holds the loop's thread."""
    return reported.wait(10)


def test_the_stack_of_a_blocked_loop_is_reported_while_it_is_blocked() -> None:
    loop = FakeLoop()
    loop.now = time.monotonic()
    reports: list[tuple[float, str]] = []
    reported = threading.Event()

    def report(seconds: float, stack: str) -> None:
        reports.append((seconds, stack))
        reported.set()

    watchdog = Watchdog(LagMeter(loop, lambda _: None), report, limit_s=0.0)
    try:
        assert block_until(reported)
    finally:
        watchdog.stop()
    seconds, stack = reports[0]
    assert seconds > 0.0
    assert "in block_until" in stack
