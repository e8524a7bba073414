"""One errand, step by step, to its outcome; whatever happens there is one, and it is true."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from gateway.codecs.errand import Answer, Call, Errand, NoAnswer, Pause, Reply, Step, Taken

from gateway.domain.commands import Outcome, OutcomeBase
from gateway.domain.events import Event
from gateway.domain.ids import Ticket
from gateway.domain.ports import Log


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """With what steps are carried out."""

    call: Callable[[Call], Awaitable[Answer | NoAnswer]]
    found: Callable[[tuple[Event, ...]], Awaitable[bool]]
    going_on: Callable[[float], None]
    """Told before each step how many seconds it may take."""
    log: Log
    seconds: float
    """An errand that is not over after so long is given up."""


class Walk:
    """Carries one errand out."""

    def __init__(self, means: Means, ticket: Ticket) -> None:
        self._means = means
        self._ticket = ticket
        self._moved = False
        """A call that must not be made twice may have been heeded."""

    async def run(self, errand: Errand) -> OutcomeBase:
        """Return the outcome; never raises. When cancelled too: whoever cancels wants to know."""
        try:
            async with asyncio.timeout(self._means.seconds):
                return await self._steps(errand)
        except TimeoutError:
            return self._given_up("slow")
        except asyncio.CancelledError:
            return self._given_up("abandoned")
        except Exception as error:
            self._means.log.error(  # noqa: TRY400 - no traceback
                "errand.failed", ticket=self._ticket, error=repr(error)
            )
            return self._given_up("codec_error")
        finally:
            errand.close()

    async def _steps(self, errand: Errand) -> OutcomeBase:
        reply: Reply = None
        try:
            step = next(errand)
            while True:
                reply = await self._take(step)
                step = errand.send(reply)
        except StopIteration as done:
            outcome: OutcomeBase = done.value
            return outcome

    async def _take(self, step: Step) -> Reply:
        match step:
            case Call():
                self._means.going_on(step.seconds)
                before = self._moved
                self._moved = before or not step.repeatable
                answer = await self._means.call(step)
                if isinstance(answer, NoAnswer) and not answer.arrived:
                    self._moved = before
                return answer
            case Pause():
                self._means.going_on(step.seconds)
                await asyncio.sleep(step.seconds)
                return None
            case _:
                self._means.going_on(0)
                return Taken(kept=await self._means.found(step.events))

    def _given_up(self, code: str) -> OutcomeBase:
        outcome = Outcome.UNANSWERED if self._moved else Outcome.NOT_SENT
        return OutcomeBase(ticket=self._ticket, outcome=outcome, code=code)
