"""One question to the store for all who ask together: logins, offers of pictures, and pictures.

After a restart or an outage a whole city comes back at once, and a question to the database, not to
speak of a commit, costs more than the rest of a login. Owns nothing but who waits.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from gateway.services.tasks import Tasks

Question = TypeVar("Question")
Answer = TypeVar("Answer")

MOST_TOGETHER = 16
"""Askers in one question: it may not take longer than the database may."""
MOST_BYTES = 1024 * 1024
"""What one question may weigh, unless its first asker alone weighs more: three of the largest
pictures, or as many of the usual ones as may be together."""
MOST_AT_ONCE = 2
"""Questions on their way: a slow one holds up only who is in it. The fewer there are, the more
askers share the next."""


def weightless(question: object) -> int:
    """Weigh a question of which only the number counts."""
    del question
    return 0


@dataclass(frozen=True, slots=True)
class _Waiter(Generic[Question, Answer]):
    question: Question
    weight: int
    answer: asyncio.Future[Answer]


class Together(Generic[Question, Answer]):
    """Gathers those who wait while questions are on their way; there is no timer."""

    def __init__(
        self,
        ask: Callable[[list[Question]], Awaitable[Sequence[Answer]]],
        tasks: Tasks,
        name: str,
        weigh: Callable[[Question], int] = weightless,
    ) -> None:
        """``ask`` returns one answer for each question, in order; ``weigh`` returns bytes."""
        self._put = ask
        self._tasks = tasks
        self._name = name
        self._weigh = weigh
        self._waiting: deque[_Waiter[Question, Answer]] = deque()
        self._starting = False
        self._asking = 0

    async def of(self, question: Question) -> Answer:
        """Return the answer to one question; raises what the store raises."""
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiter(question, self._weigh(question), answer))
        if not self._starting and self._asking < MOST_AT_ONCE:
            self._starting = True  # until its turn comes, everybody who asks may join
            self._tasks.spawn(self._ask_all(), self._name)
        return await answer

    async def _ask_all(self) -> None:
        self._starting = False
        self._asking += 1
        try:
            while self._waiting:
                await self._ask(self._next())
        finally:
            self._asking -= 1

    def _next(self) -> list[_Waiter[Question, Answer]]:
        """Take out who shares the next question."""
        waiting, together = self._waiting, [self._waiting.popleft()]
        room = MOST_BYTES - together[0].weight
        while waiting and len(together) < MOST_TOGETHER and waiting[0].weight <= room:
            room -= waiting[0].weight
            together.append(waiting.popleft())
        return together

    async def _ask(self, together: list[_Waiter[Question, Answer]]) -> None:
        try:
            found = await self._put([waiter.question for waiter in together])
        except Exception as error:
            for waiter in together:
                if not waiter.answer.done():  # its asker may have been given up meanwhile
                    waiter.answer.set_exception(error)
            return
        for waiter, answer in zip(together, found, strict=True):
            if not waiter.answer.done():
                waiter.answer.set_result(answer)
