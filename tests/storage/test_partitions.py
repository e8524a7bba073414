"""Months: rows of both sides of midnight, and partitions that go missing."""

from __future__ import annotations

from typing import Any

from gateway.storage.opening import Storage
from gateway.storage.pool import Turn

from gateway.domain.passages import Record
from tests.support.reports import NOW
from tests.support.stored import DEVICE, STORED, rows, stored_fault, stored_passage


def test_records_of_both_sides_of_midnight_at_a_month_boundary(storage: Storage, run: Any) -> None:
    new_year = 1_798_761_600_000  # 2027-01-01T00:00:00Z
    batch: list[Record] = [
        stored_passage(1, received_ms=new_year - 1),
        stored_passage(2, received_ms=new_year),
        stored_fault(3, received_ms=new_year),
        stored_passage(4, received_ms=4_102_444_800_000),  # our own clock jumped to 2100
    ]

    async def main() -> None:
        assert await storage.records.save(batch) == [STORED] * 4
        found = await rows(
            storage, "select id, tableoid::regclass::text as part from passage order by id"
        )
        assert found == [
            {"id": 1, "part": "passage_202612"},
            {"id": 2, "part": "passage_202701"},
            {"id": 4, "part": "passage_210001"},
        ]
        for record in batch:
            found_raw = await storage.raw.raw(record.id)
            assert found_raw is not None
            assert found_raw.raw == record.report.raw

    run(main())


def test_a_partition_removed_behind_our_back_is_made_again(own_storage: Storage, run: Any) -> None:
    async def main() -> None:
        assert await own_storage.records.save([stored_passage(1)]) == [STORED]
        async with own_storage.database.use() as connection:
            await connection.execute("alter table passage detach partition passage_202609")
            await connection.execute("alter table passage_202609 rename to kept_elsewhere")
        assert await own_storage.records.save([stored_passage(2)]) == [STORED]
        assert own_storage.database.available

    run(main())


def test_a_detached_partition_is_attached_again_with_its_rows(
    own_storage: Storage, run: Any
) -> None:
    async def main() -> None:
        assert await own_storage.records.save([stored_passage(1)]) == [STORED]
        async with own_storage.database.use() as connection:
            await connection.execute("alter table passage detach partition passage_202609")
        assert await own_storage.records.save([stored_passage(2)]) == [STORED]
        assert (await own_storage.proofs.counts(DEVICE)).passages == 2

    run(main())


def test_a_month_is_made_while_somebody_reads_and_no_record_waits(
    own_storage: Storage, run: Any
) -> None:
    """A backup reads for an hour, and the hour may be midnight on the first."""
    later = NOW.wall + 120 * 86_400_000

    async def main() -> None:
        assert await own_storage.records.save([stored_passage(1)]) == [STORED]
        async with own_storage.database.transaction(turn=Turn.SLOW) as reader:
            await reader.fetch("select * from passage")
            batch = [stored_passage(2), stored_passage(3, received_ms=later)]
            assert await own_storage.records.save(batch) == [STORED, STORED]

    run(main())
