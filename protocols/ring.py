"""The latest bytes of a connection, both ways: bounded in bytes, in age and over all connections.

They lie one after another in a single buffer. Kept as objects, what ten thousand connections said
would be spread over all of the memory, and forgetting one heartbeat would wait for it six times.
"""

from __future__ import annotations

from math import inf
from struct import Struct

_HEAD = Struct("<d?I")
"""In front of each piece: monotonic seconds, whether it came from the terminal, its length."""

PIECE_BYTES = _HEAD.size
"""What a remembered piece occupies beside its bytes. It counts against the bounds, for terminals
that send byte by byte."""

Noted = tuple[float, bool, bytes]
"""Monotonic seconds, whether it came from the terminal, the bytes."""


class Budget:
    """What all rings together may hold; each gets an equal share of it, up to its own bound."""

    __slots__ = ("_each", "_rings", "held", "share", "total")

    def __init__(self, *, each: int, total: int) -> None:
        self._each = each
        self._rings = 0
        self.total = total
        self.held = 0
        """Bytes held now, `PIECE_BYTES` for each piece included."""
        self.share = each
        """What one ring may hold now."""

    def join(self, rings: int) -> None:
        """Count rings in, or out when negative."""
        self._rings += rings
        self.share = min(self._each, self.total // max(1, self._rings))


class Ring:
    """Notes pieces and forgets the oldest; closing it gives its room back."""

    __slots__ = ("_budget", "_cut", "_due", "_log", "bound", "own", "seconds")

    def __init__(self, budget: Budget, seconds: float) -> None:
        self._budget = budget
        self.seconds = seconds
        """Age at which a piece is forgotten."""
        self._log = bytearray()
        self._due = 0.0
        self._cut = 0
        self.own = 0
        """Bytes it may hold whatever the share of others is; 0: its share. With bytes of its own
        every `note` wants somebody to look."""
        self.bound = budget.share
        """Bytes it may hold, as of the latest `trim`."""
        budget.join(1)

    @property
    def size(self) -> int:
        """Bytes held, with what remembering them costs."""
        return len(self._log)

    @property
    def cut(self) -> tuple[bool, bool]:
        """Whether the oldest bytes sent (0) and received (1) need not begin with a frame."""
        return self._cut & 1 != 0, self._cut & 2 != 0

    def note(self, inward: bool, data: bytes, mono: float) -> bool:
        """Remember a piece; True when a bound may be passed, so that `trim` wants to be called."""
        budget, log, size = self._budget, self._log, len(data)
        log += _HEAD.pack(mono, inward, size)
        log += data
        budget.held += size + PIECE_BYTES
        return len(log) > self.bound or budget.held > budget.total or mono > self._due

    def trim(self, mono: float) -> None:
        """Forget the oldest until every bound holds; of a piece too large its end is kept.

        A little more than needed is forgotten, so that not every read has to.
        """
        budget, log = self._budget, self._log
        bound = self.bound = self.own or budget.share
        size, oldest, at = len(log), mono - self.seconds, 0
        excess = max(size - bound, budget.held - budget.total)
        wanted = size if excess <= 0 else (size - excess) * 3 // 4
        noted = mono
        while at < size:
            noted, inward, length = _HEAD.unpack_from(log, at)
            after = at + PIECE_BYTES + length
            if after == size or (size - at <= wanted and noted >= oldest):
                break
            self._cut |= 1 << inward
            at = after
        self._forget(at)
        if log:
            self._shorten_last(max(len(log) - bound, budget.held - budget.total), oldest)
        self._due = -inf if self.own else (noted if log else mono) + self.seconds

    def look(self) -> list[Noted]:
        """Return everything, oldest first, and go on remembering it."""
        log, at, found = self._log, 0, []
        while at < len(log):
            noted, inward, length = _HEAD.unpack_from(log, at)
            at += PIECE_BYTES + length
            found.append((noted, inward, bytes(log[at - length : at])))
        return found

    def take(self) -> list[Noted]:
        """Return everything and forget it; what comes next may begin inside a frame."""
        taken = self.look()
        for _, inward, _ in taken:
            self._cut |= 1 << inward
        self._forget(len(self._log))
        return taken

    def close(self) -> None:
        """Forget everything and leave the budget."""
        self._forget(len(self._log))
        self._budget.join(-1)

    def _shorten_last(self, over: int, oldest: float) -> None:
        """Take ``over`` bytes from the front of the first piece, if it is too large or too old."""
        noted, inward, length = _HEAD.unpack_from(self._log)
        if over <= 0 and noted >= oldest:
            return
        self._cut |= 1 << inward
        if noted < oldest or over >= length:
            self._forget(PIECE_BYTES + length)
            return
        self._forget(over)
        _HEAD.pack_into(self._log, 0, noted, inward, length - over)

    def _forget(self, count: int) -> None:
        del self._log[:count]
        self._budget.held -= count
