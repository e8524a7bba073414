"""An in-memory RecordStore for tests of time and failure; the contract suite keeps it honest."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from gateway.domain.errors import StoreRefused, StoreUnavailable
from gateway.domain.ids import DeviceId
from gateway.domain.numbers import HeldNumbers
from gateway.domain.passages import Record
from gateway.domain.ports import LostRange, Outcome, Picture, PictureWanted, SeriesWanted
from gateway.domain.requests import HeldSeries


class MemoryStore:
    """Keeps what it is given; ``down`` makes every call fail as an absent database would."""

    def __init__(self) -> None:
        self.down = False
        self.delays: dict[int, asyncio.Event] = {}
        """What `held` waits for, by series."""
        self.records: dict[tuple[DeviceId, bytes], Record] = {}
        self.lost: list[LostRange] = []
        self.pictures: dict[tuple[DeviceId, bytes], Picture] = {}
        self.cursors: dict[tuple[DeviceId, int], HeldSeries] = {}
        self.contacts: dict[DeviceId, int] = {}
        self.batches: list[int] = []
        self._next = 1

    def _ask(self) -> None:
        if self.down:
            raise StoreUnavailable("the test says so")

    async def save(self, batch: Sequence[Record]) -> list[Outcome]:
        self._ask()
        self.batches.append(len(batch))
        return [self._save_one(record) for record in batch]

    def _save_one(self, record: Record) -> Outcome:
        key = record.place.device, record.report.identity
        old = self.records.setdefault(key, record)
        if old is record:
            return Outcome.STORED
        same = old.report.digest == record.report.digest
        return Outcome.DUPLICATE if same else Outcome.CONFLICT

    async def save_lost(self, lost: LostRange) -> None:
        self._ask()
        self.lost.append(lost)

    async def save_pictures(self, batch: Sequence[Picture]) -> list[StoreRefused | None]:
        self._ask()
        for picture in batch:
            self.pictures.setdefault((picture.device, picture.digest), picture)
        return [None] * len(batch)

    async def has_pictures(self, wanted: Sequence[PictureWanted]) -> list[bool]:
        self._ask()
        return [one in self.pictures for one in wanted]

    async def held(self, wanted: Sequence[SeriesWanted]) -> list[HeldSeries]:
        for one in wanted:
            if one.series in self.delays:
                await self.delays[one.series].wait()
        self._ask()
        return [self._held(*one) for one in wanted]

    def _held(self, device: DeviceId, series: int, first: int) -> HeldSeries:
        numbers = HeldNumbers(series, first - 1)
        for record in self.records.values():
            if record.place.device == device and record.report.series == series:
                numbers.add(record.report.number)
        for lost in self.lost:
            if lost.device == device and lost.series == series:
                numbers.add(lost.first, lost.last)
        return numbers.snapshot()

    async def keep_cursors(self, cursors: Sequence[tuple[DeviceId, HeldSeries]]) -> None:
        self._ask()
        for device, held in cursors:
            self.cursors[device, held.series] = held

    async def keep_contacts(self, contacts: Sequence[tuple[DeviceId, int]]) -> None:
        self._ask()
        for device, seen_ms in contacts:
            self.contacts[device] = max(seen_ms, self.contacts.get(device, 0))

    async def reserve_ids(self, count: int) -> range:
        self._ask()
        block = range(self._next, self._next + count)
        self._next += count
        return block
