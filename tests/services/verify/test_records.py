"""Decisions are kept in batches, and nobody ever waits for that."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from gateway.domain.decisions import Because, DecisionRecord, Verdict
from gateway.domain.ids import DeviceId
from gateway.services.verify.records import AWAY_S, GATHER_S, Decisions
from gateway.services.verify.tally import VerifyTally
from tests.support.matchers import turned
from tests.support.rosters import MemoryRoster
from tests.support.sessions import SilentLog
from tests.support.verifying import LI, LIMITS, VerifyBench, verify_run
from tests.support.virtual_time import run_virtually

SMALL = replace(LIMITS, decision_rows=5, decision_batch=2)


def test_decisions_are_written_together_a_second_later() -> None:
    async def body(bench: VerifyBench) -> None:
        bench.put(LI, turned(0))
        session = await bench.login()
        for _ in range(5):
            bench.ask(session)
        await asyncio.sleep(GATHER_S / 2)
        assert (len(session.submitted), bench.roster.batches) == (5, [])
        assert len(bench.verification.decisions) == 5
        await asyncio.sleep(GATHER_S)
        assert bench.roster.batches == [2, 2, 1]
        tally = bench.verification.tally
        assert (tally.decisions_stored, tally.decisions_dropped) == (5, 0)

    verify_run(body, limits=SMALL)


def test_while_the_database_is_away_a_few_wait_and_the_rest_is_counted() -> None:
    async def body(bench: VerifyBench) -> None:
        bench.put(LI, turned(0))
        session = await bench.login()
        bench.roster.down = True
        for _ in range(8):
            bench.ask(session)
        await asyncio.sleep(60)
        assert len(session.submitted) == 8, "everybody was answered"
        tally = bench.verification.tally
        assert (tally.decisions_stored, tally.decisions_dropped) == (0, 3)
        bench.roster.down = False
        await asyncio.sleep(2 * AWAY_S)
        assert (tally.decisions_stored, len(bench.verification.decisions)) == (5, 0)
        assert bench.log.named("verification.not_kept") == []

    verify_run(body, limits=SMALL)


def test_a_batch_the_database_refuses_is_dropped_and_told() -> None:
    async def body(bench: VerifyBench) -> None:
        bench.put(LI, turned(0))
        session = await bench.login()
        bench.roster.refuses_decisions = True
        bench.ask(session)
        await asyncio.sleep(2)
        assert bench.verification.tally.decisions_dropped == 1
        assert bench.log.named("verification.not_kept")[0]["count"] == 1
        bench.roster.refuses_decisions = False
        assert await bench.because(session) is Because.RECOGNISED

    verify_run(body, limits=SMALL)


def test_the_last_flush_waits_for_the_batch_that_is_being_written() -> None:
    class SlowStore(MemoryRoster):
        async def save_decisions(self, batch: Sequence[DecisionRecord]) -> None:
            await asyncio.sleep(5)
            await super().save_decisions(batch)

    async def main() -> None:
        store = SlowStore()
        decisions = Decisions(store, VerifyTally(), SilentLog(), rows=9, batch=9)
        writing = asyncio.create_task(decisions.run())
        decisions.put(
            DecisionRecord(
                device=DeviceId(1),
                project=None,
                at_ms=0,
                verdict=Verdict.UNDECIDED,
                because=Because.NOT_PLACED,
            )
        )
        await asyncio.sleep(2 * GATHER_S)
        assert len(decisions) == 0, "it is on its way"
        await decisions.flush()
        writing.cancel()
        assert len(store.decisions) == 1

    run_virtually(main())
