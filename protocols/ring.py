"""The latest bytes of a connection, both ways: bounded in bytes, in age and over all connections.

A piece is the very object the socket gave or was given, so remembering it costs a reference.
"""

from __future__ import annotations

from collections import deque

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

    __slots__ = ("_budget", "_pieces", "_size", "bound", "cut", "seconds")

    def __init__(self, budget: Budget, seconds: float) -> None:
        self._budget = budget
        self.seconds = seconds
        """Age at which a piece is forgotten."""
        self._pieces: deque[Noted] = deque()
        self._size = 0
        self.bound = 0
        """Bytes it may hold whatever the share of others is; 0: its share."""
        self.cut = [False, False]
        """Whether the oldest bytes sent (0) and received (1) need not begin with a frame."""
        budget.join(1)

    @property
    def size(self) -> int:
        """Bytes held, with what remembering them costs."""
        return self._size

    def note(self, inward: bool, data: bytes, mono: float) -> bool:
        """Remember a piece; True when `trim` wants to be called."""
        pieces, budget = self._pieces, self._budget
        pieces.append((mono, inward, data))
        cost = len(data) + PIECE_BYTES
        self._size += cost
        budget.held += cost
        return (
            self._size > (self.bound or budget.share)
            or budget.held > budget.total
            or pieces[0][0] < mono - self.seconds
        )

    def trim(self, mono: float) -> None:
        """Forget the oldest until every bound holds; of a piece too large its end is kept."""
        budget, pieces = self._budget, self._pieces
        bound = self.bound or budget.share
        while pieces and pieces[0][0] < mono - self.seconds:
            self._forget()
        while len(pieces) > 1 and (self._size > bound or budget.held > budget.total):
            self._forget()
        over = max(self._size - bound, budget.held - budget.total)
        if pieces and over > 0:
            at, inward, data = pieces[0]
            self._forget()
            if over < len(data):
                self.note(inward, data[over:], at)

    def take(self) -> list[Noted]:
        """Return everything and forget it; what comes next may begin inside a frame."""
        taken = list(self._pieces)
        for _, inward, _ in taken:
            self.cut[inward] = True
        self._budget.held -= self._size
        self._size = 0
        self._pieces.clear()
        return taken

    def close(self) -> None:
        """Forget everything and leave the budget."""
        self.take()
        self._budget.join(-1)

    def _forget(self) -> None:
        _, inward, data = self._pieces.popleft()
        cost = len(data) + PIECE_BYTES
        self._size -= cost
        self._budget.held -= cost
        self.cut[inward] = True
