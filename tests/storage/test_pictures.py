from __future__ import annotations

import asyncio
import hashlib
from typing import Any

from gateway.storage.opening import Storage
from gateway.storage.pool import Turn

from gateway.domain.errors import StoreRefused
from gateway.domain.events import PictureRef
from gateway.domain.ids import DeviceId
from gateway.domain.ports import Outcome, Picture, PictureWanted
from tests.support.reports import NOW, passage
from tests.support.stored import stored_passage

DEVICE = DeviceId(1)
DATA = b"\xff\xd8 a face, as bytes of a picture \xff\xd9" * 40
DIGEST = hashlib.sha256(DATA).digest()
HOUR_MS = 3_600_000
WAITING = "select exists (select from pg_locks where not granted)"


def late(data: bytes = DATA, **changes: Any) -> Picture:
    values = {"device": DEVICE, "data": data, "received_ms": NOW.wall, "series": 1, "number": 2}
    return Picture(digest=hashlib.sha256(data).digest(), **{**values, **changes})


def with_picture(data: bytes | None = None) -> Any:
    return PictureRef(digest=DIGEST, size=len(DATA), data=data)


async def column(storage: Storage, query: str) -> list[Any]:
    async with storage.database.use() as connection:
        return [row[0] for row in await connection.fetch(query)]


def test_a_late_picture_is_stored_once_and_comes_back(storage: Storage, run: Any) -> None:
    async def main() -> None:
        asked = [PictureWanted(DEVICE, DIGEST), PictureWanted(DeviceId(2), DIGEST)]
        assert await storage.records.has_pictures(asked) == [False, False]
        assert await storage.records.save_pictures([late(damaged=True), late()]) == [None, None]
        assert await storage.records.save_pictures([late()]) == [None]
        assert await storage.records.has_pictures(asked) == [True, False]
        assert await storage.records.has_pictures(asked[::-1]) == [False, True]
        assert await storage.pictures.picture(DEVICE, DIGEST) == DATA
        assert await storage.pictures.picture(DeviceId(2), DIGEST) is None
        assert await column(storage, "select damaged from picture") == [True]
        assert await storage.proofs.picture_digests(DEVICE) == {DIGEST}

    run(main())


def test_an_inline_picture_is_stored_with_its_record(storage: Storage, run: Any) -> None:
    record = stored_passage(1, passage(1, picture=with_picture(DATA)))
    again = stored_passage(2, passage(2, picture=with_picture(DATA)))

    async def main() -> None:
        assert await storage.records.save([record, again]) == [Outcome.STORED] * 2
        assert await storage.pictures.picture(DEVICE, DIGEST) == DATA
        await storage.records.save_pictures([late()])
        assert await column(storage, "select id from picture") == [1]
        assert (await storage.proofs.counts(DEVICE)).pictures == 1

    run(main())


def test_an_inline_picture_that_is_damaged_is_marked_as_such(storage: Storage, run: Any) -> None:
    damaged = PictureRef(digest=DIGEST, size=len(DATA), data=DATA, damage="truncated")

    async def main() -> None:
        await storage.records.save([stored_passage(1, passage(1, picture=damaged))])
        assert await column(storage, "select damaged from picture") == [True]

    run(main())


def test_the_picture_of_a_rejected_record_is_kept(storage: Storage, run: Any) -> None:
    record = stored_passage(1, passage(1, claim="\0", picture=with_picture(DATA)))

    async def main() -> None:
        assert await storage.records.save([record]) == [Outcome.REJECTED]
        assert await storage.pictures.picture(DEVICE, DIGEST) == DATA

    run(main())


def test_the_picture_of_a_clone_is_kept(storage: Storage, run: Any) -> None:
    clone = passage(1, digest=b"c" * 32, picture=with_picture(DATA))

    async def main() -> None:
        await storage.records.save([stored_passage(1)])
        assert await storage.records.save([stored_passage(2, clone)]) == [Outcome.CONFLICT]
        assert await storage.pictures.picture(DEVICE, DIGEST) == DATA

    run(main())


def test_picture_state_of_a_passage(storage: Storage, run: Any) -> None:
    """None / late / failed after 72 hours / with (R-105)."""

    async def main() -> None:
        (now,) = await column(storage, "select commit_ms()")
        announced = {"picture": with_picture()}
        batch = [
            stored_passage(1, received_ms=now),
            stored_passage(2, passage(2, **announced), received_ms=now - 71 * HOUR_MS),
            stored_passage(3, passage(3, **announced), received_ms=now - 73 * HOUR_MS),
        ]
        await storage.records.save(batch)
        states = "select picture_state from passage_view order by id"
        assert await column(storage, states) == ["none", "late", "failed"]
        await storage.records.save_pictures([late()])
        assert await column(storage, states) == ["none", "with", "with"]

    run(main())


def test_pictures_are_not_compressed_but_external(storage: Storage, run: Any) -> None:
    async def main() -> None:
        query = """
            select attstorage::text from pg_attribute
            where attname = 'data' and attrelid::regclass::text ~ '^(picture|raw_batch)_2'
        """
        assert set(await column(storage, query)) == {"e"}

    run(main())


def test_pictures_that_wait_keep_no_record_waiting(storage: Storage, run: Any) -> None:
    """A late picture must not delay a record (R-105), however many of them there are."""

    async def main() -> None:
        async with storage.database.transaction(turn=Turn.SLOW) as holder:
            await holder.execute("lock table picture_identity in exclusive mode")
            saving = [
                asyncio.create_task(storage.records.save_pictures([late(DATA + bytes([at]))]))
                for at in range(20)
            ]
            while not await holder.fetchval(WAITING):
                pass
            assert await storage.records.save([stored_passage(1)]) == [Outcome.STORED]
            assert not any(task.done() for task in saving)
        await asyncio.gather(*saving)
        assert len(await storage.proofs.picture_digests(DEVICE)) == 20

    run(main())


def test_a_picture_the_database_refuses_fails_no_other(storage: Storage, run: Any) -> None:
    batch = [late(DATA + bytes([at])) for at in range(5)]
    batch[3] = late(DATA, series=2**70)

    async def main() -> None:
        fates = await storage.records.save_pictures(batch)
        assert [fate is None for fate in fates] == [True, True, True, False, True]
        assert isinstance(fates[3], StoreRefused)
        stored = {one.digest for one in batch if one is not batch[3]}
        assert await storage.proofs.picture_digests(DEVICE) == stored

    run(main())


def test_two_batches_with_the_same_pictures_wait_for_each_other(storage: Storage, run: Any) -> None:
    batch = [late(DATA + bytes([at])) for at in range(16)]

    async def main() -> None:
        save = storage.records.save_pictures
        fates = await asyncio.gather(*(save(batch[::step]) for step in (1, -1) * 4))
        assert fates == [[None] * 16] * 8
        assert len(await column(storage, "select id from picture")) == 16

    run(main())
