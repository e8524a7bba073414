"""Questions that end otherwise than by a decision: called back, too late, session gone."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import pytest

from gateway.domain.decisions import Because, Verdict
from gateway.domain.ids import Receipt
from gateway.domain.matching import Answer, Question, Scope, TooLate
from gateway.domain.verification import (
    Hesitation,
    Undecided,
    VerifyCancelled,
    VerifyLate,
)
from gateway.services.desk import Desk
from tests.support.matchers import turned
from tests.support.sessions import RecordingSession
from tests.support.verifying import LI, P1, VerifyBench, verify_run
from tests.support.virtual_time import VirtualLoop


def test_a_question_called_back_is_dropped_and_its_answer_never_sent() -> None:
    async def body(bench: VerifyBench) -> None:
        bench.put(LI, turned(0))
        session = await bench.login()
        first, second = bench.ask(session), bench.ask(session)
        await asyncio.sleep(0.01)
        for receipt in (first, second, second):
            bench.cancel(session, receipt)
        await bench.settle()
        assert session.submitted == []
        assert bench.matcher.begun == 1, "of two in a queue the first had begun"
        assert {one.because for one in await bench.decided()} == {Because.CANCELLED}

    verify_run(body, work_s=0.05)


def test_a_matcher_that_will_not_give_up_changes_nothing() -> None:
    async def body(bench: VerifyBench) -> None:
        bench.put(LI, turned(0))
        session = await bench.login()
        honest = bench.matcher.match

        async def stubborn(question: Question) -> Answer:
            return await asyncio.shield(asyncio.ensure_future(honest(question)))

        async def deaf(question: Question) -> Answer:
            work = asyncio.ensure_future(stubborn(question))
            while not work.done():
                with suppress(asyncio.CancelledError):
                    await asyncio.shield(work)
            return work.result()

        bench.matcher.match = deaf  # type: ignore[method-assign]
        receipt = bench.ask(session)
        await asyncio.sleep(0.01)
        bench.cancel(session, receipt)
        await bench.settle()
        assert session.submitted == []
        assert [one.because for one in await bench.decided()] == [Because.CANCELLED]

    verify_run(body, work_s=0.05)


def test_an_answer_that_ends_the_session_is_counted_once() -> None:
    class Breaking(RecordingSession):
        """Its connection breaks with the answer, and the conversation calls everything back."""

        def submit(self, *requests: Any) -> None:
            super().submit(*requests)
            self.over = True
            desks[0].verification_ended(self, VerifyCancelled(about=requests[0].receipt))

    desks: list[Desk] = []

    async def body(bench: VerifyBench) -> None:
        desks.append(bench.services.desk)
        bench.put(LI, turned(0))
        bench.ask(Breaking((await bench.login()).device))
        await bench.settle()
        assert [one.because for one in await bench.decided()] == [Because.CANCELLED]

    verify_run(body)


def test_a_loop_that_was_blocked_sends_no_decision_too_late() -> None:
    async def body(bench: VerifyBench) -> None:
        bench.put(LI, turned(0))
        session = await bench.login()
        honest = bench.matcher.match

        async def blocking(question: Question) -> Answer:
            found = await honest(question)
            loop = asyncio.get_running_loop()
            assert isinstance(loop, VirtualLoop)
            loop.pass_time(0.3)
            return found

        bench.matcher.match = blocking  # type: ignore[method-assign]
        answer = await bench.answer(session)
        assert answer == Undecided(receipt=answer.receipt, reason=Hesitation.DEADLINE)
        assert [one.because for one in await bench.decided()] == [Because.LATE]

    verify_run(body)


def test_a_session_that_went_meanwhile_does_no_harm() -> None:
    async def body(bench: VerifyBench) -> None:
        bench.put(LI, turned(0))
        session = await bench.login()
        bench.ask(session)
        session.over = True
        await bench.settle()
        assert [one.because for one in await bench.decided()] == [Because.CANCELLED]

    verify_run(body, work_s=0.05)


@pytest.mark.parametrize("begun", [False, True])
def test_the_terminal_is_told_in_time_that_it_will_be_too_late(begun: bool) -> None:
    async def body(bench: VerifyBench) -> None:
        bench.put(LI, turned(0))
        session = await bench.login()
        bench.matcher.wait_ms = lambda question: 1.0  # type: ignore[method-assign]
        if not begun:
            await bench.matcher.match(Question(scope=Scope(P1), deadline=1e9, faces=(turned(0),)))
        answer = await bench.answer(session)
        assert answer == Undecided(receipt=answer.receipt, reason=Hesitation.DEADLINE)
        (kept,) = await bench.decided()
        assert (kept.verdict, kept.because) == (Verdict.UNDECIDED, Because.LATE)
        assert kept.latency_ms < kept.budget_ms

    verify_run(body, work_s=0.6)


def test_a_question_that_gives_way_to_more_urgent_ones_is_busy_at_once() -> None:
    async def body(bench: VerifyBench) -> None:
        bench.put(LI, turned(0))
        session = await bench.login()
        bench.matcher.failing["match"] = TooLate()
        answer = await bench.answer(session)
        assert answer == Undecided(receipt=answer.receipt, reason=Hesitation.BUSY)
        (kept,) = await bench.decided()
        assert (kept.because, kept.latency_ms) == (Because.BUSY, 0)

    verify_run(body)


def test_what_the_conversation_did_not_send_is_no_decision() -> None:
    desks: list[Desk] = []

    class TooSlow(RecordingSession):
        """Finds every answer too late, as a conversation does whose own clock says so."""

        def submit(self, *requests: Any) -> None:
            super().submit(*requests)
            late = VerifyLate(about=requests[0].receipt, late_ms=3)
            desks[0].verification_ended(self, late)

    async def body(bench: VerifyBench) -> None:
        desks.append(bench.services.desk)
        bench.put(LI, turned(0))
        first = await bench.login()
        session = TooSlow(first.device)
        bench.ask(session)
        await bench.settle()
        assert [one.because for one in await bench.decided()] == [Because.LATE]

    bench = verify_run(body)
    assert bench.verification.tally.decided[Because.LATE] == 1
    assert bench.verification.tally.decided[Because.RECOGNISED] == 0


def test_events_about_nothing_do_no_harm() -> None:
    async def body(bench: VerifyBench) -> None:
        session = await bench.login()
        bench.cancel(session, Receipt(77))
        late = VerifyLate(about=Receipt(78), late_ms=1)
        bench.services.desk.verification_ended(session, late)
        assert await bench.decided() == []

    verify_run(body)
