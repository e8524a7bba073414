"""Late pictures: those that follow their record, a batch in a transaction of its own.

They never take a record's turn, so that no record waits for one (R-105).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from itertools import islice

from gateway.storage.failures import refusal
from gateway.storage.halving import halving
from gateway.storage.keyring import PICTURE, Keyring
from gateway.storage.partitions import Partitions
from gateway.storage.pictures import NumberedPicture, write_pictures
from gateway.storage.pool import Database

from gateway.domain.errors import StoreRefused
from gateway.domain.ports import Picture, PictureWanted

IDS = 1_000
"""Ids drawn at once."""
HELD = """
select exists (select from picture_identity i where i.device = w.device and i.digest = w.digest)
from unnest($1::integer[], $2::bytea[]) with ordinality as w (device, digest, place)
order by place
"""


class LatePictures:
    """Stores pictures that come by themselves, and knows which are held."""

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        partitions: Partitions,
        draw_ids: Callable[[int], Awaitable[range]],
        probe: Callable[[str], None],
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._partitions = partitions
        self._draw_ids = draw_ids
        self._probe = probe
        self._ids: Iterator[int] = iter(())
        self._drawing = asyncio.Lock()
        """A block runs out for all waiting batches at once; one of them draws the next."""

    async def save(self, batch: Sequence[Picture]) -> list[StoreRefused | None]:
        """See the port. Raises StoreUnavailable, and then nothing of it is acknowledged."""
        if not batch:
            return []
        numbers = await self._numbers(len(batch))
        rows = [NumberedPicture(id_, one) for id_, one in zip(numbers, batch, strict=True)]
        return await self._partitions.placed(
            [picture.received_ms for picture in batch],
            lambda: halving(rows, self._commit, _refuse),
        )

    async def held(self, wanted: Sequence[PictureWanted]) -> list[bool]:
        """See the port."""
        devices, digests = [one.device for one in wanted], [one.digest for one in wanted]
        async with self._database.use() as connection:
            return [row[0] for row in await connection.fetch(HELD, devices, digests)]

    async def _commit(self, rows: Sequence[NumberedPicture]) -> list[StoreRefused | None]:
        sealer = await self._keyring.sealer(PICTURE, rows[0].picture.received_ms)
        async with self._database.transaction() as connection:
            await write_pictures(connection, sealer, rows)
            self._probe("store.before_commit")
        self._probe("store.after_commit")
        return [None] * len(rows)

    async def _numbers(self, count: int) -> list[int]:
        """Take ids from our block: drawn one by one, pictures would wait for each other."""
        async with self._drawing:
            taken = list(islice(self._ids, count))
            while len(taken) < count:
                self._ids = iter(await self._draw_ids(IDS))
                taken += islice(self._ids, count - len(taken))
            return taken


async def _refuse(row: NumberedPicture, error: Exception) -> StoreRefused | None:
    del row
    return refusal(error)
