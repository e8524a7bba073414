"""What a terminal is told we hold, when it logs in."""

from __future__ import annotations

from typing import Any

import pytest
from gateway.storage.numbering import identity_of
from gateway.storage.opening import Storage

from gateway.domain.errors import StoreRefused
from gateway.domain.ids import DeviceId
from gateway.domain.ports import LostRange, SeriesWanted
from gateway.domain.requests import HeldSeries
from tests.support.reports import EPOCH, NOW, passage
from tests.support.stored import stored_fault, stored_passage

DEVICE = DeviceId(1)


async def held(storage: Storage, series: int = EPOCH) -> tuple[int, tuple[tuple[int, int], ...]]:
    (answer,) = await storage.records.held([SeriesWanted(DEVICE, series, 1)])
    assert answer.series == series
    return answer.upto, answer.ranges


async def save(storage: Storage, *numbers: int, series: int = EPOCH) -> None:
    await storage.records.save(
        [stored_passage(series % 97 * 1000 + n, passage(n, series=series)) for n in numbers]
    )


def lost(first: int, last: int) -> LostRange:
    return LostRange(
        device=DEVICE, series=EPOCH, first=first, last=last, reason=1, received_ms=NOW.wall
    )


def test_identity_is_series_and_number_big_endian() -> None:
    assert identity_of(0x6A97F100, 258) == bytes.fromhex("6a97f10000000102")


def test_nothing_is_held_of_a_new_device(storage: Storage, run: Any) -> None:
    assert run(held(storage)) == (0, ())


def test_prefix_and_islands(storage: Storage, run: Any) -> None:
    async def main() -> None:
        await save(storage, 1, 2, 3, 6, 7, 9)
        assert await held(storage) == (3, ((6, 7), (9, 9)))
        await save(storage, 5)
        assert await held(storage) == (3, ((5, 7), (9, 9)))
        await save(storage, 4)
        assert await held(storage) == (7, ((9, 9),))

    run(main())


def test_what_is_gone_from_the_terminal_is_not_looked_for(storage: Storage, run: Any) -> None:
    """It was in use before us: our cursor never leaves zero, and counting must not begin there."""

    async def main() -> None:
        await save(storage, 2, 3, 4, 6)
        await storage.records.save_lost(lost(7, 8))
        (answer,) = await storage.records.held([SeriesWanted(DEVICE, EPOCH, 4)])
        assert (answer.upto, answer.ranges) == (0, ((4, 4), (6, 8)))
        (answer,) = await storage.records.held([SeriesWanted(DEVICE, EPOCH, 9)])
        assert (answer.upto, answer.ranges) == (0, ())

    run(main())


def test_many_series_of_many_devices_are_told_apart_in_one_question(
    storage: Storage, run: Any
) -> None:
    async def main() -> None:
        await save(storage, 1, 2, 5)
        await save(storage, 4, series=EPOCH + 1)
        await storage.records.save_lost(lost(8, 9))
        cursor = HeldSeries(series=EPOCH + 2, upto=40)
        await storage.records.keep_cursors([(DEVICE, cursor)])
        wanted = [
            SeriesWanted(DEVICE, EPOCH + 2, 1),
            SeriesWanted(DEVICE, EPOCH, 1),
            SeriesWanted(DeviceId(2), EPOCH, 1),
            SeriesWanted(DEVICE, EPOCH + 1, 1),
            SeriesWanted(DEVICE, EPOCH, 3),
        ]
        assert await storage.records.held(wanted) == [
            cursor,
            HeldSeries(series=EPOCH, upto=2, ranges=((5, 5), (8, 9))),
            HeldSeries(series=EPOCH, upto=0),
            HeldSeries(series=EPOCH + 1, upto=0, ranges=((4, 4),)),
            HeldSeries(series=EPOCH, upto=0, ranges=((5, 5), (8, 9))),
        ]
        assert await storage.records.held([]) == []

    run(main())


def test_faults_and_tombstones_are_held(storage: Storage, run: Any) -> None:
    async def main() -> None:
        await save(storage, 1, 5)
        await storage.records.save([stored_fault(2)])
        await storage.records.save_lost(lost(3, 4))
        await storage.records.save_lost(lost(3, 4))
        await storage.records.save_lost(lost(8, 9))
        assert await held(storage) == (5, ((8, 9),))

    run(main())


def test_a_tombstone_for_what_is_held_changes_nothing(storage: Storage, run: Any) -> None:
    async def main() -> None:
        await save(storage, 1, 2, 3)
        await storage.records.save_lost(lost(2, 2))
        assert await held(storage) == (3, ())

    run(main())


def test_a_range_that_is_none_is_refused(storage: Storage, run: Any) -> None:
    async def main() -> None:
        with pytest.raises(StoreRefused, match="record_lost_check"):
            await storage.records.save_lost(lost(5, 4))
        assert storage.records.available

    run(main())


def test_series_and_devices_do_not_mix(storage: Storage, run: Any) -> None:
    async def main() -> None:
        await save(storage, 1, 2)
        await save(storage, 1, series=EPOCH - 1)
        await save(storage, 0xFFFF_FFFF, series=EPOCH - 1)
        await storage.records.save([stored_passage(900_000, passage(3), device=2)])
        assert await held(storage) == (2, ())
        assert await held(storage, EPOCH - 1) == (1, ((0xFFFF_FFFF, 0xFFFF_FFFF),))

    run(main())


def test_identities_of_other_dialects_are_no_numbers(storage: Storage, run: Any) -> None:
    foreign = passage(1, identity=identity_of(EPOCH, 1) + b"x")

    async def main() -> None:
        await storage.records.save([stored_passage(1, foreign)])
        assert await held(storage) == (0, ())
        assert await storage.proofs.identities(DEVICE, EPOCH) == set()

    run(main())


def test_the_cursor_is_where_looking_begins(storage: Storage, run: Any) -> None:
    async def main() -> None:
        await save(storage, *range(1, 11), 13)
        await storage.records.keep_cursors([(DEVICE, HeldSeries(series=EPOCH, upto=4))])
        assert await held(storage) == (10, ((13, 13),))  # stale, therefore only slower
        # It is trusted: what lies below it is not looked at again.
        async with storage.database.use() as connection:
            await connection.execute("delete from record_identity where record <= $1", 0)
            await connection.execute(
                "delete from record_identity where identity = $1", identity_of(EPOCH, 2)
            )
        assert await held(storage) == (10, ((13, 13),))

    run(main())


def test_cursors_move_forward_only(storage: Storage, run: Any) -> None:
    def at(upto: int, series: int = EPOCH) -> tuple[DeviceId, HeldSeries]:
        return DEVICE, HeldSeries(series=series, upto=upto)

    async def main() -> None:
        await storage.records.keep_cursors([])
        await storage.records.keep_cursors([at(5), at(7), at(2, EPOCH + 1)])
        await storage.records.keep_cursors([at(6), at(3, EPOCH + 1)])
        async with storage.database.use() as connection:
            found = await connection.fetch("select series, upto from record_cursor order by series")
        assert [tuple(row) for row in found] == [(EPOCH, 7), (EPOCH + 1, 3)]

    run(main())
