"""Which records a terminal sends next: live ones at once, the backlog when the line is free.

Owns what is on its way and what rests; the records themselves are in the store. Knows no frames
beyond the size of a body.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import NamedTuple

from gateway.codecs.yls.acks import Ack, read_acks
from gateway.codecs.yls.body import Body, put
from gateway.codecs.yls.device_events import (
    Acknowledged,
    Conflicting,
    DeviceEvent,
    Key,
    PictureDelivered,
    RecordsRefused,
    RetryLater,
)
from gateway.codecs.yls.limits import MOST_RECORDS, MOST_TLVS
from gateway.codecs.yls.registers import Command, Result, Tlv, result_name
from gateway.codecs.yls.store import RecordStore

PAUSE_SECONDS = 1
"""Before records go out again that an answer neither freed nor refused."""
_AGAIN = frozenset(
    {
        Result.BAD_MAC,
        Result.BUSY,
        Result.INTERNAL,
        Result.OK,
        Result.REC_CONFLICT,
        Result.REPLAY,
    }
)
"""Results after which records that were not freed go out again, under a new SEQ (YLS/1 10.3)."""
_ELEMENT = 4
"""Bytes of type and length before a value."""


class Parcel(NamedTuple):
    """The records of one frame."""

    command: Command
    keys: tuple[Key, ...]
    body: bytes
    inline: bool
    """The picture is inside."""


class Outgoing:
    """The records of one session."""

    __slots__ = (
        "_backfilling",
        "_inline",
        "_inline_most",
        "_live",
        "_on_way",
        "_resting",
        "_room",
        "_store",
        "hold_until",
    )

    def __init__(self, store: RecordStore, room: int, inline_most: int) -> None:
        self._store = store
        self._room = room
        self._inline_most = inline_most
        self._live: deque[Key] = deque()
        self._on_way: set[Key] = set()
        self._inline: set[Key] = set()
        self._resting: set[Key] = set()
        self._backfilling = False
        self.hold_until = 0.0
        """Monotonic seconds before which no records are sent."""

    def recorded(self, key: Key) -> None:
        """Note a record that was just made: it goes ahead of the backlog."""
        self._live.append(key)

    def next(self) -> Parcel | None:
        """Return the next frame's worth of records and count them as on their way."""
        parcel = self._next_live() or self._next_backlog()
        if parcel is not None:
            self._on_way.update(parcel.keys)
        return parcel

    def answered(self, parcel: Parcel, fields: Body, now: float) -> list[DeviceEvent]:
        """Take the answer to a frame of records; raises Refused."""
        result = fields.number(Tlv.RESULT, 2)
        events: list[DeviceEvent] = []
        freed, pictured = self.acknowledged(read_acks(fields.items))
        if freed:
            events.append(Acknowledged(keys=freed))
        events += [PictureDelivered(key=key) for key in pictured]
        if result == Result.REC_CONFLICT:
            events.append(Conflicting(keys=parcel.keys))
        elif result == Result.RETRY_LATER:
            seconds = fields.number(Tlv.HB, 2, PAUSE_SECONDS)
            self.hold_until = now + seconds
            events.append(RetryLater(seconds=seconds))
        elif result not in _AGAIN:
            events.append(RecordsRefused(result=result_name(result), keys=parcel.keys))
        if result in _AGAIN and not freed and self._still_here(parcel):
            self.hold_until = now + PAUSE_SECONDS
        self.returned(parcel, rest=result not in _AGAIN and result != Result.RETRY_LATER)
        return events

    def _still_here(self, parcel: Parcel) -> bool:
        return any(self._store.find(key) is not None for key in parcel.keys)

    def returned(self, parcel: Parcel, *, rest: bool = False) -> None:
        """Note that a frame was answered; what the answer did not free may be sent again.

        With ``rest`` it may not, in this session: the frame was refused for good.
        """
        self._on_way.difference_update(parcel.keys)
        if parcel.inline:
            self._inline.difference_update(parcel.keys)
        if parcel.command is Command.REC_BACKFILL:
            self._backfilling = False
        if rest:
            self._resting.update(key for key in parcel.keys if self._store.find(key) is not None)

    def acknowledged(self, acks: Iterable[Ack]) -> tuple[tuple[Key, ...], tuple[Key, ...]]:
        """Free what the gateway holds; return those, and those whose picture went with them."""
        freed = tuple(key for ack in acks for key in self._store.acknowledge(ack))
        pictured = tuple(key for key in freed if key in self._inline)
        for key in pictured:
            self._store.delivered(key)
        return freed, pictured

    def reopened(self, epoch: int, first: int, last: int) -> None:
        """Let records that rest go out again: the gateway asks for them."""
        self._resting = {
            (series, number)
            for series, number in self._resting
            if series != epoch or not first <= number <= last
        }

    def _next_live(self) -> Parcel | None:
        while self._live:
            key = self._live.popleft()
            kept = self._store.find(key)
            if kept is None or key in self._on_way or key in self._resting:
                continue
            picture = self._store.picture(key)
            if picture is not None and self._fits(len(kept.body), len(picture)):
                self._inline.add(key)
                body = kept.body + put(Tlv.SNAPSHOT_INLINE, picture)
                return Parcel(Command.REC_REALTIME, (key,), body, True)
            return Parcel(Command.REC_REALTIME, (key,), kept.body + kept.reference, False)
        return None

    def _fits(self, body: int, picture: int) -> bool:
        return picture <= self._inline_most and body + _ELEMENT + picture <= self._room

    def _next_backlog(self) -> Parcel | None:
        if self._backfilling:
            return None
        keys: list[Key] = []
        body, elements = b"", 0
        for key, kept in self._store.waiting():
            if key in self._on_way or key in self._resting:
                continue
            more = kept.body + kept.reference
            elements += kept.elements
            if len(body) + len(more) > self._room or elements > MOST_TLVS:
                break
            keys.append(key)
            body += more
            if len(keys) == MOST_RECORDS:
                break
        if not keys:
            return None
        self._backfilling = True
        return Parcel(Command.REC_BACKFILL, tuple(keys), body, False)
