"""The latest bytes of a connection, both ways: bounded in bytes, in age and over all connections.

A piece is the very object the socket gave or was given, so remembering it costs a reference.
"""

from __future__ import annotations

from collections import deque
from math import inf

PIECE_BYTES = 128
"""What a remembered piece occupies beside its bytes: a tuple, an instant, the head of the object.
It counts against the bounds, for terminals that send byte by byte."""

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

    __slots__ = ("_budget", "_due", "_pieces", "_size", "bound", "cut", "own", "seconds")

    def __init__(self, budget: Budget, seconds: float) -> None:
        self._budget = budget
        self.seconds = seconds
        """Age at which a piece is forgotten."""
        self._pieces: deque[Noted] = deque()
        self._size = 0
        self._due = 0.0
        self.own = 0
        """Bytes it may hold whatever the share of others is; 0: its share. With bytes of its own
        every `note` wants somebody to look."""
        self.bound = budget.share
        """Bytes it may hold, as of the latest `trim`."""
        self.cut = [False, False]
        """Whether the oldest bytes sent (0) and received (1) need not begin with a frame."""
        budget.join(1)

    @property
    def size(self) -> int:
        """Bytes held, with what remembering them costs."""
        return self._size

    def note(self, inward: bool, data: bytes, mono: float) -> bool:
        """Remember a piece; True when a bound may be passed, so that `trim` wants to be called."""
        budget = self._budget
        self._pieces.append((mono, inward, data))
        cost = len(data) + PIECE_BYTES
        self._size += cost
        budget.held += cost
        return self._size > self.bound or budget.held > budget.total or mono > self._due

    def trim(self, mono: float) -> None:
        """Forget the oldest until every bound holds; of a piece too large its end is kept.

        A little more than needed is forgotten, so that not every read has to.
        """
        budget, pieces = self._budget, self._pieces
        bound = self.bound = self.own or budget.share
        excess = max(self._size - bound, budget.held - budget.total)
        wanted = self._size if excess <= 0 else (self._size - excess) * 3 // 4
        oldest, size, cut = mono - self.seconds, self._size, self.cut
        while len(pieces) > 1 and (size > wanted or pieces[0][0] < oldest):
            _, inward, data = pieces.popleft()
            size -= len(data) + PIECE_BYTES
            cut[inward] = True
        self._resize(size)
        if pieces:
            self._shorten_last(max(size - bound, budget.held - budget.total), oldest)
        self._due = -inf if self.own else (pieces[0][0] if pieces else mono) + self.seconds

    def look(self) -> list[Noted]:
        """Return everything, oldest first, and go on remembering it."""
        return list(self._pieces)

    def take(self) -> list[Noted]:
        """Return everything and forget it; what comes next may begin inside a frame."""
        taken = self.look()
        for _, inward, _ in taken:
            self.cut[inward] = True
        self._resize(0)
        self._pieces.clear()
        return taken

    def close(self) -> None:
        """Forget everything and leave the budget."""
        self.take()
        self._budget.join(-1)

    def _shorten_last(self, over: int, oldest: float) -> None:
        """Take ``over`` bytes from the front of the only piece that is too large, or too old."""
        at, inward, data = self._pieces[0]
        if over <= 0 and at >= oldest:
            return
        self._pieces.popleft()
        self._resize(self._size - len(data) - PIECE_BYTES)
        self.cut[inward] = True
        if at >= oldest and over < len(data):
            self.note(inward, data[over:], at)

    def _resize(self, size: int) -> None:
        self._budget.held += size - self._size
        self._size = size
