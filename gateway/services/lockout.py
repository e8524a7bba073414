"""Who may try to log in: failed proofs are counted by serial number and source together.

Keyed by both (YLS/1 ruling 15), so that somebody who only knows a serial number cannot lock the
real terminal out from elsewhere. Attempts that are refused because of earlier failures are not
failures themselves: else one wrongly set up terminal, that tries on and on, would shut out all the
others behind its site's address.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Hashable

from gateway.domain.sources import source_of


class FailureWindow:
    """Counts failures per key in a sliding window; remembers a bounded number of keys."""

    def __init__(self, *, limit: int, window_s: float, keys: int = 10_000) -> None:
        self._limit = limit
        self._window = window_s
        self._keys = keys
        self._failures: OrderedDict[Hashable, deque[float]] = OrderedDict()

    def failed(self, key: Hashable, now: float) -> None:
        """Count one failure at ``now`` (monotonic seconds)."""
        times = self._failures.setdefault(key, deque(maxlen=self._limit))
        times.append(now)
        self._failures.move_to_end(key)
        if len(self._failures) > self._keys:
            self._failures.popitem(last=False)

    def shut(self, key: Hashable, now: float) -> bool:
        """Whether the key has used up its failures."""
        times = self._failures.get(key)
        return times is not None and len(times) == self._limit and now - times[0] < self._window

    def cleared(self, key: Hashable) -> None:
        """Forget a key that proved itself."""
        self._failures.pop(key, None)


class Lockout:
    """The two windows of YLS/1 section 7.2, applied to every dialect."""

    def __init__(self, *, per_serial: int, per_source: int, window_s: float) -> None:
        self._pairs = FailureWindow(limit=per_serial, window_s=window_s)
        self._sources = FailureWindow(limit=per_source, window_s=window_s)

    def failed(self, serial: str, source: str, now: float) -> bool:
        """Count a failed proof; True for the one that shuts the whole source."""
        shunned = self.shuns(source, now)
        source = source_of(source)
        self._pairs.failed((serial, source), now)
        self._sources.failed(source, now)
        return not shunned and self._sources.shut(source, now)

    def shut(self, serial: str, source: str, now: float) -> bool:
        """Whether this source must not try this serial number at present."""
        return self._pairs.shut((serial, source_of(source)), now)

    def shuns(self, source: str, now: float) -> bool:
        """Whether this source must not try any serial number at present."""
        return self._sources.shut(source_of(source), now)

    def proved(self, serial: str, source: str) -> None:
        """Forget the failures of a terminal that has now proved itself."""
        self._pairs.cleared((serial, source_of(source)))
