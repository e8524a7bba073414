"""Objects a terminal holds or is being sent: photos, templates, firmware (YLS/1 12).

The terminal's side. `ObjectStore` outlives connections, so an interrupted transfer goes on where it
ended; `Receiving` is one session of it, because BLOB_ID ends with the connection.
"""

from __future__ import annotations

from hashlib import sha256

from gateway.codecs.yls.body import RESULT_OK, Body, Refused, put_number, put_result
from gateway.codecs.yls.limits import BLOB_LIMITS, CHUNK_OVERHEAD, MOST_OPEN_BLOBS
from gateway.codecs.yls.registers import Blob, Result, Tlv

MOST_UNFINISHED = 80 * 1024 * 1024
"""Bytes of transfers that were interrupted; the oldest go first."""
_TAKEN = frozenset(Blob) - {Blob.SNAPSHOT, Blob.LOG}
_OPEN_DATA = frozenset({Blob.FIRMWARE})


class ObjectStore:
    """What is here, and what is here in part."""

    __slots__ = ("_unfinished", "whole")

    def __init__(self) -> None:
        self.whole: dict[bytes, tuple[Blob, bytes]] = {}
        """Kind and bytes by SHA-256."""
        self._unfinished: dict[bytes, bytearray] = {}

    def begin(self, digest: bytes) -> bytearray:
        """Return what came of an object so far; what is added to it is kept."""
        data = self._unfinished.setdefault(digest, bytearray())
        while len(self._unfinished) > 1 and self._bytes > MOST_UNFINISHED:
            oldest = next(iter(self._unfinished))
            if oldest == digest:
                break
            del self._unfinished[oldest]
        return data

    def finish(self, kind: Blob, digest: bytes) -> None:
        """Keep a whole object."""
        self.whole[digest] = kind, bytes(self._unfinished.pop(digest))

    def discard(self, digest: bytes) -> None:
        """Forget what came of an object."""
        self._unfinished.pop(digest, None)

    def sweep(self, kinds: frozenset[Blob], used: set[bytes]) -> None:
        """Erase objects of some kinds that nobody refers to any more."""
        for digest, (kind, _) in list(self.whole.items()):
            if kind in kinds and digest not in used:
                del self.whole[digest]

    @property
    def _bytes(self) -> int:
        return sum(map(len, self._unfinished.values()))


class _Open:
    __slots__ = ("data", "digest", "kind", "size")

    def __init__(self, kind: Blob, digest: bytes, size: int, data: bytearray | None) -> None:
        self.kind = kind
        self.digest = digest
        self.size = size
        self.data = data
        """None where the object was here before."""

    @property
    def offset(self) -> int:
        return self.size if self.data is None else len(self.data)


class Receiving:
    """The transfers of one session; every method raises Refused for what it does not take."""

    __slots__ = ("_last", "_max_frame", "_open", "_store")

    def __init__(self, store: ObjectStore, max_frame: int) -> None:
        self._store = store
        self._max_frame = max_frame
        self._last = 0
        self._open: dict[int, _Open] = {}

    def open(self, body: bytes, *, protected: bool) -> bytes:
        """Take BLOB_OPEN."""
        fields = Body(body)
        code = fields.number(Tlv.BLOB_TYPE, 1)
        if code not in _TAKEN:
            raise Refused(Result.FORBIDDEN)
        kind = Blob(code)
        _check_protection(kind, protected=protected)
        digest, size = fields.bytes(Tlv.SHA256, 32), fields.number(Tlv.BLOB_SIZE, 4)
        chunk = fields.number(Tlv.CHUNK, 2, self._max_frame - CHUNK_OVERHEAD)
        if size > BLOB_LIMITS[kind]:
            raise Refused(Result.TOO_LARGE)
        if not size or not 0 < chunk <= self._max_frame - CHUNK_OVERHEAD:
            raise Refused(Result.OUT_OF_RANGE)
        for blob_id, one in self._open.items():
            if one.digest == digest:
                return _opened(blob_id, one)
        if len(self._open) >= MOST_OPEN_BLOBS:
            raise Refused(Result.BLOB_QUOTA)
        here = digest in self._store.whole
        data = None if here else self._store.begin(digest)
        if data is not None and len(data) > size:
            data.clear()
        self._last += 1
        one = self._open[self._last] = _Open(kind, digest, size, data)
        return _opened(self._last, one)

    def data(self, body: bytes, *, protected: bool) -> bytes:
        """Take BLOB_DATA: the new tail of a chunk that overlaps; one that leaps is refused."""
        fields = Body(body)
        one = self._find(fields)
        _check_protection(one.kind, protected=protected)
        offset, chunk = fields.number(Tlv.OFFSET, 4), fields.bytes(Tlv.DATA)
        if offset > one.offset:
            return _wanted(Result.BLOB_OFFSET, one.offset)
        if offset + len(chunk) > one.size:
            raise Refused(Result.OUT_OF_RANGE)
        if one.data is not None:
            one.data += chunk[len(one.data) - offset :]
        return _wanted(Result.OK, one.offset)

    def close(self, body: bytes) -> tuple[bytes, tuple[Blob, bytes] | None]:
        """Take BLOB_CLOSE; return the answer, and kind and digest of an object that is new."""
        fields = Body(body)
        one = self._find(fields)
        if one.offset < one.size:
            return _wanted(Result.BLOB_OFFSET, one.offset), None
        del self._open[fields.number(Tlv.BLOB_ID, 4)]
        if one.data is None:
            return RESULT_OK, None
        if sha256(one.data).digest() != one.digest:
            self._store.discard(one.digest)
            return put_result(Result.BLOB_DIGEST), None
        self._store.finish(one.kind, one.digest)
        return RESULT_OK, (one.kind, one.digest)

    def status(self, body: bytes) -> bytes:
        """Answer BLOB_STATUS."""
        digest = Body(body).bytes(Tlv.SHA256, 32)
        for blob_id, one in self._open.items():
            if one.digest == digest:
                return _opened(blob_id, one)
        raise Refused(Result.BLOB_UNKNOWN)

    def abort(self, body: bytes) -> bytes:
        """Take BLOB_ABORT: forget what had arrived."""
        fields = Body(body)
        one = self._find(fields)
        del self._open[fields.number(Tlv.BLOB_ID, 4)]
        if one.data is not None:
            self._store.discard(one.digest)
        return RESULT_OK

    def _find(self, fields: Body) -> _Open:
        one = self._open.get(fields.number(Tlv.BLOB_ID, 4))
        if one is None:
            raise Refused(Result.BLOB_UNKNOWN)
        return one


def _check_protection(kind: Blob, *, protected: bool) -> None:
    if kind not in _OPEN_DATA and not protected:
        raise Refused(Result.FORBIDDEN)


def _opened(blob_id: int, one: _Open) -> bytes:
    named = put_number(Tlv.BLOB_ID, blob_id, 4, critical=True)
    return RESULT_OK + named + put_number(Tlv.OFFSET, one.offset, 4, critical=True)


def _wanted(result: Result, offset: int) -> bytes:
    return put_result(result) + put_number(Tlv.OFFSET, offset, 4, critical=True)
