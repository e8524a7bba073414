"""Framers with the mistakes that real gateways shipped, to be put into the example dialect.

Each has the shape of `FrameReader`, and each mistake is named after where it was found in the wild.
"""

from __future__ import annotations

from gateway.codecs.api import Context, Conversation
from gateway.codecs.replay import Make

from gateway.domain.events import FrameDamaged
from tests.codecs.acme import FRAMES, AcmeConversation, sealed


class Framer:
    """A correct framer that is simple instead of thrifty; the mistakes are its subclasses."""

    max_frame = 1024

    def __init__(self, *, resync: bool) -> None:
        self.resync = resync
        self.broken = False
        self.buffer = bytearray()

    @property
    def buffered(self) -> int:
        return len(self.buffer)

    def feed(self, data: bytes) -> bool:
        if not self.broken:
            self.buffer += data
        return True

    def gap(self) -> None:
        del self.buffer[:1]

    def size(self) -> int | None:
        """Size of the frame at the start, None when that cannot be told yet."""
        if len(self.buffer) < 7:
            return None
        return int.from_bytes(self.buffer[5:7], "big") + 9

    def take(self) -> bytes | FrameDamaged | None:
        while self.buffer and not self.broken:
            if not self.buffer.startswith(b"AC"[: len(self.buffer)]):
                self.damage("magic")
                continue
            size = self.size()
            if size is not None and size > self.max_frame:
                self.damage("length")
                continue
            if size is None or len(self.buffer) < size:
                return None
            frame = bytes(self.buffer[:size])
            if self.check(frame):
                self.damage("checksum")
                continue
            self.consume(size)
            return frame
        return None

    def check(self, frame: bytes) -> str | None:
        return sealed(frame)

    def consume(self, size: int) -> None:
        del self.buffer[:size]

    def damage(self, code: str) -> None:
        self.broken = not self.resync
        start = self.buffer.find(b"A", 1)
        del self.buffer[: start if self.resync and start > 0 else None]


class SizeFromWhatArrived(Framer):
    """A read is a frame (Traccar H02)."""

    def size(self) -> int | None:
        return len(self.buffer)


class HalfMagicRejected(Framer):
    """One byte of the magic is no magic (EMQX GB/T 32960)."""

    def take(self) -> bytes | FrameDamaged | None:
        if self.buffer and not self.buffer.startswith(b"AC"):
            self.damage("magic")
        return super().take()


class SecondFrameLost(Framer):
    """What shares a read with a frame is dropped with it (pymodbus)."""

    def consume(self, size: int) -> None:
        self.buffer.clear()


class NoiseDropsEverything(Framer):
    """A strange byte empties the buffer, frames behind it included (pymodbus RTU)."""

    def damage(self, code: str) -> None:
        super().damage(code)
        self.buffer.clear()


class LengthBelieved(Framer):
    """No bound on what a length field may ask for (magic-wormhole, afkak)."""

    max_frame = 2**40

    def size(self) -> int | None:
        size = super().size()
        return None if size is None else size << 16 if size > 1024 else size


class CopiedWithEveryRead(Framer):
    """The buffer is copied for each read, as appending to a `bytes` attribute does."""

    max_frame = 16_384

    def feed(self, data: bytes) -> bool:
        if not self.broken:
            self.buffer = self.buffer + data
        return True


class ParsedFromTheStart(Framer):
    """All bytes are walked over again with each read (ldaptor)."""

    max_frame = 2048
    walked = 0

    def feed(self, data: bytes) -> bool:
        super().feed(data)
        for byte in self.buffer:
            self.walked ^= byte
        return True


class ChecksumIgnored(Framer):
    """Whatever came is taken."""

    def check(self, frame: bytes) -> str | None:
        return None


class EarlyBird(Framer):
    """The frame is believed before its checksum arrived."""

    def take(self) -> bytes | FrameDamaged | None:
        size = self.size() if self.buffer.startswith(b"AC") else None
        if size is not None and size <= len(self.buffer) + 2:
            frame = bytes(self.buffer[:size]).ljust(size, b"\0")
            self.consume(size)
            return frame
        return super().take()


class Stumbler(Framer):
    """Garbage is an exception."""

    def damage(self, code: str) -> None:
        raise IndexError("what is this?")


def acme_with(framer: type[Framer]) -> Make:
    """Make the example dialect's server side with a framer of its own."""

    def make(context: Context) -> Conversation:
        made = AcmeConversation(context)
        made._frames = framer(resync=context.resync)  # type: ignore[assignment]
        return made

    return make


assert FRAMES.max_frame == Framer.max_frame
