"""An errand to its end: whatever happens in it, its outcome is true."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from gateway.codecs.errand import Answer, Call, Errand, NoAnswer, Pause, ask, pause, report
from gateway.protocols.errand_walk import Means, Walk

from gateway.domain.commands import Outcome, OutcomeBase
from gateway.domain.events import Event
from gateway.domain.ids import Ticket
from gateway.domain.times import Instant
from tests.support.sessions import SilentLog

READ = Call(method="GET", target="/", repeatable=True, seconds=7.0)
MOVE = Call(method="PUT", target="/door", seconds=8.0)
DONE = OutcomeBase(ticket=Ticket(4), outcome=Outcome.DONE, code="ok")
ANSWER = Answer(status=200, at=Instant(0.0, 0))


class Bench:
    def __init__(self, *replies: Answer | NoAnswer) -> None:
        self.replies = list(replies)
        self.log = SilentLog()
        self.waits: list[float] = []
        self.asked: list[Call] = []

    async def call(self, call: Call) -> Answer | NoAnswer:
        self.asked.append(call)
        if not self.replies:
            await asyncio.Event().wait()
        return self.replies.pop(0)

    async def found(self, events: tuple[Event, ...]) -> bool:
        return not events

    def walk(self, seconds: float = 5.0) -> Walk:
        means = Means(
            call=self.call,
            found=self.found,
            going_on=self.waits.append,
            log=self.log,
            seconds=seconds,
        )
        return Walk(means, Ticket(4))


def run(test: Callable[[], Awaitable[None]]) -> None:
    async def main() -> None:
        await test()

    asyncio.run(main())


def steps(*calls: Call) -> Errand:
    for call in calls:
        yield from ask(call)
    return DONE


def test_each_step_is_taken_and_announced() -> None:
    async def main() -> None:
        bench = Bench(ANSWER, ANSWER)

        def errand() -> Errand:
            first = yield from ask(READ)
            assert first is ANSWER
            yield from pause(0.0)
            assert (yield from report(())) is True
            yield from ask(MOVE)
            return DONE

        assert await bench.walk().run(errand()) is DONE
        assert (bench.asked, bench.waits) == ([READ, MOVE], [7.0, 0.0, 0, 8.0])

    run(main)


def broken(*calls: Call) -> Errand:
    yield from steps(*calls)
    raise ZeroDivisionError


@pytest.mark.parametrize(
    ("calls", "outcome"), [((READ,), Outcome.NOT_SENT), ((READ, MOVE), Outcome.UNANSWERED)]
)
def test_a_bug_in_an_errand_is_told_and_its_order_is_what_it_may_be(
    calls: tuple[Call, ...], outcome: Outcome
) -> None:
    async def main() -> None:
        bench = Bench(ANSWER, ANSWER)
        ended = await bench.walk().run(broken(*calls))
        assert (ended.outcome, ended.code, ended.ticket) == (outcome, "codec_error", 4)
        assert bench.log.lines[0][0] == "errand.failed"

    run(main)


@pytest.mark.parametrize(
    ("calls", "outcome"), [((READ,), Outcome.NOT_SENT), ((MOVE,), Outcome.UNANSWERED)]
)
def test_an_errand_that_takes_for_ever_is_given_up(
    calls: tuple[Call, ...], outcome: Outcome
) -> None:
    async def main() -> None:
        ended = await Bench().walk(0.05).run(steps(*calls))
        assert (ended.outcome, ended.code) == (outcome, "slow")

    run(main)


def test_whoever_gives_an_errand_up_hears_what_may_have_been_done() -> None:
    async def main() -> None:
        for replies, outcome in (
            ((), Outcome.UNANSWERED),
            ((NoAnswer(reason="unreachable", arrived=False),), Outcome.NOT_SENT),
        ):
            bench = Bench(*replies)
            task = asyncio.create_task(bench.walk().run(steps(MOVE, READ)))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            task.cancel()
            ended = await task
            assert (ended.outcome, ended.code) == (outcome, "abandoned")

    run(main)


def test_a_call_that_never_arrived_does_not_undo_the_one_before() -> None:
    async def main() -> None:
        bench = Bench(ANSWER, NoAnswer(reason="unreachable", arrived=False))
        ended = await bench.walk(0.05).run(steps(MOVE, MOVE, READ))
        assert (ended.outcome, ended.code) == (Outcome.UNANSWERED, "slow")

    run(main)


def test_pauses_are_steps_too() -> None:
    assert next(pause(3.0)) == Pause(seconds=3.0)
