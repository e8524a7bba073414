"""Servers that die, hang, restart or run out of disk while records arrive."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from gateway.storage.opening import Storage, open_storage
from gateway.storage.postmaster import find_postmaster
from gateway.storage.supervisor import EmbeddedServer

from gateway.domain.errors import StoreUnavailable
from gateway.domain.ids import DeviceId, PassageId
from gateway.domain.ports import Outcome, SeriesWanted
from tests.support import postgres
from tests.support.reports import EPOCH
from tests.support.stored import stored_passage
from tests.support.waiting import wait_for

LIMIT_S = 0.4
DEVICE = DeviceId(1)


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedServer]:
    with postgres.running_server() as running:
        yield running


@pytest.fixture
def data(server: EmbeddedServer) -> Path:
    return server.layout.data


@pytest.fixture
def storage(server: EmbeddedServer, tmp_path: Path, run: Any) -> Iterator[Storage]:
    with postgres.fresh_database(server.dsn) as dsn:
        opened: Storage = run(open_storage(dsn, tmp_path / "key", limit_s=LIMIT_S))
        yield opened
        run(opened.close())


async def until_back(storage: Storage) -> None:
    async with asyncio.timeout(30):
        while not await storage.database.probe():  # noqa: ASYNC110 - the server tells nobody
            await asyncio.sleep(0.01)


def kill_postmaster(data: Path) -> None:
    running = find_postmaster(data)
    assert running is not None
    os.kill(running.pid, signal.SIGKILL)


def test_kill_9_of_the_server_in_the_middle_of_batches(
    server: EmbeddedServer, data: Path, storage: Storage, run: Any
) -> None:
    """What was acknowledged is there afterwards; sent again, nothing is stored twice (I1, I2)."""
    batches = [[stored_passage(b * 50 + i + 1) for i in range(50)] for b in range(40)]
    acknowledged: set[int] = set()

    async def main() -> None:
        failed = 0
        for number, batch in enumerate(batches):
            if number == 15:
                saving = asyncio.create_task(storage.records.save(batch))
                await asyncio.sleep(0)
                kill_postmaster(data)
                for pid in backends:
                    os.kill(pid, signal.SIGKILL)
                wait_for(lambda: find_postmaster(data) is None, "the postmaster is gone")
                results = await asyncio.gather(saving, return_exceptions=True)
            else:
                results = await asyncio.gather(storage.records.save(batch), return_exceptions=True)
            if isinstance(results[0], StoreUnavailable):
                failed += 1
            else:
                acknowledged.update(record.report.number for record in batch)
            if number == 20:
                assert not storage.records.available
                assert await asyncio.to_thread(server.revive)
                await until_back(storage)
        assert failed >= 5
        assert acknowledged <= await storage.proofs.identities(DEVICE, EPOCH)
        for batch in batches:
            again = [replace(r, id=PassageId(r.id + 100_000)) for r in batch]
            outcomes = await storage.records.save(again)
            assert set(outcomes) <= {Outcome.STORED, Outcome.DUPLICATE}
        (held,) = await storage.records.held([SeriesWanted(DEVICE, EPOCH, 1)])
        assert (held.upto, held.ranges) == (2000, ())
        assert (await storage.proofs.counts(DEVICE)).passages == 2000

    backends = postgres.cluster_pids(data)[1:]
    run(main())


def test_a_frozen_server_is_unavailable_and_comes_back(
    data: Path, storage: Storage, run: Any
) -> None:
    """Frozen is the nasty one: the sockets stay open and nobody answers."""

    async def main() -> None:
        assert await storage.records.save([stored_passage(1)]) == [Outcome.STORED]
        with postgres.frozen(data):
            async with asyncio.timeout(2 * LIMIT_S):
                with pytest.raises(StoreUnavailable, match="did not answer in time"):
                    await storage.records.save([stored_passage(2)])
            assert not storage.records.available
            async with asyncio.timeout(LIMIT_S):  # the breaker answers without asking
                with pytest.raises(StoreUnavailable, match="has not answered since"):
                    await storage.records.save([stored_passage(3)])
            async with asyncio.timeout(2 * LIMIT_S):
                assert not await storage.database.probe()
        await until_back(storage)
        outcomes = await storage.records.save([stored_passage(4), stored_passage(3)])
        assert outcomes == [Outcome.STORED, Outcome.STORED]

    run(main())


def test_every_waiting_call_fails_together_when_the_server_freezes(
    data: Path, storage: Storage, run: Any
) -> None:
    async def main() -> None:
        with postgres.frozen(data):
            async with asyncio.timeout(2 * LIMIT_S):
                results = await asyncio.gather(
                    *(storage.records.held([SeriesWanted(DEVICE, EPOCH, 1)]) for _ in range(12)),
                    return_exceptions=True,
                )
            assert {type(result) for result in results} == {StoreUnavailable}
        await until_back(storage)
        (held,) = await storage.records.held([SeriesWanted(DEVICE, EPOCH, 1)])
        assert held.upto == 0

    run(main())


def test_the_probe_closes_the_breaker_by_itself(
    server: EmbeddedServer, tmp_path: Path, data: Path, run: Any
) -> None:
    async def main(dsn: str) -> None:
        storage = await open_storage(dsn, tmp_path / "key", limit_s=LIMIT_S, probe_every_s=0.01)
        with postgres.frozen(data), pytest.raises(StoreUnavailable):
            await storage.records.contacts()
        async with asyncio.timeout(30):
            while not storage.records.available:  # noqa: ASYNC110 - it has no event to wait for
                await asyncio.sleep(0.01)
        assert await storage.records.contacts() == {}
        await storage.close()

    with postgres.fresh_database(server.dsn) as dsn:
        run(main(dsn))


def test_a_restart_in_between_costs_one_refusal_at_most(
    server: EmbeddedServer, storage: Storage, run: Any
) -> None:
    async def main() -> None:
        assert await storage.records.save([stored_passage(1)]) == [Outcome.STORED]
        await asyncio.to_thread(server.stop)
        with pytest.raises(StoreUnavailable):
            await storage.records.save([stored_passage(2)])
        await asyncio.to_thread(server.start)
        await until_back(storage)
        assert await storage.records.save([stored_passage(2)]) == [Outcome.STORED]

    run(main())


def test_a_call_that_was_given_up_does_not_go_on_in_the_server(storage: Storage, run: Any) -> None:
    """It would hold its locks for as long as it takes, and the next batch would wait for them."""
    running = "select exists (select from pg_stat_activity where query like '%pg_sleep(25)%'"
    running += " and pid <> pg_backend_pid())"

    async def main() -> None:
        with pytest.raises(StoreUnavailable, match="did not answer in time"):
            async with storage.database.transaction() as connection:
                await connection.execute("select pg_sleep(25)")
        await until_back(storage)
        async with asyncio.timeout(15), storage.database.use(30) as connection:
            while await connection.fetchval(running):
                pass

    run(main())


def test_a_full_disk_is_unavailability(storage: Storage, run: Any) -> None:
    async def main() -> None:
        with pytest.raises(StoreUnavailable, match="DiskFullError 53100"):
            async with storage.database.transaction() as connection:
                await connection.execute("do $$ begin raise sqlstate '53100'; end $$")
        assert not storage.records.available

    run(main())


def test_nobody_listening_is_unavailability(tmp_path: Path, run: Any) -> None:
    dsn = f"postgresql://gatepost@/postgres?host={tmp_path}&port=5432"

    async def main() -> None:
        with pytest.raises(StoreUnavailable):
            await open_storage(dsn, tmp_path / "key", limit_s=LIMIT_S)
        assert not (tmp_path / "key").exists()

    run(main())
