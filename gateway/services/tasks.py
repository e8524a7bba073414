"""Background work that nobody awaits: kept alive, its failures logged, ended on stop."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine

from gateway.domain.ports import Log


class Tasks:
    """Holds the references that asyncio does not, so that no task vanishes half done."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._running: set[asyncio.Task[None]] = set()

    def spawn(self, work: Coroutine[object, object, None], name: str) -> asyncio.Task[None]:
        """Start work; an exception in it is a bug of ours and is logged as such."""
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._running.add(task)
        task.add_done_callback(self._done)
        return task

    async def settle(self, timeout_s: float) -> None:
        """Wait for what runs, at most ``timeout_s``, then cancel the rest."""
        if not self._running:
            return
        _, late = await asyncio.wait(self._running, timeout=timeout_s)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._log.error("gateway.task_failed", task=task.get_name(), error=repr(error))
