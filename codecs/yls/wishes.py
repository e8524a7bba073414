"""What the gateway wants of a device: its records again, and its clock (YLS/1 9, 10.3).

Owns our requests from the wish to the answer, inside the device's window. Knows nothing of what
the device asks of us.
"""

from __future__ import annotations

from collections import deque
from struct import Struct

from gateway.codecs.yls import clock
from gateway.codecs.yls.body import Body
from gateway.codecs.yls.calls import Calls
from gateway.codecs.yls.registers import CRITICAL, OW, Command, Result, Tlv
from gateway.codecs.yls.seal import Seal

from gateway.domain.events import ClockMeasured, Event, RangeAnswered
from gateway.domain.requests import AskRecords
from gateway.domain.times import Instant

MOST_QUEUED = 16
"""Requests of ours that wait for the device's window; more are answered as BUSY at once."""
_RANGE = Struct(">HHIII")
_RANGE_KIND = Tlv.REC_GAP | CRITICAL

Wish = AskRecords | Instant
"""What a request of ours is for; an Instant is when we asked for the device's clock."""


class Wishes:
    """Our requests of one session."""

    __slots__ = ("_calls", "_out", "_queued", "_seal")

    def __init__(self, seal: Seal, out: list[bytes], device_window: int) -> None:
        self._seal = seal
        self._out = out
        self._calls: Calls[Wish] = Calls(device_window)
        self._queued: deque[Wish] | None = None

    def add(self, wish: Wish, now: Instant) -> list[Event]:
        """Ask the device as soon as its window allows."""
        if self._queued is None:
            self._queued = deque()
        if len(self._queued) >= MOST_QUEUED:
            return _unanswered([wish], Result.BUSY)
        self._queued.append(wish)
        self._ask(now)
        return []

    def answered(self, seq: int, body: bytes, now: Instant) -> list[Event]:
        """Take the device's answer; raises Refused. One that nobody waits for means nothing."""
        wish = self._calls.answered(seq)
        if wish is None:
            return []
        self._ask(now)
        fields = Body(body)
        result = fields.number(Tlv.RESULT, 2)
        if isinstance(wish, AskRecords):
            return [RangeAnswered(accepted=result == Result.OK, code=result)]
        if result != Result.OK:
            return []
        found = clock.measure(fields, wish, now)
        return [ClockMeasured(offset_ms=found.offset, uncertainty_ms=(found.delay + 1) // 2)]

    def tell(self, command: Command, body: bytes) -> None:
        """Send what wants no answer."""
        seq = self._calls.next_seq()
        self._out.append(self._seal.pack(OW | self._seal.default, command, seq, body))

    def deadline(self) -> float | None:
        """When a request must be repeated or given up."""
        return self._calls.deadline()

    def tick(self, now: Instant) -> list[Event]:
        """Repeat or give up what got no answer."""
        again, lost = self._calls.overdue(now.mono)
        if again:
            self._out.append(again)
        if lost:
            self._ask(now)
        return _unanswered(lost, Result.DEADLINE)

    def _ask(self, now: Instant) -> None:
        while self._queued and self._calls.room():
            wish = self._queued.popleft()
            if isinstance(wish, AskRecords):
                command = Command.REC_RANGE_REQ
                body = _RANGE.pack(_RANGE_KIND, 12, wish.series, wish.first, wish.last)
            else:
                command, wish, body = Command.TIME_SYNC, now, clock.ask(now)
            seq = self._calls.next_seq()
            raw = self._seal.pack(self._seal.default, command, seq, body)
            self._calls.sent(seq, raw, wish, now.mono)
            self._out.append(raw)


def _unanswered(wishes: list[Wish], result: Result) -> list[Event]:
    return [
        RangeAnswered(accepted=False, code=result)
        for wish in wishes
        if isinstance(wish, AskRecords)
    ]
