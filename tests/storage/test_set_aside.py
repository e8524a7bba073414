"""Records that contradict what is stored, or that no table takes: kept with their bytes."""

from __future__ import annotations

import hashlib
import random
from typing import Any

import pytest
from gateway.storage.opening import Storage

from gateway.domain.ids import PassageId
from gateway.domain.ports import SeriesWanted
from gateway.domain.times import CorrectedTime, TimeVerdict
from gateway.domain.vocabulary import Lane
from tests.support.reports import EPOCH, NOW, identity, passage
from tests.support.stored import (
    CONFLICT,
    DEVICE,
    DUPLICATE,
    REJECTED,
    STORED,
    counted,
    rows,
    stored_passage,
)


def test_a_clone_with_another_event_time_is_quarantined(storage: Storage, run: Any) -> None:
    """Both versions are kept with their bytes, the first one stays a passage (17a)."""
    clone = passage(1, device_ms=NOW.wall - 60_000, digest=b"c" * 32, raw=b"clone's bytes")

    async def main() -> None:
        assert await storage.records.save([stored_passage(1)]) == [STORED]
        batch = [stored_passage(2, clone), stored_passage(3, passage(2))]
        assert await storage.records.save(batch) == [CONFLICT, STORED]
        assert await storage.records.save([stored_passage(4, clone)]) == [CONFLICT]
        assert await storage.records.save([stored_passage(5, passage(1))]) == [DUPLICATE]
        found = await rows(
            storage,
            "select digest, record, first_version, raw is not null as kept"
            " from quarantined_record order by id",
        )
        assert found == [
            {"digest": passage(1).digest, "record": 1, "first_version": True, "kept": True},
            {"digest": b"c" * 32, "record": 1, "first_version": False, "kept": True},
        ]
        assert await rows(storage, "select kind from record_identity order by identity") == [
            {"kind": 3},
            {"kind": 1},
        ]
        assert await counted(storage) == (2, 0, 1, 0)
        versions = await storage.aside.versions(DEVICE, identity(1))
        assert [version.raw for version in versions] == [passage(1).raw, b"clone's bytes"]

    run(main())


def test_two_versions_inside_one_batch(storage: Storage, run: Any) -> None:
    other = passage(1, digest=b"o" * 32, raw=b"other")

    async def main() -> None:
        batch = [stored_passage(1), stored_passage(2, other)]
        assert await storage.records.save(batch) == [STORED, CONFLICT]
        versions = await storage.aside.versions(DEVICE, identity(1))
        assert [version.raw for version in versions] == [passage(1).raw, b"other"]

    run(main())


def test_a_whole_batch_of_clones_keeps_every_version(storage: Storage, run: Any) -> None:
    """A terminal restored from a copy repeats its numbers by the hundred, and holds nobody up."""
    numbers = range(1, 101)

    def clone(number: int) -> Any:
        return passage(number, digest=bytes([number]) * 16, raw=b"clone %d" % number)

    async def main() -> None:
        for at in (0, 50):  # the first versions lie in two batches
            batch = [stored_passage(n) for n in numbers[at : at + 50]]
            assert await storage.records.save(batch) == [STORED] * 50
        batch = [stored_passage(1000 + n, clone(n)) for n in numbers]
        batch[7] = stored_passage(1008, passage(8))  # one of them is only sent again
        outcomes = [CONFLICT] * 100
        outcomes[7] = DUPLICATE
        assert await storage.records.save(batch) == outcomes
        assert await counted(storage) == (100, 0, 99, 0)
        for number in (1, 50, 51, 100):
            versions = await storage.aside.versions(DEVICE, identity(number))
            assert [v.raw for v in versions] == [passage(number).raw, b"clone %d" % number]
        assert await storage.aside.versions(DEVICE, identity(8)) == []

    run(main())


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"claim": "a\0b"}, "CharacterNotInRepertoireError 22021"),
        ({"claim": "\ud800"}, "UnicodeEncodeError"),
        ({"door": 2**40}, "OverflowError"),
        ({"device_ms": 2**63}, "OverflowError"),
    ],
)
def test_a_poisonous_row_is_set_aside_alone(
    storage: Storage, run: Any, changes: dict[str, Any], error: str
) -> None:
    batch = [stored_passage(i) for i in range(1, 12)]
    batch[6] = stored_passage(7, passage(7, **changes))

    async def main() -> None:
        expected = [STORED] * 11
        expected[6] = REJECTED
        assert await storage.records.save(batch) == expected
        assert await counted(storage) == (10, 0, 0, 1)
        (row,) = await rows(storage, "select id, identity, error, kind from rejected_record")
        assert row["id"] == 7
        assert row["identity"] == identity(7)
        assert row["kind"] == 1
        assert row["error"].startswith(error)
        # Rejected counts as held: it is never awaited, and sent again it is known.
        (held,) = await storage.records.held([SeriesWanted(DEVICE, EPOCH, 1)])
        assert (held.upto, held.ranges) == (11, ())
        again = stored_passage(100, batch[6].report)
        assert await storage.records.save([again]) == [DUPLICATE]
        kept = await storage.aside.rejected(PassageId(7))
        assert kept is not None
        assert (kept.raw, kept.adapter) == (batch[6].report.raw, "yls/1.0")

    run(main())


def test_an_impossible_event_time_is_stored_as_claimed(storage: Storage, run: Any) -> None:
    time = CorrectedTime(
        device_ms=2**62, corrected_ms=2**62, offset_ms=None, verdict=TimeVerdict.FUTURE
    )

    async def main() -> None:
        assert await storage.records.save([stored_passage(1, time=time)]) == [STORED]
        (row,) = await rows(storage, "select event_at, time_verdict from passage_view")
        assert row == {"event_at": None, "time_verdict": "future"}

    run(main())


def test_an_identity_no_index_takes_is_kept_without_being_held(storage: Storage, run: Any) -> None:
    report = passage(1, identity=random.Random(1).randbytes(4000))

    async def main() -> None:
        batch = [stored_passage(1, report), stored_passage(2)]
        assert await storage.records.save(batch) == [REJECTED, STORED]
        assert await counted(storage) == (1, 0, 0, 1)

    run(main())


def test_a_whole_batch_of_poison_keeps_every_row(storage: Storage, run: Any) -> None:
    batch = [stored_passage(i, passage(i, claim="\0")) for i in range(1, 9)]

    async def main() -> None:
        assert await storage.records.save(batch) == [REJECTED] * 8
        assert await counted(storage) == (0, 0, 0, 8)

    run(main())


def test_digest_is_what_decides_and_not_the_event_time_alone(storage: Storage, run: Any) -> None:
    """A terminal may resend with another lane or picture: the digest says it is the same."""
    same = passage(1, lane=Lane.BACKFILL, taken_offline=True)
    assert same.digest == hashlib.sha256(f"{EPOCH}/1".encode()).digest()

    async def main() -> None:
        batch = [stored_passage(1), stored_passage(2, same)]
        assert await storage.records.save(batch) == [STORED, DUPLICATE]

    run(main())
