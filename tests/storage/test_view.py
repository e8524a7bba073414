"""What people see: columns in words, whatever a terminal sent."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from gateway.storage.document import (
    DeviceEntry,
    DirectoryDocument,
    ModelEntry,
    MountingEntry,
    ProjectEntry,
    SupplierEntry,
)
from gateway.storage.opening import Storage

from gateway.domain.directory import Area
from gateway.domain.passages import PassageFlag
from gateway.domain.vocabulary import Decision, Direction, Lane, Means, VerifiedBy
from tests.support.reports import NOW, passage
from tests.support.stored import stored_passage


def test_a_passage_in_words(storage: Storage, run: Any) -> None:
    document = DirectoryDocument(
        areas=(Area(code="990000", name="Sample county"),),
        suppliers=(SupplierEntry(code="S01", name="Sample maker"),),
        models=(ModelEntry(supplier="S01", name="M"),),
        projects=(ProjectEntry(code="P1", name="Bridge", area="990000", channels=("Gate 1",)),),
        devices=(
            DeviceEntry(
                serial="YLS-00000001",
                supplier="S01",
                model="M",
                dialect="yls",
                mounting=MountingEntry(project="P1", channel="Gate 1"),
            ),
        ),
    )

    async def main() -> None:
        await storage.directory.import_directory(document)
        directory = await storage.directory.load()
        (device,) = directory.devices.values()
        report = passage(
            1,
            means=Means.FACE | Means.IRIS | Means.MANUAL,
            decision=Decision.HELMET_MISSING,
            verified_by=VerifiedBy.TERMINAL_AFTER_DEADLINE,
            lane=Lane.BACKFILL,
        )
        record = stored_passage(
            1,
            report,
            place=directory.placement(device, NOW.wall),
            flags=PassageFlag.STRANGER | PassageFlag.OPENED_BY_GUARD,
            direction=Direction.OUT,
        )
        await storage.records.save([record])
        async with storage.database.use() as connection:
            row = await connection.fetchrow("select * from passage_view")
        assert row is not None
        words = {
            "serial": "YLS-00000001",
            "project_code": "P1",
            "project_name": "Bridge",
            "channel_name": "Gate 1",
            "event_at": datetime(2026, 9, 2, 5, 4, 14, 997_000, UTC),
            "device_at": datetime(2026, 9, 2, 5, 4, 15, tzinfo=UTC),
            "received_at": datetime(2026, 9, 2, 5, 4, 16, tzinfo=UTC),
            "clock_offset_ms": 3,
            "time_verdict": "plausible",
            "direction": "out",
            "direction_source": "message",
            "decision": "helmet_missing",
            "means": ["face", "iris", "manual"],
            "verified_by": "terminal_after_deadline",
            "lane": "backfill",
            "flags": ["stranger", "opened_by_guard"],
            "picture_state": "none",
            "disputed": False,
        }
        assert {name: row[name] for name in words} == words

    run(main())


def test_every_word_of_a_vocabulary_is_shown(storage: Storage, run: Any) -> None:
    async def main() -> None:
        batch = [
            stored_passage(number, passage(number, decision=decision))
            for number, decision in enumerate(Decision, 1)
        ]
        await storage.records.save(batch)
        async with storage.database.use() as connection:
            shown = await connection.fetch("select decision from passage_view order by id")
            assert [row[0] for row in shown] == [decision.name.lower() for decision in Decision]
            for words, vocabulary in (("means", Means), ("flags", PassageFlag)):
                every = sum(vocabulary)
                await connection.execute(f"update passage set {words} = {every}")
                value = await connection.fetchval(f"select {words} from passage_view limit 1")
                assert value == [str(entry.name).lower() for entry in vocabulary]

    run(main())
