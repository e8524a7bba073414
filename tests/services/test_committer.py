from __future__ import annotations

import asyncio

from gateway.domain.requests import Accept, Defer, Request
from gateway.services.committer import TROUBLE_S
from tests.support.desks import Bench, run
from tests.support.reports import NOW, passage


def test_records_that_wait_during_a_commit_share_the_next_one() -> None:
    async def body(bench: Bench) -> None:
        session = await bench.login()
        gate = asyncio.Event()
        save = bench.store.save

        async def slow(batch):  # type: ignore[no-untyped-def]
            await gate.wait()
            return await save(batch)

        bench.store.save = slow  # type: ignore[method-assign]
        for number in range(1, 8):
            bench.services.desk.record(session, passage(number), NOW)
            if number == 1:
                await bench.settle()
        gate.set()
        await bench.settle()
        assert bench.store.batches == [1, 6]

    run(body)


def test_an_outage_is_logged_once_at_its_beginning_and_once_at_its_end() -> None:
    async def body(bench: Bench) -> None:
        session = await bench.login()
        bench.store.down = True
        for number in (1, 2, 3):
            bench.services.desk.record(session, passage(number), NOW)
            await bench.settle()
        bench.store.down = False
        bench.services.desk.record(session, passage(4), NOW)
        await bench.settle()
        assert len(bench.log.named("store.unavailable")) == 1
        assert len(bench.log.named("store.back")) == 1

    run(body)


def test_a_bug_in_the_store_defers_the_batch_and_the_committer_goes_on() -> None:
    async def body(bench: Bench) -> None:
        session = await bench.login()
        save = bench.store.save

        async def broken(batch):  # type: ignore[no-untyped-def]
            raise ZeroDivisionError

        bench.store.save = broken  # type: ignore[method-assign]
        bench.services.desk.record(session, passage(1), NOW)
        await bench.settle()
        assert isinstance(session.last(), Defer)
        assert "ZeroDivisionError" in str(bench.log.named("store.unavailable")[0]["reason"])
        bench.store.save = save  # type: ignore[method-assign]
        bench.services.desk.record(session, passage(2), NOW)
        await bench.settle()
        assert isinstance(session.last(), Accept)

    run(body)


def test_a_bug_in_answering_ends_nothing_either() -> None:
    async def body(bench: Bench) -> None:
        session = await bench.login()
        submit = session.submit

        def broken(*requests: Request) -> None:
            raise ZeroDivisionError

        session.submit = broken  # type: ignore[method-assign]
        bench.services.desk.record(session, passage(1), NOW)
        await bench.settle()
        assert bench.log.named("gateway.task_failed")[0]["task"] == "committer"
        session.submit = submit  # type: ignore[method-assign]
        bench.services.desk.record(session, passage(1), NOW)
        await bench.settle()
        assert isinstance(session.last(), Accept)

    run(body)


def test_trouble_is_told_until_a_batch_is_stored_or_a_while_has_passed() -> None:
    async def body(bench: Bench) -> None:
        committer = bench.services.committer
        session = await bench.login()
        assert committer.trouble() is None
        bench.store.down = True
        bench.services.desk.record(session, passage(1), NOW)
        await bench.settle()
        assert committer.trouble() == "the test says so"
        bench.now = NOW._replace(mono=NOW.mono + TROUBLE_S)
        assert committer.trouble() is None  # nobody has tried since
        bench.services.desk.record(session, passage(1), NOW)
        await bench.settle()
        assert committer.trouble() is not None
        bench.store.down = False
        bench.services.desk.record(session, passage(1), NOW)
        await bench.settle()
        assert committer.trouble() is None
        assert len(bench.log.named("store.unavailable")) == 1

    run(body)


def test_stopping_commits_what_waits() -> None:
    async def body(bench: Bench) -> None:
        session = await bench.login()
        bench.services.desk.record(session, passage(1), NOW)
        bench.services.committer.stop()

    bench = run(body)
    assert len(bench.store.records) == 1
