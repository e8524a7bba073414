"""A terminal's pictures on their way to the gateway, one at a time (YLS/1 12).

Owns the state of one transfer. Knows no frames: it says what to ask next and is told the answers.
"""

from __future__ import annotations

from enum import Enum
from hashlib import sha256

from gateway.codecs.yls.body import Body, put, put_number
from gateway.codecs.yls.device_events import DeviceEvent, Key, PictureDelivered, PictureRefused
from gateway.codecs.yls.limits import BLOB_RETRIES
from gateway.codecs.yls.registers import (
    OWNER_RECORD,
    SNAPSHOT,
    Command,
    Result,
    Tlv,
    result_name,
)
from gateway.codecs.yls.store import RecordStore

BUSY_SECONDS = 1
_PASSING = frozenset({Result.BAD_MAC, Result.BUSY, Result.REPLAY, Result.RETRY_LATER})
"""Results after which the same step is asked again, under a new SEQ."""


class _Step(Enum):
    OPEN = Command.BLOB_OPEN
    DATA = Command.BLOB_DATA
    CLOSE = Command.BLOB_CLOSE


class Uploads:
    """The transfers of one session; the source is kept until CLOSE is answered OK."""

    __slots__ = (
        "_asked",
        "_blob",
        "_chunk",
        "_data",
        "_digest",
        "_key",
        "_offset",
        "_rest",
        "_step",
        "_store",
        "_tries",
        "hold_until",
    )

    def __init__(self, store: RecordStore, chunk: int) -> None:
        self._store = store
        self._chunk = chunk
        self._key: Key | None = None
        self._data = b""
        self._digest = b""
        self._blob = self._offset = self._tries = 0
        self._step = _Step.OPEN
        self._asked = False
        self._rest: set[Key] = set()
        self.hold_until = 0.0
        """Monotonic seconds before which nothing is asked."""

    def next(self) -> tuple[Command, bytes] | None:
        """Return the next request, or None while one is unanswered or nothing is owed."""
        if self._asked or (self._key is None and not self._pick()):
            return None
        self._asked = True
        return self._step.value, self._body()

    @property
    def idle(self) -> bool:
        """Nothing is under way or owed."""
        return not self._asked and self._key is None and self._store.owed(self._rest) is None

    def answered(self, fields: Body, now: float) -> list[DeviceEvent]:
        """Take the answer to the last request; raises Refused for one that says too little."""
        assert self._key is not None
        self._asked = False
        result = fields.number(Tlv.RESULT, 2)
        if result == Result.OK:
            return self._go_on(fields)
        if result == Result.BLOB_OFFSET:
            self._offset = fields.number(Tlv.OFFSET, 4)
            self._step = _Step.DATA
        elif result == Result.BLOB_UNKNOWN:
            self._step = _Step.OPEN
        elif result in _PASSING:
            self.hold_until = now + fields.number(Tlv.HB, 2, BUSY_SECONDS)
        elif result == Result.BLOB_DIGEST and self._tries < BLOB_RETRIES:
            self._tries += 1
            self._step = _Step.OPEN
        else:
            refused = PictureRefused(key=self._key, result=result_name(result))
            self._rest.add(self._key)
            self._key = None
            return [refused]
        return []

    def _pick(self) -> bool:
        found = self._store.owed(self._rest)
        if found is None:
            return False
        self._key, self._data = found
        self._digest = sha256(self._data).digest()
        self._step, self._tries = _Step.OPEN, 0
        return True

    def _body(self) -> bytes:
        if self._step is _Step.OPEN:
            assert self._key is not None
            epoch, number = self._key
            owner = bytes((OWNER_RECORD,)) + epoch.to_bytes(4, "big") + number.to_bytes(4, "big")
            return (
                put_number(Tlv.BLOB_TYPE, SNAPSHOT, 1, critical=True)
                + put_number(Tlv.BLOB_SIZE, len(self._data), 4, critical=True)
                + put(Tlv.SHA256, self._digest, critical=True)
                + put(Tlv.OWNER, owner)
                + put_number(Tlv.CHUNK, self._chunk, 2)
            )
        named = put_number(Tlv.BLOB_ID, self._blob, 4, critical=True)
        if self._step is _Step.CLOSE:
            return named
        chunk = self._data[self._offset : self._offset + self._chunk]
        at = put_number(Tlv.OFFSET, self._offset, 4, critical=True)
        return named + at + put(Tlv.DATA, chunk, critical=True)

    def _go_on(self, fields: Body) -> list[DeviceEvent]:
        assert self._key is not None
        if self._step is _Step.CLOSE:
            self._store.delivered(self._key)
            done = PictureDelivered(key=self._key)
            self._key, self._data = None, b""
            return [done]
        if self._step is _Step.OPEN:
            self._blob = fields.number(Tlv.BLOB_ID, 4)
        self._offset = fields.number(Tlv.OFFSET, 4)
        self._step = _Step.DATA if self._offset < len(self._data) else _Step.CLOSE
        return []
