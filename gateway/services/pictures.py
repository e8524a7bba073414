"""Pictures that follow their record: taken in pieces, durable before they are acknowledged.

A record never waits for its picture (R-105); a picture is deferred rather than lost when the
database is down, because the terminal keeps it until the transfer is confirmed.
"""

from __future__ import annotations

from collections import OrderedDict

from gateway.domain.errors import StoreRefused, StoreUnavailable
from gateway.domain.events import BlobCompleted, BlobInterrupted, BlobOffered
from gateway.domain.ids import DeviceId
from gateway.domain.ports import Picture, SessionHandle
from gateway.domain.requests import Accept, DeclineBlob, TakeBlob
from gateway.domain.times import Instant
from gateway.services.common import Common


class Fragments:
    """Beginnings of interrupted pictures, oldest forgotten first when the budget is used up."""

    def __init__(self, budget_bytes: int) -> None:
        self._budget = budget_bytes
        self._used = 0
        self._kept: OrderedDict[tuple[DeviceId, bytes], bytes] = OrderedDict()

    def keep(self, device: DeviceId, digest: bytes, data: bytes) -> None:
        """Remember what arrived; a longer beginning replaces a shorter one."""
        self.take(device, digest)
        self._kept[device, digest] = data
        self._used += len(data)
        while self._used > self._budget:
            _, dropped = self._kept.popitem(last=False)
            self._used -= len(dropped)

    def take(self, device: DeviceId, digest: bytes) -> bytes:
        """Return and forget the beginning, empty when there is none."""
        data = self._kept.pop((device, digest), b"")
        self._used -= len(data)
        return data


class Pictures:
    """Answers the offers of pictures and stores what arrives."""

    def __init__(self, common: Common) -> None:
        self._store = common.store
        self._tasks = common.tasks
        self._tally = common.tally
        self._log = common.log
        self._max = common.limits.max_picture_bytes
        self._fragments = Fragments(common.limits.fragment_bytes)

    def offered(self, session: SessionHandle, event: BlobOffered) -> None:
        """Take, resume or decline; a picture already durable needs no transfer."""
        if event.kind != "snapshot":
            self._decline(session, event, "unsupported")
        elif event.size > self._max:
            self._decline(session, event, "too_large")
        else:
            self._tasks.spawn(self._answer(session, event), "picture.offer")

    async def _answer(self, session: SessionHandle, event: BlobOffered) -> None:
        try:
            known = await self._store.has_picture(session.device, event.digest)
        except StoreUnavailable:
            self._decline(session, event, "unavailable")
            return
        prefix = b"" if known else self._fragments.take(session.device, event.digest)
        session.submit(TakeBlob(receipt=event.receipt, prefix=prefix, have_all=known))

    def completed(self, session: SessionHandle, event: BlobCompleted, now: Instant) -> None:
        """Store a whole picture, then confirm it."""
        picture = Picture(
            device=session.device,
            digest=event.digest,
            data=event.data,
            received_ms=now.wall,
            series=event.series,
            number=event.number,
            damaged=event.damage is not None,
        )
        self._tasks.spawn(self._save(session, event, picture), "picture.save")

    async def _save(self, session: SessionHandle, event: BlobCompleted, picture: Picture) -> None:
        try:
            await self._store.save_picture(picture)
        except StoreUnavailable:
            self._decline(session, event, "unavailable")
        except StoreRefused as error:
            self._log.error("picture.rejected", device=picture.device, error=str(error))
            self._decline(session, event, "quota")
        else:
            self._count(picture, event)
            session.submit(Accept(receipt=event.receipt))

    def _count(self, picture: Picture, event: BlobCompleted) -> None:
        self._tally.pictures_stored += 1
        if event.damage is not None:
            self._tally.pictures_damaged += 1
            self._log.warning("picture.damaged", device=picture.device, reason=event.damage)

    def interrupted(self, device: DeviceId, event: BlobInterrupted) -> None:
        """Keep a beginning for the resumption."""
        self._fragments.keep(device, event.digest, event.data)

    def _decline(
        self, session: SessionHandle, event: BlobOffered | BlobCompleted, code: str
    ) -> None:
        self._tally.pictures_declined += 1
        session.submit(DeclineBlob(receipt=event.receipt, code=code))
