"""A disk that takes no more: nothing is acknowledged, nothing is lost, and it goes on afterwards.

The server runs under a file-size limit, so that the kernel itself refuses to extend a table, on
any machine and for any user.
"""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from gateway.storage.opening import Storage, open_storage
from gateway.storage.supervisor import EmbeddedServer

from gateway.domain.errors import StoreUnavailable
from gateway.domain.events import PictureRef
from gateway.domain.ids import DeviceId
from gateway.domain.ports import Outcome
from tests.support import postgres
from tests.support.reports import passage
from tests.support.stored import stored_passage

FILE_BYTES = 20 * 2**20
"""Room for a segment of the write-ahead log (16 MiB), not for a large table."""
PICTURE_BYTES = 250_000
DEVICE = DeviceId(1)


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedServer]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_BYTES, hard))
    try:
        running = postgres.running_server()
        started = running.__enter__()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    yield started
    running.__exit__(None, None, None)


@pytest.fixture
def storage(server: EmbeddedServer, tmp_path: Path, run: Any) -> Iterator[Storage]:
    opened: Storage = run(open_storage(server.dsn, tmp_path / "key"))
    yield opened
    run(opened.close())


async def fill(storage: Storage) -> int:
    """Save records with pictures until the disk is full; return how many were acknowledged."""
    for number in range(1, 1000):
        data = os.urandom(PICTURE_BYTES)
        picture = PictureRef(digest=number.to_bytes(32, "big"), size=len(data), data=data)
        record = stored_passage(number, passage(number, picture=picture))
        try:
            assert await storage.records.save([record]) == [Outcome.STORED]
        except StoreUnavailable:
            return number - 1
    raise AssertionError("the disk never got full")


def test_a_full_disk_stops_acknowledgements_and_loses_nothing(storage: Storage, run: Any) -> None:
    async def main() -> None:
        acknowledged = await fill(storage)
        assert acknowledged >= 10
        assert not storage.records.available
        assert await storage.database.probe()  # it still answers
        stored = await storage.proofs.counts(DEVICE)
        assert (stored.passages, stored.pictures, stored.rejected) == (
            acknowledged,
            acknowledged,
            0,
        )
        async with storage.database.use() as connection:
            await connection.execute("truncate picture")
        again = stored_passage(5000, passage(acknowledged + 1))
        assert await storage.records.save([again]) == [Outcome.STORED]

    run(main())
