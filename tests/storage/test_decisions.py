"""Decisions at rest."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest
from gateway.storage.opening import Storage

from gateway.domain.decisions import Because, DecisionRecord, Verdict
from gateway.domain.errors import StoreRefused
from gateway.domain.ids import DeviceId, PersonId, ProjectId
from gateway.domain.vocabulary import Direction, Means
from tests.support.people import GIVEN

MONTH = 31 * 86_400_000


def _record(**changes: Any) -> DecisionRecord:
    given: dict[str, Any] = {
        "device": DeviceId(1),
        "project": None,
        "at_ms": GIVEN,
        "verdict": Verdict.UNDECIDED,
        "because": Because.BUSY,
    }
    return DecisionRecord(**{**given, **changes})


FULL = _record(
    project=ProjectId(2),
    verdict=Verdict.GRANTED,
    because=Because.RECOGNISED,
    detail="eye_distance",
    means=Means.FACE | Means.IRIS,
    direction=Direction.IN,
    claim=PersonId(4_294_967_295),
    person=PersonId(3),
    score=0.75,
    runner_up=0.25,
    threshold=0.5,
    margin=0.125,
    algorithm=65_535,
    index=2**40,
    liveness=0.5,
    waived=("face_box", "eye_distance"),
    latency_ms=87.5,
    budget_ms=300,
)


def test_every_field_of_a_decision_is_stored(storage: Storage, run: Any) -> None:
    async def main() -> None:
        await storage.decisions.save_decisions([])
        await storage.decisions.save_decisions([FULL, _record()])
        async with storage.database.use() as connection:
            rows = await connection.fetch("select * from decision order by id")
        for row, kept in zip(rows, (FULL, _record()), strict=True):
            stored = {**row, "index": row["gallery_index"], "waived": tuple(row["waived"])}
            for field in fields(DecisionRecord):
                value = getattr(kept, field.name)
                assert stored[field.name] == getattr(value, "value", value), field.name

    run(main())


def test_the_newest_decisions_are_read_whole_and_by_device(storage: Storage, run: Any) -> None:
    other = _record(device=DeviceId(2), at_ms=GIVEN + 1)

    async def main() -> None:
        store = storage.decisions
        await store.save_decisions([FULL, other, _record(at_ms=GIVEN + 2)])
        assert await store.latest(2) == [_record(at_ms=GIVEN + 2), other]
        assert await store.latest(5, DeviceId(1)) == [_record(at_ms=GIVEN + 2), FULL]
        assert await store.latest(5, DeviceId(3)) == []

    run(main())


def test_decisions_lie_in_the_month_they_were_made(own_storage: Storage, run: Any) -> None:
    async def main() -> None:
        store = own_storage.decisions
        late = _record(at_ms=GIVEN + 14 * MONTH)
        await store.save_decisions([_record(), late])
        async with own_storage.database.use() as connection:
            count = "select count(*) from decision_202009"
            assert await connection.fetchval(count) == 1
            await connection.execute("alter table decision detach partition decision_202009")
            await store.save_decisions([_record()])
            assert await connection.fetchval(count) == 2

    run(main())


def test_a_batch_no_table_takes_is_refused_whole(storage: Storage, run: Any) -> None:
    async def main() -> None:
        with pytest.raises(StoreRefused):
            await storage.decisions.save_decisions([_record(), _record(detail="no\0text")])
        async with storage.database.use() as connection:
            assert await connection.fetchval("select count(*) from decision") == 0
        assert storage.database.available

    run(main())
