"""From bytes as they arrive to frames, over any framing.

Owns the buffer, its bound, the hunt for the next frame after noise, and the account of what was
dropped. Knows no clock: a conversation that wants a gap timer calls `FrameReader.gap`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter

from gateway.codecs.shapes import Framing

from gateway.domain.events import FrameDamaged

SAMPLE_BYTES = 32
"""Bytes of a piece of noise that are kept for the operator to look at."""

HUNT_REPORT_BYTES = 65_536
"""A hunt that finds no frame is reported in pieces of this size, so a babbling line is seen."""

WORTH_KEEPING = 512
"""Bytes of a read that is kept as it came: an object of its own costs 50, so a peer that sends a
frame byte by byte would have us hold forty times what it sent."""


class FrameReader:
    """Takes frames out of a stream, in place and at linear cost.

    Drain `take` after each `feed` that says so; then fewer than ``max_frame`` bytes stay behind
    (plus one mark, for framings that end with one). Where bytes are cut into reads makes no
    difference to what comes out. Without ``resync`` the first damage ends it: one FrameDamaged of
    the bytes up to the one that showed it, then nothing more. With it the reader drops as little as
    the framing allows and hunts on; all that one hunt dropped is one FrameDamaged, returned before
    the frame that ended the hunt.
    """

    __slots__ = (
        "_buffer",
        "_code",
        "_framing",
        "_late",
        "_lost",
        "_missing",
        "_report",
        "_reports",
        "_resync",
        "_sample",
        "_seen",
        "_size",
        "broken",
        "damaged",
        "dropped",
        "frames",
        "limit",
    )

    def __init__(self, framing: Framing, *, resync: bool) -> None:
        self._framing = framing
        self._resync = resync
        self._buffer = bytearray()
        self._size = 0
        self._seen = 0
        # What a frame of known size still lacks, and what has come of that: joined once it is all
        # there, because a picture of 100 KB comes in 70 reads.
        self._missing = 0
        self._late: list[bytes] = []
        self._lost = 0
        self._code = ""
        self._sample = bytearray()
        self._reports: list[FrameDamaged] = []
        self._report = False
        self.limit = framing.max_frame
        """Bytes of the largest frame taken now; may be lowered before login."""
        self.broken = False
        """Damage was found on a link that cannot lose bytes; nothing more will come out."""
        self.frames = 0
        """Frames that came out."""
        self.dropped = 0
        """Bytes that belonged to no frame; without ``resync`` those up to the damage."""
        self.damaged: Counter[str] = Counter()
        """Pieces of damage reported, by code."""

    @property
    def buffered(self) -> int:
        """Bytes held back; above 0 a gap timer makes sense."""
        return len(self._buffer) + sum(map(len, self._late))

    def feed(self, data: bytes) -> bool:
        """Take bytes as they arrived; False when they complete nothing, so `take` may be spared.

        Ignored once broken.
        """
        missing = self._missing
        if missing:
            size = len(data)
            self._missing = missing = missing - size
            if size >= WORTH_KEEPING or missing <= 0:  # what completes a frame is joined at once
                self._late.append(data)
            else:
                self._buffer += b"".join(self._late)
                self._buffer += data
                self._late.clear()
            if missing > 0:
                return False
            self._missing = 0
        elif not self.broken:
            self._buffer += data
        return True

    def take(self) -> bytes | FrameDamaged | None:
        """Return the next frame or piece of damage, or None when more bytes are needed."""
        if self._reports:
            return self._reports.pop(0)
        if self._missing:
            return None
        if self._late:
            whole = self._join()
            if len(whole) == self._size and not self._lost and self._framing.check(whole) is None:
                return self._found(whole)
            self._buffer += whole
        buffer, framing = self._buffer, self._framing
        while buffer:
            size = self._size or framing.measure(buffer, self._seen)
            if size > self.limit:
                self._drop(min(framing.skip(size), len(buffer)), "length")
            elif size > len(buffer):
                self._size = size
                self._missing = size - len(buffer)
                break
            elif size > 0:
                frame = bytes(buffer) if size == len(buffer) else bytes(buffer[:size])
                code = framing.check(frame)
                if code is None:
                    return self._found(frame)
                self._drop(framing.skip(size), code)
            elif size == 0:
                self._seen = len(buffer)
                break
            else:
                self._drop(-size, framing.blame(buffer))
            if self._reports:
                return self._reports.pop(0)
        silent, self._report = self._report, False
        return self._finish() if silent and self._lost else None

    def gap(self) -> None:
        """Note that the line fell silent: give up the frame in progress by its first byte.

        What follows is looked at afresh, so a frame behind a false start comes out of `take`; if
        another incomplete one stands there, it gets a silence of its own. A hunt under way is
        reported without waiting for the frame that would end it.
        """
        self._buffer += self._join()
        if self._buffer:
            self._drop(1, "gap")
        self._report = True

    def _join(self) -> bytes:
        """Take out what is held of the frame under way."""
        whole = b"".join((self._buffer, *self._late))
        self._buffer.clear()
        self._late.clear()
        self._missing = 0
        return whole

    def _found(self, frame: bytes) -> bytes | FrameDamaged:
        if self._lost:
            return self._finish()
        del self._buffer[: len(frame)]
        self._size = self._seen = self._missing = 0
        self.frames += 1
        return self._framing.unwrap(frame)

    def _drop(self, count: int, code: str) -> None:
        if not self._resync:
            self._break(code)
            return
        self.dropped += count
        at = 0
        while at < count:
            self._code = self._code or code
            step = min(count - at, HUNT_REPORT_BYTES - self._lost)
            wanted = min(step, SAMPLE_BYTES - len(self._sample))
            self._sample += self._buffer[at : at + wanted]
            self._lost += step
            at += step
            if self._lost == HUNT_REPORT_BYTES:
                self._reports.append(self._finish())
        del self._buffer[:count]
        self._size = self._seen = self._missing = 0

    def _finish(self) -> FrameDamaged:
        damage = FrameDamaged(code=self._code, size=self._lost, sample=bytes(self._sample))
        self.damaged[self._code] += 1
        self._lost, self._code = 0, ""
        self._sample.clear()
        return damage

    def _break(self, code: str) -> None:
        size = self._showing()
        self.broken = True
        self.damaged[code] += 1
        self.dropped += size
        sample = bytes(self._buffer[: min(size, SAMPLE_BYTES)])
        self._reports.append(FrameDamaged(code=code, size=size, sample=sample))
        self._buffer.clear()

    def _showing(self) -> int:
        """Return how many bytes it takes to see the damage, however many have come with them."""
        buffer, framing = self._buffer, self._framing

        def refused(count: int) -> bool:
            return not 0 <= framing.measure(buffer[:count], 0) <= self.limit

        if not refused(len(buffer)):  # a frame that failed its check, or one that fell silent
            return min(framing.measure(buffer, 0) or len(buffer), len(buffer))
        return 1 + bisect_left(range(1, len(buffer)), True, key=refused)
