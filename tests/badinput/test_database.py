"""A database that is gone, hangs, or has no room: a gateway on a server the test runs itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import asyncpg
import pytest
from gateway.codecs.yls.registers import Result
from gateway.storage.supervisor import EmbeddedServer

from tests.badinput.bench import Bench
from tests.badinput.elsewhere import SiteElsewhere, small_disk
from tests.badinput.peers import result
from tests.badinput.rows import Row
from tests.support.gateways import Gateway, Site, running
from tests.support.postgres import execute, frozen, open_folder
from tests.support.waiting import wait_for

ROWS, FILLS = 10_000, 100
"""Rows a statement that fills the disk adds, and more statements than that takes."""
FILLER = 10**15
"""The first of their numbers; going up, for else the index would be full before its table."""


@pytest.fixture(scope="module")
def gateway(server: EmbeddedServer) -> Iterator[Gateway]:
    with open_folder() as folder, running(SiteElsewhere(folder, server.dsn)) as gateway:
        yield gateway


@pytest.fixture
def bench(gateway: Gateway) -> Iterator[Bench]:
    bench = Bench(gateway)
    yield bench
    bench.close()


@contextmanager
def down(server: EmbeddedServer) -> Iterator[None]:
    server.stop()
    try:
        yield
    finally:
        with small_disk():
            server.start()


@contextmanager
def hanging(server: EmbeddedServer) -> Iterator[None]:
    with frozen(server.layout.data):
        yield


Trouble = Callable[[EmbeddedServer], AbstractContextManager[None]]


@pytest.mark.parametrize("trouble", [down, hanging])
@pytest.mark.parametrize("idle", [False, True], ids=["found by a record", "found while idle"])
def test_database_down_or_frozen(
    bench: Bench, server: EmbeddedServer, trouble: Trouble, idle: bool
) -> None:
    unit, newcomer = bench.unit(), bench.unit()
    with bench.row("database down or frozen") as row:
        terminal = unit.login()
        assert terminal.record(unit.group(1)).holds(1)
        with trouble(server):
            if idle:
                assert_seen(row)
            answer = terminal.record(unit.group(2))
            row.told(answer.result, Result.RETRY_LATER)
            assert answer.pause_s >= 1
            assert not answer.holds(2)
            assert_seen(row)
            assert terminal.beat() == Result.OK
            row.told(result(newcomer.dial().claim()[1]), Result.RETRY_LATER)
        wait_for(lambda: terminal.record(unit.group(2)).holds(2), "the record is stored")
        assert_over(row)
        assert newcomer.login().record(newcomer.group(1)).holds(1)
        bench.assert_stored(unit)
        bench.assert_stored(newcomer)


def assert_seen(row: Row) -> None:
    row.logged("store.unavailable")
    row.counted_some("gatepost_db_failures_total")
    row.shown("/readyz", 503, "database")


def assert_over(row: Row) -> None:
    row.logged("store.back")
    row.shown("/readyz", 200, "")
    told = [line["event"] for line in row.lines() if line["event"].startswith("store.")]
    assert told == ["store.unavailable", "store.back"]


def test_disk_full(bench: Bench, server: EmbeddedServer) -> None:
    unit = bench.unit()
    with bench.row("disk full") as row:
        terminal = unit.login()
        assert terminal.record(unit.group(1)).holds(1)
        with full(bench.site):
            answer = terminal.record(unit.group(2))
            row.told(answer.result, Result.RETRY_LATER)
            assert answer.pause_s >= 1
            assert not answer.holds(2)
            row.logged("store.unavailable")
            row.counted_some("gatepost_db_failures_total", op="save")
            assert terminal.beat() == Result.OK
            bench.assert_stored(unit, missing={2})
        wait_for(lambda: terminal.record(unit.group(2)).holds(2), "the record is stored")
        row.logged("store.back")
        bench.assert_stored(unit)


@contextmanager
def full(site: Site) -> Iterator[None]:
    """Fill the table of raw bytes, to which every commit adds, up to the largest file there is.

    With small rows, so that no page has room left for a row of the gateway's.
    """
    (last,) = site.query(
        "select tableoid::regclass::text as name, received_ms from raw_batch limit 1"
    )
    execute(site.dsn, f"alter table {last['name']} set (autovacuum_enabled = off)")
    fill = (
        f"insert into raw_batch select nextval('filler'), {last['received_ms']}, 0, ''"
        f" from generate_series(1, {ROWS})"
    )
    execute(site.dsn, f"create sequence filler start {FILLER} cache 1000")
    with pytest.raises(asyncpg.PostgresError, match="extend"):
        execute(site.dsn, *[fill] * FILLS)
    try:
        yield
    finally:
        execute(
            site.dsn,
            f"delete from raw_batch where id >= {FILLER}",
            f"vacuum {last['name']}",
            "drop sequence filler",
        )
