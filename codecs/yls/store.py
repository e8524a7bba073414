"""A terminal's record store: numbered, immutable, kept until acknowledged (YLS/1 10.1, 10.3).

Owned by whoever runs the terminal and passed from connection to connection; it stands for the
flash memory of a real device. Knows no connection: what is on its way is the session's business.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import sha256
from struct import Struct
from typing import NamedTuple

from gateway.codecs.yls.acks import Ack
from gateway.codecs.yls.body import put
from gateway.codecs.yls.device_events import Key
from gateway.codecs.yls.drafts import Draft
from gateway.codecs.yls.registers import Tlv

from gateway.domain.events import StoredSeries

_LOST = Struct(">IIIB")
_JPEG = 1


class Kept(NamedTuple):
    """One record as it goes out."""

    body: bytes
    """Its elements, without the picture."""
    reference: bytes
    """SNAPSHOT_REF, or nothing."""
    elements: int
    """How many elements ``body`` and ``reference`` are."""


class _Series:
    """The records of one epoch."""

    __slots__ = ("acknowledged", "last", "waiting")

    def __init__(self) -> None:
        self.last = 0
        self.waiting: dict[int, Kept] = {}
        self.acknowledged: dict[int, Kept] = {}


class RecordStore:
    """What a terminal remembers.

    ``history`` records are kept after they were acknowledged, so that the gateway can ask for
    them again.
    """

    __slots__ = ("_history", "_owed", "_pictures", "_series", "epoch")

    def __init__(self, epoch: int, *, history: int = 0) -> None:
        self.epoch = epoch
        self._history = history
        self._series = {epoch: _Series()}
        self._pictures: dict[Key, bytes] = {}
        self._owed: dict[Key, bytes] = {}

    def record(self, draft: Draft) -> int:
        """Number an event and keep it; nothing about it changes afterwards."""
        series = self._series[self.epoch]
        series.last += 1
        elements = draft.encode(self.epoch, series.last)
        reference = b""
        if draft.picture is not None:
            size, digest = len(draft.picture), sha256(draft.picture).digest()
            value = bytes((_JPEG,)) + size.to_bytes(4, "big") + digest
            reference = put(Tlv.SNAPSHOT_REF, value)
            self._pictures[self.epoch, series.last] = draft.picture
        count = len(elements) + bool(reference)
        series.waiting[series.last] = Kept(b"".join(elements), reference, count)
        return series.last

    def new_epoch(self, epoch: int) -> None:
        """Start numbering anew; records of older epochs keep their numbers (YLS/1 10.1)."""
        self._series[epoch] = _Series()
        self.epoch = epoch

    def give_up(self, first: int, last: int, reason: int) -> None:
        """Replace records that must be overwritten by one REC_LOST (YLS/1 10.5)."""
        series = self._series[self.epoch]
        for number in range(first, last + 1):
            series.waiting.pop(number, None)
            self._pictures.pop((self.epoch, number), None)
        lost = put(Tlv.REC_LOST, _LOST.pack(self.epoch, first, last, reason), critical=True)
        series.waiting[first] = Kept(lost, b"", 1)
        series.waiting = dict(sorted(series.waiting.items()))

    def stores(self) -> Iterator[StoredSeries]:
        """Say what is here of each epoch; an empty one is first = last + 1 (YLS/1 10.1)."""
        for epoch, series in self._series.items():
            if series.waiting or series.acknowledged or epoch == self.epoch:
                first = min((*series.waiting, *series.acknowledged), default=series.last + 1)
                yield StoredSeries(series=epoch, first=first, last=series.last)

    @property
    def unacknowledged(self) -> int:
        """Records that the gateway has not confirmed."""
        return sum(len(series.waiting) for series in self._series.values())

    def waiting(self) -> Iterator[tuple[Key, Kept]]:
        """Yield what is not acknowledged, oldest epoch and lowest number first."""
        for epoch, series in self._series.items():
            for number, kept in series.waiting.items():
                yield (epoch, number), kept

    def find(self, key: Key) -> Kept | None:
        """Return a record that is not acknowledged."""
        return self._series[key[0]].waiting.get(key[1])

    def picture(self, key: Key) -> bytes | None:
        """Return the picture of a record that is not acknowledged."""
        return self._pictures.get(key)

    def acknowledge(self, ack: Ack) -> list[Key]:
        """Let go of what the gateway holds; foreign numbers mean nothing (YLS/1 10.3)."""
        series = self._series.get(ack.series)
        if series is None or ack.upto > series.last:
            return []
        freed = dict.fromkeys(_leading(series.waiting, ack.upto))
        for base, bits in ack.islands:
            told = (base + at for at in range(bits.bit_length()) if bits >> at & 1)
            freed.update(dict.fromkeys(number for number in told if number in series.waiting))
        for number in freed:
            self._free(ack.series, series, number)
        if not series.waiting and not series.acknowledged and ack.series != self.epoch:
            del self._series[ack.series]
        return [(ack.series, number) for number in freed]

    def reopen(self, epoch: int, first: int, last: int) -> bool:
        """Send again what the gateway misses; say whether anything of it is still here."""
        series = self._series.get(epoch)
        if series is None:
            return False
        back = [n for n in series.acknowledged if first <= n <= last]
        held = bool(back) or any(first <= n <= last for n in series.waiting)
        for number in back:
            series.waiting[number] = series.acknowledged.pop(number)
        if back:
            series.waiting = dict(sorted(series.waiting.items()))
        return held

    def owed(self, rest: Iterable[Key]) -> tuple[Key, bytes] | None:
        """Return a picture that is still to be delivered and is not among ``rest``."""
        return next(((key, data) for key, data in self._owed.items() if key not in rest), None)

    def delivered(self, key: Key) -> None:
        """Let go of a picture."""
        self._pictures.pop(key, None)
        self._owed.pop(key, None)

    def _free(self, epoch: int, series: _Series, number: int) -> None:
        kept = series.waiting.pop(number)
        picture = self._pictures.pop((epoch, number), None)
        if picture is not None:
            self._owed[epoch, number] = picture
        if self._history:
            series.acknowledged[number] = kept
            if len(series.acknowledged) > self._history:
                del series.acknowledged[min(series.acknowledged)]


def _leading(waiting: dict[int, Kept], upto: int) -> Iterator[int]:
    for number in waiting:
        if number > upto:
            return
        yield number
