"""What a framing is, and the framings that know a frame's size from its beginning.

Owns, for each shape, where the next frame may start after noise. Keeps no state and no bytes: the
reader does. Knows nothing of what a frame means.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

Check = Callable[[bytes], str | None]
"""Judges a whole frame: None, or one of `gateway.codecs.api.DAMAGE`."""


class Framing(Protocol):
    """What the reader must know of a stream; stateless, so one value serves every connection."""

    @property
    def max_frame(self) -> int:
        """Bytes of the largest whole frame, as on the wire."""

    def measure(self, buffer: bytearray, seen: int) -> int:
        """Look at the start of ``buffer``, which is not empty.

        Above 0: a frame begins here and has that many bytes, whether they arrived or not. 0: more
        bytes are needed to tell. Below 0: no frame begins here, and none begins in that many bytes.
        ``seen`` is the number of leading bytes for which 0 was the answer before, so that a search
        need not start again.
        """

    def blame(self, buffer: bytearray) -> str:
        """Say why `measure` refused the start of ``buffer``; asked on the slow path only."""

    def check(self, frame: bytes) -> str | None:
        """Judge a whole frame: None, or a code of `gateway.codecs.api.DAMAGE`."""

    def skip(self, size: int) -> int:
        """Return how many bytes of a frame of ``size`` that failed its check hold no new start."""

    def unwrap(self, frame: bytes) -> bytes:
        """Return what the conversation gets of a frame that passed its check."""


def sound(frame: bytes) -> str | None:  # noqa: ARG001
    """Find nothing wrong: the check of a framing that has no checksum."""
    return None


def next_start(buffer: bytearray, magic: bytes, start: int) -> int:
    """Return the first offset ≥ ``start`` at which a frame may begin, a half magic included."""
    if not magic:
        return start
    at = buffer.find(magic, start)
    if at >= 0:
        return at
    for kept in range(min(len(magic) - 1, len(buffer) - start), 0, -1):
        if buffer.endswith(magic[:kept]):
            return len(buffer) - kept
    return len(buffer)


def _lead(buffer: bytearray, magic: bytes) -> int:
    """Return 1 when ``buffer`` starts with ``magic``, 0 when it still may, else bytes to drop."""
    if buffer.startswith(magic):
        return 1
    if magic.startswith(buffer):
        return 0
    return -next_start(buffer, magic, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedHeader:
    """Frames whose header has a checksum of its own, so that a wrong length is never believed.

    ``head`` sees a buffer with at least ``header`` bytes. It returns the size of the whole frame,
    0 for a header that turns out to be longer than what has come, or a damage code; it must verify
    the header's checksum before it believes the length. ``body`` checks the whole frame.
    """

    magic: bytes
    header: int
    head: Callable[[bytearray], int | str]
    body: Check
    max_frame: int

    def measure(self, buffer: bytearray, seen: int) -> int:  # noqa: ARG002
        """See `Framing.measure`."""
        if not buffer.startswith(self.magic):
            return _lead(buffer, self.magic)
        if len(buffer) < self.header:
            return 0
        size = self.head(buffer)
        if isinstance(size, int) and size <= self.max_frame:
            return size
        return -next_start(buffer, self.magic, 1)

    def blame(self, buffer: bytearray) -> str:
        """See `Framing.blame`."""
        if not buffer.startswith(self.magic):
            return "magic"
        verdict = self.head(buffer)
        return verdict if isinstance(verdict, str) else "length"

    def check(self, frame: bytes) -> str | None:
        """See `Framing.check`."""
        return self.body(frame)

    def skip(self, size: int) -> int:  # noqa: ARG002
        """Drop one byte: a header that was invented may have swallowed the start of a frame."""
        return 1

    def unwrap(self, frame: bytes) -> bytes:
        """Return the frame as it is."""
        return frame


@dataclass(frozen=True, slots=True, kw_only=True)
class LengthPrefixed:
    """Frames with a magic and a length that nothing vouches for.

    The whole frame has ``overhead`` bytes more than the length field says. A false magic may
    announce a frame that never comes, so on a line that can invent bytes the conversation must set
    a gap timer and call `FrameReader.gap`.
    """

    magic: bytes
    length_at: int
    length_size: int
    overhead: int
    max_frame: int
    byteorder: Literal["big", "little"] = "big"
    body: Check = sound

    def measure(self, buffer: bytearray, seen: int) -> int:  # noqa: ARG002
        """See `Framing.measure`."""
        if not buffer.startswith(self.magic):
            return _lead(buffer, self.magic)
        end = self.length_at + self.length_size
        if len(buffer) < end:
            return 0
        size = int.from_bytes(buffer[self.length_at : end], self.byteorder) + self.overhead
        if end <= size <= self.max_frame:
            return size
        return -next_start(buffer, self.magic, 1)

    def blame(self, buffer: bytearray) -> str:
        """See `Framing.blame`."""
        return "length" if buffer.startswith(self.magic) else "magic"

    def check(self, frame: bytes) -> str | None:
        """See `Framing.check`."""
        return self.body(frame)

    def skip(self, size: int) -> int:  # noqa: ARG002
        """Drop one byte: the length that was believed may have been wrong."""
        return 1

    def unwrap(self, frame: bytes) -> bytes:
        """Return the frame as it is."""
        return frame


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixed:
    """Frames that all have ``max_frame`` bytes; the magic may be empty."""

    max_frame: int
    magic: bytes = b""
    body: Check = sound

    def measure(self, buffer: bytearray, seen: int) -> int:  # noqa: ARG002
        """See `Framing.measure`."""
        if buffer.startswith(self.magic):
            return self.max_frame
        return _lead(buffer, self.magic)

    def blame(self, buffer: bytearray) -> str:  # noqa: ARG002
        """See `Framing.blame`."""
        return "magic"

    def check(self, frame: bytes) -> str | None:
        """See `Framing.check`."""
        return self.body(frame)

    def skip(self, size: int) -> int:  # noqa: ARG002
        """Drop one byte: with a lost byte every later boundary has moved."""
        return 1

    def unwrap(self, frame: bytes) -> bytes:
        """Return the frame as it is."""
        return frame
