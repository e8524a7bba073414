"""Which numbers of one series are held: a contiguous prefix and the islands above it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator

from gateway.domain.requests import HeldSeries

_NO_ISLANDS: list[int] = []
"""What nearly everybody has; never changed, so all can share it."""


class HeldNumbers:
    """The numbers 1, 2, 3 … of one series that are durably ours.

    Memory grows with the number of holes, not with the number of records: an island is one pair.
    """

    __slots__ = ("_ends", "_starts", "series", "upto")

    def __init__(self, series: int, upto: int = 0, ranges: Iterable[tuple[int, int]] = ()) -> None:
        self.series = series
        self.upto = upto
        """Every number ≤ upto is held."""
        self._starts = self._ends = _NO_ISLANDS
        for first, last in ranges:
            self.add(first, last)

    def add(self, first: int, last: int | None = None) -> None:
        """Hold ``first``…``last`` (or just ``first``); what is held already changes nothing."""
        last = first if last is None else last
        if first == self.upto + 1 and not self._starts:  # the everyday case: the next number
            self.upto = last
            return
        if last <= self.upto or last < first:
            return
        first = max(first, self.upto + 1)
        self._merge(first, last)
        if self._starts[0] == self.upto + 1:
            self.upto = self._ends[0]
            del self._starts[0], self._ends[0]

    def _merge(self, first: int, last: int) -> None:
        if self._starts is _NO_ISLANDS:
            self._starts, self._ends = [], []
        low = bisect_right(self._ends, first - 2)  # islands that touch are joined
        high = bisect_right(self._starts, last + 1)
        if low < high:
            first = min(first, self._starts[low])
            last = max(last, self._ends[high - 1])
        self._starts[low:high] = [first]
        self._ends[low:high] = [last]

    def __contains__(self, number: int) -> bool:
        if number <= self.upto:
            return True
        at = bisect_right(self._starts, number) - 1
        return at >= 0 and number <= self._ends[at]

    @property
    def top(self) -> int:
        """The largest number held."""
        return self._ends[-1] if self._ends else self.upto

    def whole(self, last: int) -> bool:
        """Say whether ``last`` is reached and nothing is missing; cheaper than `missing`."""
        return not self._starts and self.upto >= last

    def islands(self) -> Iterator[tuple[int, int]]:
        """Yield what is held above the prefix, ascending, as inclusive pairs."""
        return zip(self._starts, self._ends, strict=True)

    def within(self, first: int, last: int) -> Iterator[tuple[int, int]]:
        """Yield what is held above the prefix of ``first``…``last``, ascending, cut to that range.

        The cost is that of what is yielded, however many islands there are elsewhere.
        """
        for at in range(bisect_left(self._ends, first), bisect_right(self._starts, last)):
            yield max(first, self._starts[at]), min(last, self._ends[at])

    def missing(self, first: int, last: int) -> Iterator[tuple[int, int]]:
        """Yield the holes inside ``first``…``last``, ascending, as inclusive pairs."""
        at = max(first, self.upto + 1)
        for start, end in self.islands():
            if start > last:
                break
            if at < start:
                yield at, start - 1
            at = max(at, end + 1)
        if at <= last:
            yield at, last

    def snapshot(self) -> HeldSeries:
        """Freeze the present state, to be handed to a conversation or to storage."""
        return HeldSeries(series=self.series, upto=self.upto, ranges=tuple(self.islands()))
