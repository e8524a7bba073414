"""The service behind a real conversation of YLS/1: what the terminal at the gate makes of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from gateway.codecs.yls.device_events import Decided, DeviceEvent, FellBack
from gateway.codecs.yls.inquiry import Inquiry

from gateway.domain.decisions import Because
from gateway.domain.events import Event
from gateway.domain.requests import Request
from gateway.domain.verification import VerifyCancelled, VerifyLate, VerifyRequested
from gateway.domain.vocabulary import Decision
from gateway.services.desk import Desk
from tests.codecs.yls.pair import Gateway, Pair
from tests.support.matchers import turned
from tests.support.sessions import RecordingSession
from tests.support.verifying import LI, VerifyBench, verify_run
from tests.support.virtual_time import VirtualLoop, clock

DEADLINE_MS, UPLINK_MS = 250, 60


class Behind(Gateway):
    """Everything about verification goes to the desk, the rest is answered as ever."""

    desk: Desk
    session: RecordingSession

    def answer(self, event: Event) -> Request | None:
        if isinstance(event, VerifyRequested):
            self.desk.verify(self.session, event, clock())
            return None
        if isinstance(event, VerifyCancelled | VerifyLate):
            self.desk.verification_ended(self.session, event)
            return None
        return super().answer(event)


class Wired(RecordingSession):
    """A session whose answers go through the conversation."""

    pair: Pair

    def submit(self, *requests: Request) -> None:
        super().submit(*requests)
        for request in requests:
            self.pair.now = clock()
            self.pair.submit(request)


@dataclass
class Gate:
    """One terminal at a gate."""

    bench: VerifyBench
    pair: Pair

    def ask(self, degrees: float = 0, **changes: int) -> None:
        question = Inquiry(means=1, deadline_ms=DEADLINE_MS, face=turned(degrees), **changes)  # type: ignore[arg-type]
        self.pair.now = clock()
        self.pair.told += self.pair.device.verify(question, self.pair.now)
        self.pair.pump()

    async def later(self, seconds: float) -> list[DeviceEvent]:
        """Let time pass in small steps, both timers and the line served."""
        for _ in range(round(seconds / 0.01)):
            await asyncio.sleep(0.01)
            self.pair.now = clock()
            self.pair.wait(0)
        return [one for one in self.pair.told if isinstance(one, Decided | FellBack)]

    async def reasons(self) -> list[Because]:
        return [one.because for one in await self.bench.decided()]


def at_a_gate(test: Callable[[Gate], Awaitable[None]], work_s: float = 0.0) -> None:
    async def body(bench: VerifyBench) -> None:
        bench.put(LI, turned(0))
        gateway, session = Behind(), Wired((await bench.login()).device)
        gateway.desk, gateway.session = bench.services.desk, session
        pair = session.pair = Pair(gateway, secure=True, mono=clock().mono).login()
        session.submitted.clear()
        await test(Gate(bench, pair))

    verify_run(body, work_s=work_s)


def test_the_gate_opens_for_whom_the_gallery_knows() -> None:
    async def test(gate: Gate) -> None:
        gate.ask()
        (told,) = await gate.later(0.1)
        assert isinstance(told, Decided)
        assert (told.decision, told.person) == (Decision.GRANTED, LI)
        gate.ask(90)
        assert isinstance(denied := (await gate.later(0.1))[-1], Decided)
        assert (denied.decision, denied.person) == (Decision.STRANGER, 0)

    at_a_gate(test, work_s=0.03)


def test_a_busy_matcher_is_told_at_once_and_the_terminal_falls_back() -> None:
    async def test(gate: Gate) -> None:
        gate.ask()
        (told,) = await gate.later(0.01)
        assert isinstance(told, FellBack)
        assert told.reason == "busy"
        assert await gate.reasons() == [Because.BUSY]

    at_a_gate(test, work_s=0.18)


def test_what_could_not_be_done_in_time_is_said_in_time() -> None:
    async def test(gate: Gate) -> None:
        gate.bench.matcher.wait_ms = lambda question: 1.0  # type: ignore[method-assign]
        gate.ask()
        (told,) = await gate.later((DEADLINE_MS - UPLINK_MS) / 1000)
        assert isinstance(told, FellBack)
        assert told.reason == "deadline"
        assert len(await gate.later(1)) == 1
        assert await gate.reasons() == [Because.LATE]

    at_a_gate(test, work_s=0.6)


def test_a_gateway_that_slept_through_the_deadline_opens_nothing_and_counts_once() -> None:
    async def test(gate: Gate) -> None:
        gate.ask()
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        loop.pass_time(0.3)
        (told,) = await gate.later(1)
        assert isinstance(told, FellBack)
        assert await gate.reasons() == [Because.LATE]
        gate.ask()
        assert isinstance((await gate.later(0.1))[-1], Decided), "and it goes on"

    at_a_gate(test, work_s=0.01)


def test_the_next_face_cancels_the_one_before() -> None:
    async def test(gate: Gate) -> None:
        gate.ask(90, door=1)
        gate.ask(0, door=1)
        told = [one for one in await gate.later(0.5) if isinstance(one, Decided)]
        assert [one.person for one in told] == [LI]
        assert sorted(one.value for one in await gate.reasons()) == ["cancelled", "recognised"]

    at_a_gate(test, work_s=0.05)


def test_a_line_that_breaks_calls_the_question_back() -> None:
    async def test(gate: Gate) -> None:
        gate.ask()
        gate.pair.drop()
        await gate.later(0.5)
        assert await gate.reasons() == [Because.CANCELLED]

    at_a_gate(test, work_s=0.05)
