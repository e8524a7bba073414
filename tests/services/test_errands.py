"""What is found at a terminal takes the way of what it reports, and whoever found it is told."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from gateway.domain.events import Heartbeat
from gateway.domain.ids import Serial
from gateway.domain.passages import Passage
from tests.support.desks import Bench, run
from tests.support.reports import directory, passage
from tests.support.sessions import RecordingSession

DEVICE = directory().devices[Serial("YLS-00000001")]


def test_found_records_are_durable_before_it_is_said() -> None:
    async def body(bench: Bench) -> None:
        found = bench.services.errands.found(DEVICE, "hikvision/1", [passage(1), passage(2)])
        assert await asyncio.wait_for(found, 5)
        stored = [one for one in bench.store.records.values() if isinstance(one, Passage)]
        assert [(one.report.number, one.adapter) for one in stored] == [
            (1, "hikvision/1"),
            (2, "hikvision/1"),
        ]
        assert await bench.services.errands.found(DEVICE, "hikvision/1", [passage(2)])
        assert len(bench.store.records) == 2

    run(body)


def test_what_could_not_be_stored_is_to_be_searched_again() -> None:
    async def body(bench: Bench) -> None:
        bench.services.ingest.available = False
        assert not await bench.services.errands.found(DEVICE, "hikvision/1", [passage(1)])
        assert await bench.services.errands.found(DEVICE, "hikvision/1", [])

    run(body)


def test_only_records_can_be_found() -> None:
    async def body(bench: Bench) -> None:
        with pytest.raises(TypeError, match="Heartbeat"):
            await bench.services.errands.found(DEVICE, "hikvision/1", [Heartbeat()])

    run(body)


def test_who_fetches_orders_is_remembered_beyond_the_connection() -> None:
    async def body(bench: Bench) -> None:
        errands, desk = bench.services.errands, bench.services.desk
        assert not errands.fetches(DEVICE.id)
        session = await bench.login()
        assert not errands.fetches(DEVICE.id)
        session.fetches = True
        again = RecordingSession()
        again.fetches = True
        terminal = bench.services.common.terminals.meet(replace(DEVICE))
        desk._enter(again, terminal)
        desk.lost(again, "over", bench.now)
        assert errands.fetches(DEVICE.id)

    run(body)
