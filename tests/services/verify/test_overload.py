"""Ten times what the matcher can do: everybody is answered in time, most of them busy."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest

from gateway.domain.decisions import Because
from gateway.domain.ids import Receipt
from gateway.domain.verification import Granted, Hesitation, Undecided
from tests.support.matchers import turned
from tests.support.sessions import RecordingSession
from tests.support.verifying import LI, VerifyBench, verify_run
from tests.support.virtual_time import clock

WORK_S = 0.05
BUDGET_MS = 190
SECONDS = 20


class Timed(RecordingSession):
    """Remembers when each answer came."""

    def __init__(self, device: int) -> None:
        super().__init__(device)
        self.at: dict[Receipt, list[float]] = {}

    def submit(self, *requests: Any) -> None:
        super().submit(*requests)
        for each in requests:
            self.at.setdefault(each.receipt, []).append(clock().mono)


@pytest.mark.parametrize("estimate", [1.0, 0.3], ids=["honest", "too hopeful"])
def test_a_tenfold_load_is_answered_in_time_or_busy_in_time(estimate: float) -> None:
    """A hopeful estimate costs decisions, never an answer in time."""

    async def body(bench: VerifyBench) -> None:
        bench.put(LI, turned(0))
        session = Timed((await bench.login()).device)
        honest = bench.matcher.wait_ms
        bench.matcher.wait_ms = lambda question: honest(question) * estimate  # type: ignore[method-assign]
        rng, asked = random.Random(7), {}
        for _ in range(round(SECONDS * 10 / WORK_S)):
            asked[bench.ask(session, budget_ms=BUDGET_MS)] = clock().mono
            await asyncio.sleep(rng.expovariate(10 / WORK_S))
        await bench.settle()
        assert session.at.keys() == asked.keys()
        for receipt, times in session.at.items():
            assert len(times) == 1, "answered once"
            assert times[0] - asked[receipt] < BUDGET_MS / 1000
        granted = [one for one in session.submitted if isinstance(one, Granted)]
        refused = [one for one in session.submitted if isinstance(one, Undecided)]
        assert len(granted) + len(refused) == len(asked)
        decided = bench.verification.tally.decided
        if estimate == 1.0:
            assert {one.reason for one in refused} == {Hesitation.BUSY}
            # Nobody is turned away while the matcher has nothing to do.
            assert len(granted) == bench.matcher.begun >= 0.9 * SECONDS / WORK_S
            assert decided[Because.BUSY] == len(refused)
        else:
            assert decided[Because.LATE] > 0

    verify_run(body, work_s=WORK_S)
