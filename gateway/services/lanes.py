"""The queue before the committer: live records first, back-fill with what is left, both bounded."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from gateway.domain.ids import Receipt
from gateway.domain.passages import Record
from gateway.domain.ports import SessionHandle
from gateway.domain.vocabulary import Lane

ROW_BYTES = 512
"""What a queued record without a picture is reckoned to occupy; pictures come on top."""

# Named once: looking up a member of an enum takes Python 3.11 a tenth of a microsecond.
_LIVE = Lane.LIVE


@dataclass(slots=True)
class Waiting:
    """A record whose terminal waits for its fate."""

    record: Record
    session: SessionHandle
    receipt: Receipt
    size: int


class Lanes:
    """Two first-in-first-out queues under one bound in rows and one in bytes.

    Back-fill is refused at half of either bound, so a returning site's backlog can never take the
    room that live records need (architecture: the live lane must meet the 5-second rule, R-100).
    """

    def __init__(self, *, rows: int, bytes_: int) -> None:
        self._live: deque[Waiting] = deque()
        self._backfill: deque[Waiting] = deque()
        self._rows = rows
        self._bytes = bytes_
        self.waiting_bytes = 0

    def __len__(self) -> int:
        return len(self._live) + len(self._backfill)

    def put(self, item: Waiting, lane: Lane) -> bool:
        """Queue a record; False when there is no room and the terminal must keep it."""
        share = 1 if lane is _LIVE else 2
        rows_taken = len(self._live) + len(self._backfill)
        if rows_taken * share >= self._rows:
            return False
        if (self.waiting_bytes + item.size) * share > self._bytes:
            return False
        self.waiting_bytes += item.size
        (self._live if lane is _LIVE else self._backfill).append(item)
        return True

    def take(self, *, rows: int, bytes_: int) -> list[Waiting]:
        """Remove the next batch: at most ``rows`` records and, past the first, ``bytes_`` bytes."""
        batch: list[Waiting] = []
        room = bytes_
        for queue in (self._live, self._backfill):
            while queue and len(batch) < rows and (queue[0].size <= room or not batch):
                item = queue.popleft()
                room -= item.size
                batch.append(item)
        self.waiting_bytes -= sum(item.size for item in batch)
        return batch
