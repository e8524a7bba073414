"""Captures at rest: sealed, found again, and gone when their time is up."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from gateway.storage.opening import Storage

from gateway.domain.captures import CaptureCounts, Piece, Redaction
from gateway.domain.errors import GatepostError, StoreRefused
from tests.storage.test_secrecy import dump
from tests.support.captures import capture

NOV = 1_795_600_000_000
"""A moment of November 2026."""
DAY = 86_400_000


def test_what_is_kept_is_read_back(storage: Storage, run: Any) -> None:
    async def main() -> None:
        store = storage.captures
        full = capture(None, redaction=Redaction.NONE, whole=False, firmware="")
        numbers = [await store.keep(one, NOV) for one in (capture(), full)]
        for number, kept in zip(numbers, (capture(), full), strict=True):
            found = await store.read(number)
            assert found is not None
            summary, read = found
            assert read == kept
            assert (summary.id, summary.kept_ms, summary.size) == (number, NOV, 12)
            assert (summary.first_ms, summary.last_ms) == (
                kept.pieces[0].at_ms,
                kept.pieces[-1].at_ms,
            )
        assert await store.read(numbers[-1] + 1) is None
        assert [one.id for one in await store.list()] == numbers
        assert [one.id for one in await store.list("YLS-00000001")] == numbers[:1]
        assert await store.counts() == CaptureCounts(devices=1, strangers=1)
        assert await store.erase([*numbers, 12345]) == 2
        assert await store.list() == []

    run(main())


def test_a_dump_shows_nothing_of_what_was_said(storage: Storage, run: Any) -> None:
    async def main() -> None:
        said = b"WHAT-SOMEBODY-SAID-AT-THE-GATE"
        await storage.captures.keep(capture(pieces=(Piece(True, NOV, said),)), NOV)
        text = await dump(storage)
        assert "damaged.magic" in text  # the dump does show the row
        assert said.hex() not in text
        assert said.decode() not in text

    run(main())


def test_bytes_moved_to_another_row_do_not_open(storage: Storage, run: Any) -> None:
    async def main() -> None:
        one = await storage.captures.keep(capture(), NOV)
        two = await storage.captures.keep(capture(), NOV)
        async with storage.database.use() as connection:
            await connection.execute(
                "update capture set sealed = (select sealed from capture where id = $1)"
                " where id = $2",
                one,
                two,
            )
        with pytest.raises(GatepostError, match=r"key\.mismatch"):
            await storage.captures.read(two)

    run(main())


def test_what_was_kept_long_enough_goes_and_takes_its_key_along(storage: Storage, run: Any) -> None:
    async def main() -> None:
        store = storage.captures
        old = await store.keep(capture(), NOV)
        late = await store.keep(capture(), NOV + 20 * DAY)
        assert await store.erase_before(NOV) == 0
        assert await store.erase_before(NOV + 1) == 1
        assert [one.id for one in await store.list()] == [late]
        async with storage.database.use() as connection:
            months = "select array_agg(month order by month) from data_key where class = 'capture'"
            assert await connection.fetchval(months) == [202611, 202612], "its month is not over"
            assert await store.erase_before(NOV + 15 * DAY) == 0
            assert await connection.fetchval(months) == [202612]
        assert await store.read(old) is None
        assert await store.read(late) is not None

    run(main())


def test_several_are_kept_at_a_time_under_one_key(storage: Storage, run: Any) -> None:
    async def main() -> None:
        store = storage.captures
        numbers = await asyncio.gather(*(store.keep(capture(), NOV) for _ in range(6)))
        assert len(set(numbers)) == 6
        async with storage.database.use() as connection:
            keys = await connection.fetchval("select count(distinct key) from capture")
        assert keys == 1

    run(main())


def test_a_capture_no_table_takes_is_refused_as_such(storage: Storage, run: Any) -> None:
    async def main() -> None:
        with pytest.raises(StoreRefused):
            await storage.captures.keep(capture(firmware="no\0text"), NOV)
        assert storage.database.available

    run(main())
