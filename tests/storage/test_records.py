"""Contract of RecordStore.save, on every PostgreSQL we promise to run on."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from gateway.storage.months import wall_ms
from gateway.storage.opening import Storage, open_storage
from gateway.storage.records import CAREFUL_BATCHES

from gateway.domain.errors import StoreUnavailable
from gateway.domain.ids import DeviceId, PassageId
from gateway.domain.passages import PassageFlag
from gateway.domain.vocabulary import Lane, Means
from tests.support.reports import EPOCH, NOW, fault, passage
from tests.support.stored import (
    DEVICE,
    DUPLICATE,
    STORED,
    counted,
    rows,
    stored_fault,
    stored_passage,
)


def test_a_passage_comes_back_column_by_column(storage: Storage, run: Any) -> None:
    report = passage(7, lane=Lane.BACKFILL, means=Means.FACE | Means.CARD, helmet=True, door=2)
    record = stored_passage(100, report, flags=PassageFlag.TAKEN_OFFLINE)

    async def main() -> None:
        assert await storage.records.save([record]) == [STORED]
        (row,) = await rows(storage, "select * from passage")
        assert row.pop("committed_ms") - row.pop("delay_ms") == NOW.wall - 1_003
        assert row == {
            "id": 100,
            "received_ms": NOW.wall,
            "device_ms": NOW.wall - 1_000,
            "corrected_ms": NOW.wall - 1_003,
            "offset_ms": 3,
            "series": EPOCH,
            "number": 7,
            "device": 1,
            "mounting": 11,
            "channel": 12,
            "project": 13,
            "claim": "10086",
            "adapter": "yls/1.0",
            "score": pytest.approx(0.96),
            "liveness": pytest.approx(0.98),
            "temperature_c": None,
            "picture_digest": None,
            "picture_size": None,
            "raw_batch": 100,
            "raw_offset": 0,
            "raw_length": 12,
            "flags": 0x40,
            "means": 9,
            "lane": 1,
            "verdict": 0,
            "direction": 1,
            "direction_source": 1,
            "decision": 1,
            "verified_by": 1,
            "door": 2,
            "helmet": True,
            "clock_synchronised": True,
        }

    run(main())


def test_a_fault_comes_back_and_is_not_forwarded(storage: Storage, run: Any) -> None:
    async def main() -> None:
        assert await storage.records.save([stored_fault(5, fault(5, count=3))]) == [STORED]
        (row,) = await rows(storage, "select number, code, count, text, raised from fault_report")
        assert row == {"number": 5, "code": 7, "count": 3, "text": "tamper switch", "raised": True}
        assert (await storage.proofs.totals()).queued == 0
        assert await counted(storage) == (0, 1, 0, 0)

    run(main())


def test_nothing_is_stored_for_an_empty_batch(storage: Storage, run: Any) -> None:
    assert run(storage.records.save([])) == []


def test_the_outbox_row_is_written_with_its_passage(storage: Storage, run: Any) -> None:
    async def main() -> None:
        await storage.records.save([stored_passage(1), stored_fault(2), stored_passage(3)])
        assert await rows(storage, "select record, state from outbox order by record") == [
            {"record": 1, "state": 0},
            {"record": 3, "state": 0},
        ]

    run(main())


def test_a_record_sent_a_thousand_times_is_stored_once(storage: Storage, run: Any) -> None:
    async def main() -> None:
        assert await storage.records.save([stored_passage(1)]) == [STORED]
        for round_ in range(CAREFUL_BATCHES + 2):  # through the careful way and back again
            again = [
                stored_passage(10_000 + 50 * round_ + i, passage(1, lane=Lane.BACKFILL))
                for i in range(50)
            ]
            assert await storage.records.save(again) == [DUPLICATE] * 50
        assert await counted(storage) == (1, 0, 0, 0)
        assert (await storage.proofs.totals()).queued == 1

    run(main())


def test_duplicates_inside_a_batch_and_new_neighbours(storage: Storage, run: Any) -> None:
    async def main() -> None:
        batch = [
            stored_passage(1),
            stored_passage(2, passage(1)),
            stored_passage(3, passage(2)),
            stored_passage(4, passage(1), device=2),
        ]
        assert await storage.records.save(batch) == [STORED, DUPLICATE, STORED, STORED]
        assert await storage.proofs.identities(DEVICE, EPOCH) == {1, 2}
        assert await storage.proofs.identities(DeviceId(2), EPOCH) == {1}

    run(main())


def test_the_same_batch_again_with_the_same_ids_is_harmless(storage: Storage, run: Any) -> None:
    """As after a commit whose confirmation was lost."""
    batch = [stored_passage(i) for i in range(1, 6)]

    async def main() -> None:
        assert await storage.records.save(batch) == [STORED] * 5
        assert await storage.records.save(batch) == [DUPLICATE] * 5
        assert await counted(storage) == (5, 0, 0, 0)

    run(main())


def test_another_series_numbers_anew(storage: Storage, run: Any) -> None:
    async def main() -> None:
        batch = [stored_passage(1), stored_passage(2, passage(1, series=EPOCH + 1))]
        assert await storage.records.save(batch) == [STORED, STORED]
        assert await storage.proofs.identities(DEVICE, EPOCH + 1) == {1}

    run(main())


def test_raw_bytes_are_cut_out_of_their_batch(storage: Storage, run: Any) -> None:
    batch = [stored_passage(i, passage(i, raw=bytes([i]) * i)) for i in range(1, 30)]

    async def main() -> None:
        await storage.records.save(batch)
        assert len(await rows(storage, "select id from raw_batch")) == 1
        for record in batch:
            found = await storage.raw.raw(record.id)
            assert found is not None
            assert (found.raw, found.adapter) == (record.report.raw, "yls/1.0")
        assert await storage.raw.raw(PassageId(999)) is None

    run(main())


def test_nothing_is_stored_when_the_gateway_dies_before_the_commit(
    shared_dsn: str, tmp_path: Path, run: Any
) -> None:
    seen: list[str] = []

    class Killed(Exception):
        pass

    def probe(name: str) -> None:
        seen.append(name)
        if len(seen) == 1:
            raise Killed

    async def main() -> None:
        storage = await open_storage(shared_dsn, tmp_path / "master.key", probe=probe)
        with pytest.raises(Killed):
            await storage.records.save([stored_passage(1)])
        assert await counted(storage) == (0, 0, 0, 0)
        assert await storage.records.save([stored_passage(1)]) == [STORED]
        await storage.close()
        assert seen == ["store.before_commit", "store.before_commit", "store.after_commit"]

    run(main())


def test_two_batches_with_the_same_records_at_once(storage: Storage, run: Any) -> None:
    first = [stored_passage(i) for i in range(1, 200)]
    second = [replace(record, id=PassageId(record.id + 1000)) for record in reversed(first)]

    async def main() -> None:
        outcomes = await asyncio.gather(storage.records.save(first), storage.records.save(second))
        assert sorted(o.value for batch in outcomes for o in batch) == (
            ["duplicate"] * 199 + ["stored"] * 199
        )
        assert await counted(storage) == (199, 0, 0, 0)

    run(main())


def test_ids_are_drawn_once_over_all_connections(storage: Storage, run: Any) -> None:
    async def main() -> None:
        blocks = await asyncio.gather(*(storage.records.reserve_ids(100) for _ in range(8)))
        assert {len(block) for block in blocks} == {100}
        assert len({number for block in blocks for number in block}) == 800

    run(main())


def test_last_contacts_only_move_forward(storage: Storage, run: Any) -> None:
    async def main() -> None:
        await storage.records.keep_contacts([(DEVICE, 500), (DeviceId(2), 7), (DEVICE, 400)])
        await storage.records.keep_contacts([(DEVICE, 300), (DeviceId(2), 9)])
        assert await storage.records.contacts() == {1: 500, 2: 9}

    run(main())


def test_a_contact_from_a_clock_that_was_wrong_gives_way(storage: Storage, run: Any) -> None:
    async def main() -> None:
        now_ms = wall_ms()
        await storage.records.keep_contacts([(DEVICE, now_ms + 86_400_000)])
        await storage.records.keep_contacts([(DEVICE, now_ms)])
        assert await storage.records.contacts() == {1: now_ms}

    run(main())


def test_a_number_of_ours_that_is_taken_is_never_the_records_fault(
    storage: Storage, run: Any
) -> None:
    """As after a restore from an older copy: the numbers it had not drawn yet are in use."""

    async def main() -> None:
        async with storage.database.use() as connection:
            await connection.execute("insert into outbox (record) values (7)")
        with pytest.raises(StoreUnavailable, match="outbox_pkey"):
            await storage.records.save([stored_passage(7), stored_passage(8)])
        assert await storage.database.probe()
        again = [stored_passage(17, passage(7)), stored_passage(18, passage(8))]
        assert await storage.records.save(again) == [STORED, STORED]
        assert await counted(storage) == (2, 0, 0, 0)

    run(main())


def test_a_wrong_statement_of_ours_never_rejects_a_record(own_storage: Storage, run: Any) -> None:
    """Only the data can be at fault for a rejection; a missing table acknowledges nothing."""

    async def main() -> None:
        async with own_storage.database.use() as connection:
            await connection.execute("alter table outbox rename to lost_outbox")
        with pytest.raises(Exception, match="UndefinedTableError 42P01") as caught:
            await own_storage.records.save([stored_passage(1)])
        assert type(caught.value).__name__ == "StoreUnavailable"
        assert isinstance(caught.value.__cause__, asyncpg.UndefinedTableError)
        assert await own_storage.database.probe()
        assert await counted(own_storage) == (0, 0, 0, 0)

    run(main())
