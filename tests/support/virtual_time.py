"""An event loop whose clock jumps to the next timer instead of waiting for it.

Hours pass in milliseconds and every run is the same: what happens at which moment depends on the
code alone. Nothing in it may wait for a socket; what is given to a thread is done at once.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from typing import Any, TypeVar, TypeVarTuple

from gateway.domain.times import Instant
from tests.support.reports import NOW

T = TypeVar("T")
Given = TypeVarTuple("Given")


class _Impatient(selectors.SelectSelector):
    """Never blocks; what it was asked to wait for has passed on the loop's clock."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW.mono

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready and timeout is None:
            raise AssertionError("everybody waits for something that will never happen")
        if not ready:
            self.now += timeout or 0.0
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """Time begins at `NOW`."""

    def __init__(self) -> None:
        self._impatient = _Impatient()
        super().__init__(self._impatient)

    def time(self) -> float:
        return self._impatient.now

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[*Given], T], *args: *Given
    ) -> asyncio.Future[T]:
        done: asyncio.Future[T] = self.create_future()
        try:
            done.set_result(func(*args))
        except Exception as error:
            done.set_exception(error)
        return done

    def pass_time(self, seconds: float) -> None:
        """Let the clock run on while nothing else does, as in a long computation."""
        self._impatient.now += seconds


def clock() -> Instant:
    """Read the running loop's clock; the wall clock goes with it."""
    mono = asyncio.get_running_loop().time()
    return Instant(mono, NOW.wall + round((mono - NOW.mono) * 1000))


def run_virtually(main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on a loop of its own."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main)
