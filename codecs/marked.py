"""Framings that find the end of a frame by a mark instead of a length.

Owns lines with a terminator and frames between flag bytes with an escape. Their boundary survives
any damage inside a frame, so a bad frame is dropped whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.codecs.shapes import Check, sound


@dataclass(frozen=True, slots=True, kw_only=True)
class Delimited:
    """Frames that end with ``terminator``; ``max_frame`` counts it, `unwrap` removes it.

    Of a line that is too long more than ``max_frame`` bytes are kept until its end comes: that it
    is longer is how its tail is told from a line of its own.
    """

    terminator: bytes
    max_frame: int
    body: Check = sound

    def measure(self, buffer: bytearray, seen: int) -> int:
        """See `Framing.measure`."""
        width = len(self.terminator)
        at = buffer.find(self.terminator, max(0, seen - width + 1))
        if at < 0:
            return min(0, self.max_frame + width - len(buffer))
        size = at + width
        return size if size <= self.max_frame else -size

    def blame(self, buffer: bytearray) -> str:  # noqa: ARG002
        """See `Framing.blame`."""
        return "length"

    def check(self, frame: bytes) -> str | None:
        """See `Framing.check`."""
        return self.body(frame)

    def skip(self, size: int) -> int:
        """Drop the whole line: the next one starts after the terminator, whatever was wrong."""
        return size

    def unwrap(self, frame: bytes) -> bytes:
        """Return the line without its terminator."""
        return frame[: -len(self.terminator)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Escaped:
    """Frames between two flag bytes; flag and escape are replaced inside.

    ``codes`` maps the byte after ``escape`` to the byte meant, such as ``{1: 0x7E, 2: 0x7F}``
    (FCARD) or ``{1: 0x7D, 2: 0x7E}`` (JT/T 808). ``body`` judges the frame without flags and
    escapes, which is also what the conversation gets. When the flag between two frames is lost,
    the neighbour it belonged to cannot be told and both are dropped.
    """

    flag: int
    escape: int
    codes: Mapping[int, int]
    max_frame: int
    body: Check = sound

    def measure(self, buffer: bytearray, seen: int) -> int:
        """See `Framing.measure`."""
        if buffer[0] != self.flag:
            at = buffer.find(self.flag)
            return -at if at > 0 else -len(buffer)
        at = buffer.find(self.flag, max(1, seen))
        if at == 1:
            return -1
        if at < 0:
            return 0 if len(buffer) < self.max_frame else -len(buffer)
        return at + 1 if at < self.max_frame else -at

    def blame(self, buffer: bytearray) -> str:
        """See `Framing.blame`."""
        return "length" if buffer[0] == self.flag else "magic"

    def check(self, frame: bytes) -> str | None:
        """See `Framing.check`; ``escape`` for an escape that stands for nothing."""
        inner = self._unescape(frame)
        return "escape" if inner is None else self.body(inner)

    def skip(self, size: int) -> int:
        """Keep the closing flag: it may be the opening one of the next frame."""
        return size - 1

    def unwrap(self, frame: bytes) -> bytes:
        """Return the frame without flags and escapes; raises ValueError on a bad escape."""
        inner = self._unescape(frame)
        if inner is None:
            raise ValueError("an escape that stands for nothing")
        return inner

    def wrap(self, inner: bytes) -> bytes:
        """Return ``inner`` as it travels: escaped, between flags."""
        out = bytearray((self.flag,))
        spelled = {meant: bytes((self.escape, code)) for code, meant in self.codes.items()}
        for byte in inner:
            out += spelled.get(byte) or bytes((byte,))
        out.append(self.flag)
        return bytes(out)

    def _unescape(self, frame: bytes) -> bytes | None:
        first, *rest = frame[1:-1].split(bytes((self.escape,)))
        out = bytearray(first)
        for piece in rest:
            if not piece or piece[0] not in self.codes:
                return None
            out.append(self.codes[piece[0]])
            out += piece[1:]
        return bytes(out)
