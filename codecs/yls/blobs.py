"""Large objects from a device: open, data, close, resumable (YLS/1 12).

Owns what has arrived of the open transfers of one connection. Knows no storage: the gateway says
where to resume, and takes the whole object when its digest holds.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256

from gateway.codecs.jpeg import judge
from gateway.codecs.yls.asked import Asked, Reply, Verdict
from gateway.codecs.yls.body import RESULT_OK, Body, Refused, put_number, put_result
from gateway.codecs.yls.limits import CHUNK_OVERHEAD, MOST_OPEN_BLOBS, MOST_SNAPSHOT
from gateway.codecs.yls.registers import ENC, OWNER_RECORD, SNAPSHOT, Result, Tlv

from gateway.domain.events import BlobCompleted, BlobInterrupted, BlobOffered, Event, Misbehaved
from gateway.domain.ids import Receipt
from gateway.domain.requests import Accept, DeclineBlob, TakeBlob

_DECLINED = {
    "quota": Result.BLOB_QUOTA,
    "too_large": Result.TOO_LARGE,
    "unsupported": Result.FORBIDDEN,
}
UNAVAILABLE_RETRY_SECONDS = 5
"""Pause before a device offers an object again that we could not store."""


class _Blob:
    """One object on its way."""

    __slots__ = ("closing", "data", "digest", "durable", "hash", "opening", "owner", "size")

    def __init__(self, digest: bytes, size: int, owner: tuple[int, int] | None) -> None:
        self.digest = digest
        self.size = size
        self.owner = owner
        """Series and number of the record it belongs to."""
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


class BlobIntake:
    """The transfers of one connection; every method raises Refused for what it does not take."""

    __slots__ = ("_blobs", "_last", "_receipts", "protected")

    def __init__(self, *, protected: bool) -> None:
        self.protected = protected
        """The link itself protects pictures, so they need not be encrypted."""
        self._last = 0
        self._blobs: dict[int, _Blob] = {}
        self._receipts: dict[int, tuple[Asked, int]] = {}

    def open(
        self, asked: Asked, body: Body, max_frame: int, receipt: Callable[[], Receipt]
    ) -> tuple[bytes | None, list[Event]]:
        """Take BLOB_OPEN: offer the object to the gateway, or go on with one that is open."""
        if body.number(Tlv.BLOB_TYPE, 1) != SNAPSHOT:
            raise Refused(Result.FORBIDDEN)
        self._require_protection(asked)
        digest, size = body.bytes(Tlv.SHA256, 32), body.number(Tlv.BLOB_SIZE, 4)
        chunk = body.number(Tlv.CHUNK, 2, max_frame - CHUNK_OVERHEAD)
        if size > MOST_SNAPSHOT:
            raise Refused(Result.TOO_LARGE)
        if not size or not 0 < chunk <= max_frame - CHUNK_OVERHEAD:
            raise Refused(Result.OUT_OF_RANGE)
        for blob_id, blob in self._blobs.items():
            if blob.digest == digest:
                if blob.opening or blob.closing:
                    raise Refused(Result.BUSY)
                return self._opened(blob_id, blob), []
        self._make_room()
        self._last += 1
        blob = self._blobs[self._last] = _Blob(digest, size, _owner(body))
        number = receipt()
        self._receipts[number] = asked, self._last
        offer = BlobOffered(
            receipt=number,
            digest=digest,
            size=size,
            kind="snapshot",
            series=blob.owner[0] if blob.owner else None,
            number=blob.owner[1] if blob.owner else None,
        )
        return None, [offer]

    def data(self, asked: Asked, body: Body) -> bytes:
        """Take BLOB_DATA: keep the new tail of a chunk that overlaps, refuse one that leaps."""
        self._require_protection(asked)
        blob = self._find(body)
        offset, chunk = body.number(Tlv.OFFSET, 4), body.bytes(Tlv.DATA)
        held = blob.offset
        if offset > held:
            return _wanted(Result.BLOB_OFFSET, held)
        if offset + len(chunk) > blob.size:
            raise Refused(Result.OUT_OF_RANGE)
        if not blob.durable:
            blob.add(chunk[held - offset :])
        return _wanted(Result.OK, blob.offset)

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
        if blob.hash.digest() != blob.digest:
            del self._blobs[blob_id]
            forget = BlobInterrupted(digest=blob.digest, data=b"")
            return put_result(Result.BLOB_DIGEST), [Misbehaved(code="blob_digest"), forget]
        blob.closing = True
        number = receipt()
        self._receipts[number] = asked, blob_id
        data = bytes(blob.data)
        done = BlobCompleted(
            receipt=number,
            digest=blob.digest,
            kind="snapshot",
            data=data,
            damage=judge(data),
            series=blob.owner[0] if blob.owner else None,
            number=blob.owner[1] if blob.owner else None,
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
            if not blob.durable and not blob.closing
        ]
        self._blobs.clear()
        self._receipts.clear()
        return kept

    def _make_room(self) -> None:
        if len(self._blobs) >= MOST_OPEN_BLOBS:
            # Nothing is lost with these: opening one again is answered "have it" again.
            self._blobs = {key: blob for key, blob in self._blobs.items() if not blob.durable}
        if len(self._blobs) >= MOST_OPEN_BLOBS:
            raise Refused(Result.BLOB_QUOTA)

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
        return body.number(Tlv.BLOB_ID, 4)

    @staticmethod
    def _opened(blob_id: int, blob: _Blob) -> bytes:
        named = put_number(Tlv.BLOB_ID, blob_id, 4, critical=True)
        return RESULT_OK + named + put_number(Tlv.OFFSET, blob.offset, 4, critical=True)

    def _require_protection(self, asked: Asked) -> None:
        if not self.protected and asked.protection != ENC:
            raise Refused(Result.FORBIDDEN)


def _owner(body: Body) -> tuple[int, int] | None:
    if Tlv.OWNER not in body:
        return None
    owner = body.bytes(Tlv.OWNER)
    if not owner:
        raise Refused(Result.BAD_LENGTH)
    if owner[0] != OWNER_RECORD:
        return None
    if len(owner) != 9:
        raise Refused(Result.BAD_LENGTH)
    return int.from_bytes(owner[1:5], "big"), int.from_bytes(owner[5:], "big")


def _wanted(result: Result, offset: int) -> bytes:
    return put_result(result) + put_number(Tlv.OFFSET, offset, 4, critical=True)
