"""A fixed number of threads for work that would block the loop, the most urgent first.

The queue is bounded. Where it is full, the work with the latest deadline gives way, be it the new
one; work whose deadline passed while it waited is not begun. Both end in `TooLate`. Upkeep is
outside of that: a removal that was dropped would leave somebody in who was to be forgotten.
"""

from __future__ import annotations

import asyncio
import heapq
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, TypeVar

from gateway.matcher.pace import Pace

from gateway.domain.matching import TooLate

T = TypeVar("T")

NEVER = float("inf")
"""Deadline of work that may wait."""
PATIENCE = 1.0
"""Seconds that upkeep stands back behind what is more urgent."""


class Work(Enum):
    """Kinds of work that take differently long; the value guesses seconds until one was done."""

    PICTURE = 0.06
    FACE_TEMPLATES = 0.002
    IRISES = 0.01
    UPKEEP = 0.05


@dataclass(order=True, slots=True)
class _Job:
    turn: float
    number: int
    deadline: float = field(compare=False)
    kind: Work = field(compare=False)
    work: Callable[[], Any] = field(compare=False)
    loop: asyncio.AbstractEventLoop = field(compare=False)
    future: asyncio.Future[Any] = field(compare=False)


class Pool:
    """Threads that run for one event loop's coroutines; close it before the loop ends."""

    def __init__(
        self, *, threads: int = 0, waiting: int = 64, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """``threads`` is the number of usable processors if 0; deadlines are times of ``clock``."""
        self._clock = clock
        self._most = waiting
        self._waiting: list[_Job] = []
        self._running: dict[int, tuple[Work, float]] = {}
        self._paces = {kind: Pace(kind.value) for kind in Work}
        self._changed = threading.Condition()
        self._closed = False
        self._number = 0
        self._threads = [
            threading.Thread(target=self._serve, args=(at,), name=f"matcher-{at}", daemon=True)
            for at in range(threads or len(os.sched_getaffinity(0)))
        ]
        for thread in self._threads:
            thread.start()

    @property
    def size(self) -> int:
        """How many threads there are."""
        return len(self._threads)

    def now(self) -> float:
        """Return the time that deadlines are measured in, in seconds."""
        return self._clock()

    async def run(self, kind: Work, work: Callable[[], T], deadline: float = NEVER) -> T:
        """Return what ``work`` returns; raises what it raises, or TooLate."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        with self._changed:
            self._number += 1
            turn = self._clock() + PATIENCE if kind is Work.UPKEEP else deadline
            job = _Job(turn, self._number, deadline, kind, work, loop, future)
            heapq.heappush(self._waiting, job)
            dropped = self._make_room()
            self._changed.notify()
        if dropped is not None:
            _settle(dropped.future, None, TooLate())
        try:
            return await future
        except asyncio.CancelledError:
            self._withdraw(job)
            raise

    async def keep(self, work: Callable[[], T]) -> T:
        """Return what upkeep returns; it is never dropped, and has its turn within a second or so.

        Raises what it raises, and TooLate only once the pool is closed.
        """
        return await self.run(Work.UPKEEP, work)

    def wait_s(self, kind: Work, deadline: float = NEVER) -> float:
        """Estimate after how many seconds work handed over now would be done, itself included.

        What runs, and what waits and is as urgent, is laid out over the threads by the mean of its
        kind; for the new work itself two mean deviations are added.
        """
        now = self._clock()
        with self._changed:
            under_way = {running for running, _ in self._running.values()}
            for known, pace in self._paces.items():
                if known not in under_way:
                    pace.relax(now)
            free = [
                max(0.0, self._paces[running].mean - (now - begun))
                for running, begun in self._running.values()
            ]
            free += [0.0] * (len(self._threads) - len(free))
            heapq.heapify(free)
            ahead = (job for job in self._waiting if job.turn <= deadline)
            for job in sorted(ahead):
                heapq.heapreplace(free, free[0] + self._paces[job.kind].mean)
            return free[0] + self._paces[kind].likely

    def close(self) -> None:
        """Drop what waits, wait for what runs, end the threads."""
        with self._changed:
            self._closed = True
            dropped, self._waiting = self._waiting, []
            self._changed.notify_all()
        for job in dropped:
            _tell(job, None, TooLate())
        for thread in self._threads:
            thread.join()

    def _make_room(self) -> _Job | None:
        """Take out what must give way to the work just put in, which may be that itself."""
        if self._closed:
            return self._waiting.pop()  # closing emptied the queue, so it is the new one
        bounded = [job for job in self._waiting if job.kind is not Work.UPKEEP]
        if len(bounded) <= self._most:
            return None
        last = max(bounded)
        self._waiting.remove(last)
        heapq.heapify(self._waiting)
        return last

    def _withdraw(self, job: _Job) -> None:
        """Take out work that nobody waits for any more: it would count as waiting."""
        with self._changed:
            if job in self._waiting:
                self._waiting.remove(job)
                heapq.heapify(self._waiting)

    def _serve(self, at: int) -> None:
        while (job := self._next(at)) is not None:
            result: Any = None
            error: BaseException | None = None
            began = self._clock()
            try:
                result = job.work()
            except BaseException as raised:  # it belongs to whoever asked
                error = raised
            with self._changed:
                del self._running[at]
                if error is None:
                    now = self._clock()
                    self._paces[job.kind].observe(now - began, now)
            _tell(job, result, error)

    def _next(self, at: int) -> _Job | None:
        """Wait for work that is still wanted and note that it runs; None once closed."""
        while True:
            with self._changed:
                while not self._waiting:
                    if self._closed:
                        return None
                    self._changed.wait()
                job = heapq.heappop(self._waiting)
                now = self._clock()
                if now < job.deadline and not job.future.cancelled():
                    self._running[at] = (job.kind, now)
                    return job
            _tell(job, None, TooLate())


def _tell(job: _Job, result: Any, error: BaseException | None) -> None:
    """Hand a result over to the loop's thread; one that ended meanwhile wants none."""
    with suppress(RuntimeError):  # the loop is closed
        job.loop.call_soon_threadsafe(_settle, job.future, result, error)


def _settle(future: asyncio.Future[Any], result: Any, error: BaseException | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)
