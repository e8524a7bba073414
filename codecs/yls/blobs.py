"""Large objects from a device: open, data, close, resumable (YLS/1 12).

Owns what has arrived of the open transfers of one connection. Knows no storage: the gateway says
where to resume, and takes the whole object when its digest holds.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import NamedTuple

from gateway.codecs.jpeg import judge
from gateway.codecs.yls.asked import Asked, Reply, Verdict
from gateway.codecs.yls.body import RESULT_OK, Body, Refused, put_number, put_result
from gateway.codecs.yls.limits import BLOB_LIMITS, CHUNK_OVERHEAD, MOST_OPEN_BLOBS
from gateway.codecs.yls.registers import ENC, OWNER_PERSON, OWNER_RECORD, Blob, Result, Tlv

from gateway.domain.events import BlobCompleted, BlobInterrupted, BlobOffered, Event, Misbehaved
from gateway.domain.ids import Receipt
from gateway.domain.requests import Accept, DeclineBlob, TakeBlob

_DECLINED = {
    "quota": Result.BLOB_QUOTA,
    "too_large": Result.TOO_LARGE,
    "unsupported": Result.FORBIDDEN,
}
_OWNER_SIZES = {OWNER_RECORD: 8, OWNER_PERSON: 4}
UNAVAILABLE_RETRY_SECONDS = 5
"""Pause before a device offers an object again that we could not store."""


# Named once: looking up a member of an enum takes Python 3.11 a tenth of a microsecond.
_LOG = Blob.LOG
_BLOB_ID, _OFFSET, _DATA = int(Tlv.BLOB_ID), int(Tlv.OFFSET), int(Tlv.DATA)
_JPEGS = frozenset({Blob.SNAPSHOT, Blob.FACE_PHOTO, Blob.ID_CARD_PHOTO})


class Owner(NamedTuple):
    """What an object belongs to."""

    series: int | None = None
    number: int | None = None
    """Of a record."""
    person: str | None = None


class _Blob:
    """One object on its way."""

    __slots__ = (
        "awaited",
        "closing",
        "data",
        "digest",
        "durable",
        "hash",
        "kind",
        "opening",
        "owner",
        "size",
    )

    def __init__(self, kind: Blob, digest: bytes, size: int, owner: Owner) -> None:
        self.kind = kind
        self.digest = digest
        self.size = size
        self.owner = owner
        self.awaited = False
        """Somebody at a gate waits for it: it is handed over with its last byte, not stored."""
        self.data = bytearray()
        self.hash = sha256()
        self.opening = True
        """The gateway has not said yet whether it wants the object."""
        self.closing = False
        """The gateway has the whole object and has not said yet whether it is durable."""
        self.durable = False

    def add(self, tail: bytes) -> None:
        self.data += tail
        self.hash.update(tail)

    @property
    def offset(self) -> int:
        return self.size if self.durable else len(self.data)

    @property
    def sound(self) -> bool:
        """All bytes are here, and they are the right ones."""
        return len(self.data) == self.size and self.hash.digest() == self.digest


class BlobIntake:
    """The transfers of one connection; every method raises Refused for what it does not take."""

    __slots__ = ("_blobs", "_last", "_receipts", "awaited", "protected")

    def __init__(self, *, protected: bool) -> None:
        self.awaited: Callable[[bytes], int | None] = nobody_waits
        """Returns the size of an object that somebody at a gate waits for, by its digest."""
        self.protected = protected
        """The link itself protects pictures, so they need not be encrypted."""
        self._last = 0
        self._blobs: dict[int, _Blob] = {}
        self._receipts: dict[int, tuple[Asked, int]] = {}

    def open(
        self, asked: Asked, body: Body, max_frame: int, receipt: Callable[[], Receipt]
    ) -> tuple[bytes | None, list[Event]]:
        """Take BLOB_OPEN: offer the object to the gateway, or go on with one that is open."""
        kind = _kind(body.number(Tlv.BLOB_TYPE, 1))
        self._require_protection(asked, kind)
        digest, size = body.bytes(Tlv.SHA256, 32), body.number(Tlv.BLOB_SIZE, 4)
        chunk = body.number(Tlv.CHUNK, 2, max_frame - CHUNK_OVERHEAD)
        if size > BLOB_LIMITS[kind]:
            raise Refused(Result.TOO_LARGE)
        if not size or not 0 < chunk <= max_frame - CHUNK_OVERHEAD:
            raise Refused(Result.OUT_OF_RANGE)
        for blob_id, blob in self._blobs.items():
            if blob.digest == digest:
                if blob.opening or blob.closing:
                    raise Refused(Result.BUSY)
                return self._opened(blob_id, blob), []
        if self.awaited(digest) == size:
            return self._open_lane(kind, digest, size), []
        self._make_room()
        blob = self._add(kind, digest, size, _owner(body))
        number = receipt()
        self._receipts[number] = asked, self._last
        offer = BlobOffered(
            receipt=number,
            digest=digest,
            size=size,
            kind=kind.name.lower(),
            series=blob.owner.series,
            number=blob.owner.number,
            claim=blob.owner.person,
        )
        return None, [offer]

    def _open_lane(self, kind: Blob, digest: bytes, size: int) -> bytes:
        """Take a picture ahead of every limit of the others: the lane has its own."""
        self._blobs = {key: one for key, one in self._blobs.items() if self._wanted_still(one)}
        blob = self._add(kind, digest, size, Owner())
        blob.opening, blob.awaited = False, True
        return self._opened(self._last, blob)

    def _wanted_still(self, blob: _Blob) -> bool:
        return not blob.awaited or (not blob.durable and self.awaited(blob.digest) is not None)

    def _add(self, kind: Blob, digest: bytes, size: int, owner: Owner) -> _Blob:
        self._last += 1
        blob = self._blobs[self._last] = _Blob(kind, digest, size, owner)
        return blob

    def finished(self, body: Body) -> tuple[bytes, bytes] | None:
        """Return digest and bytes of an awaited picture whose last byte this chunk brought."""
        blob = self._blobs.get(self._id_of(body))
        if blob is None or not blob.awaited or blob.durable or not blob.sound:
            return None
        blob.durable = True
        data = bytes(blob.data)
        blob.data.clear()
        return blob.digest, data

    def data(self, asked: Asked, body: Body) -> bytes:
        """Take BLOB_DATA: keep the new tail of a chunk that overlaps, refuse one that leaps."""
        blob = self._find(body)
        self._require_protection(asked, blob.kind)
        offset, chunk = body.number(_OFFSET, 4), body.bytes(_DATA)
        held = blob.offset
        if offset > held:
            return _wanted(Result.BLOB_OFFSET, held)
        if offset + len(chunk) > blob.size:
            raise Refused(Result.OUT_OF_RANGE)
        if not blob.durable:
            blob.add(chunk[held - offset :])
        return RESULT_OK + put_number(_OFFSET, blob.offset, 4, critical=True)

    def close(
        self, asked: Asked, body: Body, receipt: Callable[[], Receipt]
    ) -> tuple[bytes | None, list[Event]]:
        """Take BLOB_CLOSE: hand the object over if its digest holds, else discard all of it."""
        blob = self._find(body)
        blob_id = self._id_of(body)
        if blob.durable:
            del self._blobs[blob_id]
            return RESULT_OK, []
        if blob.offset < blob.size:
            return _wanted(Result.BLOB_OFFSET, blob.offset), []
        if not blob.sound:
            del self._blobs[blob_id]
            events: list[Event] = [Misbehaved(code="blob_digest")]
            if not blob.awaited:
                events.append(BlobInterrupted(digest=blob.digest, data=b""))
            return put_result(Result.BLOB_DIGEST), events
        blob.closing = True
        number = receipt()
        self._receipts[number] = asked, blob_id
        data = bytes(blob.data)
        done = BlobCompleted(
            receipt=number,
            digest=blob.digest,
            kind=blob.kind.name.lower(),
            data=data,
            damage=judge(data) if blob.kind in _JPEGS else None,
            series=blob.owner.series,
            number=blob.owner.number,
            claim=blob.owner.person,
        )
        return None, [done]

    def status(self, body: Body) -> bytes:
        """Answer BLOB_STATUS for an open transfer; any other is asked about by opening it."""
        digest = body.bytes(Tlv.SHA256, 32)
        for blob_id, blob in self._blobs.items():
            if blob.digest == digest and not blob.opening:
                return self._opened(blob_id, blob)
        raise Refused(Result.BLOB_UNKNOWN)

    def abort(self, body: Body) -> tuple[bytes, list[Event]]:
        """Take BLOB_ABORT: forget what had arrived."""
        blob = self._find(body)
        del self._blobs[self._id_of(body)]
        return RESULT_OK, [BlobInterrupted(digest=blob.digest, data=b"")]

    def settle(self, verdict: Verdict) -> Reply | None:
        """Take the gateway's word on an offer or on a completed object; None if nobody waits."""
        entry = self._receipts.pop(verdict.receipt, None)
        if entry is None:
            return None
        asked, blob_id = entry
        blob = self._blobs[blob_id]  # one that is being decided on cannot be aborted
        if isinstance(verdict, DeclineBlob):
            return Reply(asked, self._decline(blob_id, blob, verdict.code))
        if isinstance(verdict, Accept):
            del self._blobs[blob_id]
            return Reply(asked, RESULT_OK)
        if not isinstance(verdict, TakeBlob):
            return Reply(asked, self._decline(blob_id, blob, "unavailable"))
        blob.opening = False
        blob.durable = verdict.have_all
        if not verdict.have_all:
            blob.add(verdict.prefix[: blob.size])
        return Reply(asked, self._opened(blob_id, blob))

    def interrupt(self) -> list[Event]:
        """End all transfers; return what should be kept of them. Completed ones are handed over."""
        kept: list[Event] = [
            BlobInterrupted(digest=blob.digest, data=bytes(blob.data))
            for blob in self._blobs.values()
            if not blob.durable and not blob.closing and not blob.awaited
        ]
        self._blobs.clear()
        self._receipts.clear()
        return kept

    def _make_room(self) -> None:
        if self._stored >= MOST_OPEN_BLOBS:
            # Nothing is lost with these: opening one again is answered "have it" again.
            self._blobs = {key: blob for key, blob in self._blobs.items() if not blob.durable}
        if self._stored >= MOST_OPEN_BLOBS:
            raise Refused(Result.BLOB_QUOTA)

    @property
    def _stored(self) -> int:
        return sum(not blob.awaited for blob in self._blobs.values())

    def _decline(self, blob_id: int, blob: _Blob, code: str) -> bytes:
        result = _DECLINED.get(code)
        if result is not None:
            del self._blobs[blob_id]
            return put_result(result)
        if blob.opening:
            del self._blobs[blob_id]
        blob.closing = False  # the object stays: closing it again is enough
        return put_result(Result.RETRY_LATER) + put_number(Tlv.HB, UNAVAILABLE_RETRY_SECONDS, 2)

    def _find(self, body: Body) -> _Blob:
        blob = self._blobs.get(self._id_of(body))
        if blob is None:
            raise Refused(Result.BLOB_UNKNOWN)
        if blob.opening or blob.closing:
            raise Refused(Result.BUSY)
        return blob

    @staticmethod
    def _id_of(body: Body) -> int:
        return body.number(_BLOB_ID, 4)

    @staticmethod
    def _opened(blob_id: int, blob: _Blob) -> bytes:
        named = put_number(Tlv.BLOB_ID, blob_id, 4, critical=True)
        return RESULT_OK + named + put_number(Tlv.OFFSET, blob.offset, 4, critical=True)

    def _require_protection(self, asked: Asked, kind: Blob) -> None:
        if kind is not _LOG and not self.protected and asked.protection != ENC:
            raise Refused(Result.FORBIDDEN)


def nobody_waits(digest: bytes) -> int | None:  # noqa: ARG001
    """Know of no verification that waits for a picture."""
    return None


def _kind(code: int) -> Blob:
    if code not in BLOB_LIMITS or code == Blob.FIRMWARE:
        raise Refused(Result.FORBIDDEN)
    return Blob(code)


def _owner(body: Body) -> Owner:
    if Tlv.OWNER not in body:
        return Owner()
    owner = body.bytes(Tlv.OWNER)
    if not owner:
        raise Refused(Result.BAD_LENGTH)
    kind, value = owner[0], owner[1:]
    if kind not in _OWNER_SIZES:
        return Owner()
    if len(value) != _OWNER_SIZES[kind]:
        raise Refused(Result.BAD_LENGTH)
    if kind == OWNER_PERSON:
        return Owner(person=str(int.from_bytes(value, "big")))
    return Owner(int.from_bytes(value[:4], "big"), int.from_bytes(value[4:], "big"))


def _wanted(result: Result, offset: int) -> bytes:
    return put_result(result) + put_number(Tlv.OFFSET, offset, 4, critical=True)
