"""A terminal's pictures on their way to the gateway, one at a time (YLS/1 12).

Owns which picture goes next and which rests. How one travels is `gateway.codecs.yls.transfer`'s.
"""

from __future__ import annotations

from gateway.codecs.yls.body import Body
from gateway.codecs.yls.device_events import DeviceEvent, Key, PictureDelivered, PictureRefused
from gateway.codecs.yls.registers import Blob, Command, result_name
from gateway.codecs.yls.store import RecordStore
from gateway.codecs.yls.transfer import Progress, Transfer, owner_of_record


class Uploads:
    """The pictures of one session."""

    __slots__ = ("_asked", "_chunk", "_key", "_rest", "_store", "_transfer", "hold_until")

    def __init__(self, store: RecordStore, chunk: int) -> None:
        self._store = store
        self._chunk = chunk
        self._key: Key | None = None
        self._transfer: Transfer | None = None
        self._asked = False
        self._rest: set[Key] = set()
        self.hold_until = 0.0
        """Monotonic seconds before which nothing is asked."""

    def next(self) -> tuple[Command, bytes] | None:
        """Return the next request, or None while one is unanswered or nothing is owed."""
        if self._asked:
            return None
        if self._transfer is None:
            self._pick()
        if self._transfer is None:
            return None
        self._asked = True
        return self._transfer.next()

    @property
    def idle(self) -> bool:
        """Nothing is under way or owed."""
        return not self._asked and self._key is None and self._store.owed(self._rest) is None

    def answered(self, fields: Body, now: float) -> list[DeviceEvent]:
        """Take the answer to the last request; raises Refused for one that says too little."""
        assert self._key is not None
        assert self._transfer is not None
        self._asked = False
        progress = self._transfer.answered(fields)
        if progress is Progress.WAITING:
            self.hold_until = now + self._transfer.pause_s
        if progress in (Progress.GOING, Progress.WAITING):
            return []
        key, result = self._key, self._transfer.result
        self._key = self._transfer = None
        if progress is Progress.DONE:
            self._store.delivered(key)
            return [PictureDelivered(key=key)]
        self._rest.add(key)
        return [PictureRefused(key=key, result=result_name(result))]

    def _pick(self) -> None:
        found = self._store.owed(self._rest)
        if found is not None:
            self._key, data = found
            owner = owner_of_record(*self._key)
            self._transfer = Transfer(Blob.SNAPSHOT, data, owner, self._chunk)
