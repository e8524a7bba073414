"""A record store that measures another one; neither knows of the other's business."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from gateway.monitoring.metrics import (
    BATCH_ROWS,
    STORE_AVAILABLE,
    STORE_FAILURES,
    STORE_SECONDS,
    Metrics,
)

from gateway.domain.errors import StoreRefused, StoreUnavailable
from gateway.domain.ids import DeviceId
from gateway.domain.passages import Record
from gateway.domain.ports import (
    LostRange,
    Outcome,
    Picture,
    PictureWanted,
    RecordStore,
    SeriesWanted,
)
from gateway.domain.requests import HeldSeries

Answer = TypeVar("Answer")


class MeasuredStore:
    """Passes every call on, and counts how long it took and whether it was answered."""

    def __init__(
        self, store: RecordStore, metrics: Metrics, monotonic: Callable[[], float]
    ) -> None:
        self._store = store
        self._monotonic = monotonic
        self._seconds = metrics[STORE_SECONDS]
        self._failures = metrics[STORE_FAILURES]
        self._available = metrics[STORE_AVAILABLE].at()
        self._batch = metrics[BATCH_ROWS].at()

    @property
    def available(self) -> bool:
        """Whether the latest question was answered; False before the first."""
        return bool(self._available.value)

    async def save(self, batch: Sequence[Record]) -> list[Outcome]:
        """See `RecordStore`."""
        self._batch.observe(len(batch))
        return await self._measure("save", self._store.save(batch))

    async def save_lost(self, lost: LostRange) -> None:
        """See `RecordStore`."""
        await self._measure("save_lost", self._store.save_lost(lost))

    async def save_pictures(self, batch: Sequence[Picture]) -> list[StoreRefused | None]:
        """See `RecordStore`."""
        return await self._measure("save_pictures", self._store.save_pictures(batch))

    async def has_pictures(self, wanted: Sequence[PictureWanted]) -> list[bool]:
        """See `RecordStore`."""
        return await self._measure("has_pictures", self._store.has_pictures(wanted))

    async def held(self, wanted: Sequence[SeriesWanted]) -> list[HeldSeries]:
        """See `RecordStore`."""
        return await self._measure("held", self._store.held(wanted))

    async def keep_cursors(self, cursors: Sequence[tuple[DeviceId, HeldSeries]]) -> None:
        """See `RecordStore`."""
        await self._measure("keep_cursors", self._store.keep_cursors(cursors))

    async def keep_contacts(self, contacts: Sequence[tuple[DeviceId, int]]) -> None:
        """See `RecordStore`."""
        await self._measure("keep_contacts", self._store.keep_contacts(contacts))

    async def reserve_ids(self, count: int) -> range:
        """See `RecordStore`."""
        return await self._measure("reserve_ids", self._store.reserve_ids(count))

    async def _measure(self, operation: str, answer: Awaitable[Answer]) -> Answer:
        began = self._monotonic()
        try:
            result = await answer
        except StoreUnavailable:
            self._failures.at(operation).inc()
            self._available.value = 0
            raise
        self._available.value = 1
        self._seconds.at(operation).observe(self._monotonic() - began)
        return result
