"""Galleries are read as of one moment, whole or not at all, and give their connection back."""

from __future__ import annotations

from typing import Any

import pytest
from gateway.storage.galleries import BATCH
from gateway.storage.months import wall_ms
from gateway.storage.opening import Storage

from gateway.domain.errors import GatepostError, StoreUnavailable
from gateway.domain.workers import Subject
from tests.storage.test_galleries import datas, enrolled, members, put
from tests.support.people import make_member, make_projects


def test_many_templates_stream_in_batches_as_of_one_moment(storage: Storage, run: Any) -> None:
    async def main() -> None:
        one, _ = await make_projects(storage)
        person = await make_member(storage, one)
        wanted = [n.to_bytes(2, "big") for n in range(4 * BATCH + 1)]
        await put(storage, one, person, *wanted)
        sizes: list[int] = []
        found: list[bytes] = []
        async for batch in storage.galleries.members(one):
            if not sizes:
                await storage.workers.withdraw(person, Subject.BIO_NETWORK, wall_ms())
            sizes.append(len(batch))
            found += datas(batch)
        assert sorted(found) == wanted
        assert sizes == [BATCH] * 4 + [1]
        assert await members(storage, one) == []

    run(main())


def test_a_reader_who_leaves_early_gives_its_turn_back(storage: Storage, run: Any) -> None:
    async def main() -> None:
        one, _ = await make_projects(storage)
        person = await make_member(storage, one)
        await put(storage, one, person, *(n.to_bytes(2, "big") for n in range(5 * BATCH)))
        for _ in range(3):
            stream = storage.galleries.members(one)
            assert len(await anext(aiter(stream))) == BATCH
            await stream.aclose()
        assert len(await members(storage, one)) == 5 * BATCH
        assert storage.database.available

    run(main())


def test_a_damaged_template_is_an_error_and_not_a_short_gallery(storage: Storage, run: Any) -> None:
    async def main() -> None:
        one, _ = await make_projects(storage)
        await enrolled(storage, one)
        async with storage.database.use() as connection:
            await connection.execute("update template set id = id + 1000000")
        with pytest.raises(GatepostError, match=r"key\.mismatch"):
            await members(storage, one)

    run(main())


def test_a_stream_from_a_database_that_is_gone_says_so(storage: Storage, run: Any) -> None:
    async def main() -> None:
        one, _ = await make_projects(storage)
        await enrolled(storage, one)
        async with storage.database.use() as connection:
            await connection.execute("alter table template rename to template_gone")
            try:
                with pytest.raises(StoreUnavailable):
                    await members(storage, one)
            finally:
                await connection.execute("alter table template_gone rename to template")

    run(main())
