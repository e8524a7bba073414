"""Bounds of one connection: how much it may have in flight, and how long it may not read."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.domain.ids import Receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowLimits:
    """Bounds of every session; each is a setting."""

    credit: int = 64
    """Records one session may have unsettled. Four windows of the largest kind YLS/1 allows; more
    would let one terminal with a backlog fill the lanes that all share."""
    write_high: int = 256 * 1024
    """Unsent bytes above which a session's socket is no longer read, so that its answers cannot
    grow further."""
    write_low: int = 64 * 1024
    """Unsent bytes below which it is read again."""
    stall_seconds: float = 30.0
    """A congested peer that takes not one byte for so long is cut off."""
    linger_seconds: float = 10.0
    """How long the last bytes of a session may take to leave before the connection is aborted."""


class Credit:
    """Which records of one session have no answer yet."""

    __slots__ = ("_limit", "_receipts")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._receipts: dict[Receipt, None] = {}
        """An empty set takes 150 bytes more."""

    def take(self, receipt: Receipt) -> bool:
        """Count a record in, or say that there is no room for it."""
        if len(self._receipts) >= self._limit:
            return False
        self._receipts[receipt] = None
        return True

    def give(self, receipt: Receipt) -> None:
        """Count a record out; a receipt that was not counted in changes nothing."""
        self._receipts.pop(receipt, None)

    def shut(self) -> None:
        """Take nothing more; what is in flight may still be given back."""
        self._limit = 0

    def __len__(self) -> int:
        return len(self._receipts)


class Congestion:
    """A peer that does not take what it is sent; exists only while that lasts."""

    __slots__ = ("_drained", "_since")

    def __init__(self, mono: float) -> None:
        self._since = mono
        self._drained = 0

    def stalled_for(self, drained: int, mono: float) -> float:
        """Return for how many seconds the peer has taken nothing.

        ``drained`` is the number of bytes it took since the congestion began.
        """
        if drained > self._drained:
            self._drained = drained
            self._since = mono
        return mono - self._since

    def forgive(self, seconds: float) -> None:
        """Do not count ``seconds`` in which we did not run ourselves."""
        self._since += seconds
