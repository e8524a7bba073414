"""Pictures that follow their record: taken in pieces, durable before they are acknowledged.

A record never waits for its picture (R-105); a picture is deferred rather than lost when the
database is down, because the terminal keeps it until the transfer is confirmed. Those that are
complete while others are being committed share the next transaction.
"""

from __future__ import annotations

from collections import OrderedDict

from gateway.domain.errors import StoreRefused, StoreUnavailable
from gateway.domain.events import BlobCompleted, BlobInterrupted, BlobOffered
from gateway.domain.ids import DeviceId
from gateway.domain.ports import Picture, PictureWanted, SessionHandle
from gateway.domain.requests import Accept, DeclineBlob, TakeBlob
from gateway.domain.times import Instant
from gateway.services.common import Common
from gateway.services.together import Together

FRAGMENT_OVERHEAD = 512
"""Bytes reckoned for remembering a beginning at all; without it a budget of single bytes would
let one terminal fill the memory."""


class Transfers:
    """What the open transfers of all sessions may grow to, by the size each was announced with.

    A limit for each session alone would not do: after an outage every terminal of a city has a
    picture to deliver.
    """

    def __init__(self, budget_bytes: int) -> None:
        self._room = budget_bytes
        self._open: dict[SessionHandle, dict[bytes, int]] = {}

    def begin(self, session: SessionHandle, digest: bytes, size: int) -> bool:
        """Set room aside; False when there is none at present."""
        self.end(session, digest)
        if size > self._room:
            return False
        self._room -= size
        self._open.setdefault(session, {})[digest] = size
        return True

    def end(self, session: SessionHandle, digest: bytes) -> None:
        """Give the room of one transfer back; harmless where there is none."""
        mine = self._open.get(session)
        if mine is not None:
            self._room += mine.pop(digest, 0)
            if not mine:
                del self._open[session]

    def left(self, session: SessionHandle) -> None:
        """Give everything of a session back."""
        self._room += sum(self._open.pop(session, {}).values())


class Fragments:
    """Beginnings of interrupted pictures, oldest forgotten first when the budget is used up."""

    def __init__(self, budget_bytes: int) -> None:
        self._budget = budget_bytes
        self._used = 0
        self._kept: OrderedDict[tuple[DeviceId, bytes], bytes] = OrderedDict()

    def keep(self, device: DeviceId, digest: bytes, data: bytes) -> None:
        """Remember what arrived, if anything did; a later beginning replaces an earlier one."""
        if not data:
            return
        self.take(device, digest)
        self._kept[device, digest] = data
        self._used += len(data) + FRAGMENT_OVERHEAD
        while self._used > self._budget:
            _, dropped = self._kept.popitem(last=False)
            self._used -= len(dropped) + FRAGMENT_OVERHEAD

    def take(self, device: DeviceId, digest: bytes) -> bytes:
        """Return and forget the beginning, empty when there is none."""
        data = self._kept.pop((device, digest), b"")
        if data:
            self._used -= len(data) + FRAGMENT_OVERHEAD
        return data


class Pictures:
    """Answers the offers of pictures and stores what arrives."""

    def __init__(self, common: Common) -> None:
        store = common.store
        self._tasks = common.tasks
        self._tally = common.tally
        self._log = common.log
        self._max = common.limits.max_picture_bytes
        self._fragments = Fragments(common.limits.fragment_bytes)
        self._transfers = Transfers(common.limits.transfer_bytes)
        self._held: Together[PictureWanted, bool] = Together(
            store.has_pictures, common.tasks, "picture.offers"
        )
        self._saving: Together[Picture, StoreRefused | None] = Together(
            store.save_pictures,
            common.tasks,
            "pictures",
            weigh=lambda picture: len(picture.data),
        )

    def offered(self, session: SessionHandle, event: BlobOffered) -> None:
        """Take, resume or decline; a picture already durable needs no transfer."""
        if event.kind != "snapshot":
            self._decline(session, event, "unsupported")
        elif event.size > self._max:
            self._decline(session, event, "too_large")
        elif not self._transfers.begin(session, event.digest, event.size):
            self._decline(session, event, "unavailable")
        else:
            self._tasks.spawn(self._answer(session, event), "picture.offer")

    async def _answer(self, session: SessionHandle, event: BlobOffered) -> None:
        try:
            known = await self._held.of(PictureWanted(session.device, event.digest))
        except Exception as error:
            self._transfers.end(session, event.digest)
            self._decline(session, event, "unavailable")
            if not isinstance(error, StoreUnavailable):
                raise
            return
        if known or session.over:
            self._transfers.end(session, event.digest)
        if session.over:
            return  # its beginning waits for the next connection
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
            refused = await self._saving.of(picture)
        except Exception as error:  # the conversation keeps the object, and so its room
            self._decline(session, event, "unavailable")
            if not isinstance(error, StoreUnavailable):
                raise
            return
        self._transfers.end(session, event.digest)
        if refused is not None:
            self._log.error("picture.rejected", device=picture.device, error=str(refused))
            self._decline(session, event, "quota")
        else:
            self._count(picture, event)
            session.submit(Accept(receipt=event.receipt))

    def _count(self, picture: Picture, event: BlobCompleted) -> None:
        self._tally.pictures_stored += 1
        if event.damage is not None:
            self._tally.pictures_damaged += 1
            self._log.warning("picture.damaged", device=picture.device, reason=event.damage)

    def interrupted(self, session: SessionHandle, event: BlobInterrupted) -> None:
        """Keep a beginning for the resumption."""
        self._transfers.end(session, event.digest)
        self._fragments.keep(session.device, event.digest, event.data)

    def left(self, session: SessionHandle) -> None:
        """Take note that a session ended, and all of its transfers with it."""
        self._transfers.left(session)

    def _decline(
        self, session: SessionHandle, event: BlobOffered | BlobCompleted, code: str
    ) -> None:
        self._tally.pictures_declined += 1
        session.submit(DeclineBlob(receipt=event.receipt, code=code))
