"""From reads to frames, for either side of a connection.

Owns the choice between the fast path (a read that is whole frames) and the reader that hunts. A
connection that never sees a split frame never has a buffer.
"""

from __future__ import annotations

from gateway.codecs.reader import FrameReader
from gateway.codecs.yls.frame import FRAMING, Frame, leading, parse

from gateway.domain.events import FrameDamaged


class Inlet:
    """The receiving half of one connection."""

    __slots__ = ("_reader", "_resync", "limit")

    def __init__(self, limit: int, *, resync: bool) -> None:
        self.limit = limit
        """Bytes of the largest frame taken now."""
        self._resync = resync
        self._reader: FrameReader | None = None

    @property
    def buffered(self) -> int:
        """Bytes of a frame that is not complete."""
        return self._reader.buffered if self._reader is not None else 0

    def feed(self, data: bytes) -> list[Frame | FrameDamaged]:
        """Return what a read completes; without resync, damage is the last thing returned."""
        found: list[Frame | FrameDamaged] = []
        # On a line that can lose bytes a hunt may be under way, which only the reader can report.
        if self._reader is None and not self._resync:
            whole, end = leading(data, self.limit)
            found += whole
            if end == len(data):
                return found
            data = data[end:]
        reader = self._reader
        if reader is None:
            reader = self._reader = FrameReader(FRAMING, resync=self._resync)
        reader.limit = self.limit
        reader.feed(data)
        found += self._drain(reader)
        if not self._resync and not reader.buffered and not reader.broken:
            self._reader = None
        return found

    def gap(self) -> list[Frame | FrameDamaged]:
        """Give up the frame in progress: the line fell silent."""
        if self._reader is None:
            return []
        self._reader.gap()
        return self._drain(self._reader)

    @staticmethod
    def _drain(reader: FrameReader) -> list[Frame | FrameDamaged]:
        found: list[Frame | FrameDamaged] = []
        while (one := reader.take()) is not None:
            found.append(parse(one) if isinstance(one, bytes) else one)
        return found
