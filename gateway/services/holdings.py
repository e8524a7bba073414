"""What the store holds of the terminals that log in: one question for all who ask together.

After a restart a whole city logs in at once, and a question to the database costs more than the
rest of a login. Owns nothing but who waits.
"""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from gateway.domain.ports import RecordStore, SeriesWanted
from gateway.domain.requests import HeldSeries
from gateway.services.tasks import Tasks

MOST_TOGETHER = 16
"""Series in one question: it may not take longer than the database may."""
MOST_AT_ONCE = 2
"""Questions on their way: a slow one holds up only who is in it. The fewer there are, the more
logins share the next."""


class _Waiter(NamedTuple):
    wanted: SeriesWanted
    answer: asyncio.Future[HeldSeries]


class Holdings:
    """Gathers those who wait while questions are on their way; there is no timer."""

    def __init__(self, store: RecordStore, tasks: Tasks) -> None:
        self._store = store
        self._tasks = tasks
        self._waiting: list[_Waiter] = []
        self._starting = False
        self._asking = 0

    async def of(self, wanted: SeriesWanted) -> HeldSeries:
        """Return what is held of one series; raises what the store raises."""
        waiter = _Waiter(wanted, asyncio.get_running_loop().create_future())
        self._waiting.append(waiter)
        if not self._starting and self._asking < MOST_AT_ONCE:
            self._starting = True  # until its turn comes, everybody who asks may join
            self._tasks.spawn(self._ask_all(), "held numbers")
        return await waiter.answer

    async def _ask_all(self) -> None:
        self._starting = False
        self._asking += 1
        try:
            while self._waiting:
                together = self._waiting[:MOST_TOGETHER]
                del self._waiting[:MOST_TOGETHER]
                await self._ask(together)
        finally:
            self._asking -= 1

    async def _ask(self, together: list[_Waiter]) -> None:
        try:
            found = await self._store.held([waiter.wanted for waiter in together])
        except Exception as error:
            for waiter in together:
                if not waiter.answer.done():  # its login may have been given up meanwhile
                    waiter.answer.set_exception(error)
            return
        for waiter, held in zip(together, found, strict=True):
            if not waiter.answer.done():
                waiter.answer.set_result(held)
