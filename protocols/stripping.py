"""What transparent serial servers add to a stream, taken out again before the parser.

Such a box may put a registration packet before its first packet, or before every one, and may send
a heartbeat of its own at any moment, so also in the middle of a frame. Neither says who is there:
whatever is stripped here is thrown away and never takes part in a login.

Pure: bytes in, bytes out. Where the bytes were cut into reads makes no difference.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

ANY = None
"""A position at which every byte fits."""

MOST_BYTES = 40
"""Longest packet that the boxes on the market can be told to send (YLS/1 4.4)."""

LEAST_FIXED = 4
"""Fixed bytes of a packet that is looked for in the whole stream: fewer would be found in pictures
and checksums, and whatever is stripped there destroys a frame."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A packet of fixed length: at each position one byte, or any."""

    places: tuple[int | None, ...]

    def __len__(self) -> int:
        return len(self.places)

    @property
    def fixed(self) -> int:
        """Positions at which only one byte fits."""
        return sum(place is not ANY for place in self.places)

    @property
    def conspicuous(self) -> bool:
        """Rare enough in a stream of frames to be looked for everywhere."""
        return self.places[0] is not ANY and self.fixed >= LEAST_FIXED

    def match(self, data: bytearray, at: int) -> bool | None:
        """Say whether the packet stands at ``at``; None when more bytes are needed to know."""
        there = data[at : at + len(self.places)]
        for place, byte in zip(self.places, there, strict=False):
            if place is not ANY and place != byte:
                return False
        return True if len(there) == len(self.places) else None


def parse_pattern(text: str) -> Pattern:
    """Read pairs of hexadecimal digits and ``??``, such as ``57 4D ?? ??``; raises ValueError."""
    pairs = text.split() if " " in text else [text[at : at + 2] for at in range(0, len(text), 2)]
    if len(pairs) not in range(1, MOST_BYTES + 1):
        raise ValueError(f"expected 1 to {MOST_BYTES} bytes")
    places: list[int | None] = []
    for pair in pairs:
        if pair == "??":
            places.append(ANY)
        elif len(pair) == 2 and all(digit in "0123456789abcdefABCDEF" for digit in pair):
            places.append(int(pair, 16))
        else:
            raise ValueError('expected pairs of hexadecimal digits or "??", such as "57 4D ?? ??"')
    return Pattern(tuple(places))


def _search(patterns: Sequence[Pattern], heads: bytes) -> re.Pattern[bytes]:
    """Return what finds the first of ``patterns`` that fits, where one of ``heads`` stands."""
    packets = (
        b"".join(b"." if place is ANY else re.escape(bytes((place,))) for place in one.places)
        for one in patterns
    )
    beginning = b"|".join(re.escape(heads[at : at + 1]) for at in range(len(heads)))
    return re.compile(b"(?=" + beginning + b")(?:" + b"|".join(packets) + b")", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Additions:
    """What the boxes behind one listener add."""

    registration: Pattern | None = None
    """Expected before anything else of a connection but heartbeats."""
    every_packet: bool = False
    """The registration comes again before each packet, with the bytes it had the first time."""
    heartbeat: Pattern | None = None
    """May stand anywhere."""


@dataclass(slots=True)
class Stripped:
    """How many packets were taken out, over all connections of a listener."""

    registrations: int = 0
    heartbeats: int = 0
    unregistered: int = 0
    """Connections that began without the registration they should have had."""


class Stripper:
    """One connection's share of `Additions`."""

    __slots__ = (
        "_additions",
        "_awaiting",
        "_buffer",
        "_heads",
        "_packet",
        "_patterns",
        "_stripped",
    )

    def __init__(self, additions: Additions, stripped: Stripped) -> None:
        self._additions = additions
        self._stripped = stripped
        self._buffer = bytearray()
        self._awaiting = additions.registration is not None
        self._patterns: tuple[Pattern, ...] = ()
        self._heads = b""
        self._packet: re.Pattern[bytes] | None = None
        self._look_for(additions.heartbeat, additions.registration)

    @property
    def held(self) -> int:
        """Bytes that may be the start of a packet; after a silence call `flush`."""
        return len(self._buffer)

    def feed(self, data: bytes) -> bytes:
        """Take bytes as they arrived and return those that are the terminal's."""
        self._buffer += data
        while self._awaiting:
            size = self._fitting(0)
            if size is None:
                return b""
            self._await(size)
        return self._stream()

    def flush(self) -> bytes:
        """Return what was held: the line fell silent, so it is no packet of the box."""
        if self._awaiting and self._buffer:
            self._begin(b"")
        held = bytes(self._buffer)
        self._buffer.clear()
        return held

    def _await(self, size: int) -> None:
        """Take what stands at the very start: a heartbeat, the registration, or neither."""
        registration = self._additions.registration
        assert registration is not None
        packet = bytes(self._buffer[:size])
        del self._buffer[:size]
        if size and registration.match(bytearray(packet), 0):
            self._begin(packet)
        elif size:
            self._stripped.heartbeats += 1
        else:
            self._begin(b"")

    def _begin(self, registered: bytes) -> None:
        """Go over to the stream; the registration is known now, or will not come."""
        self._awaiting = False
        self._stripped.registrations += bool(registered)
        self._stripped.unregistered += not registered
        again = Pattern(tuple(registered)) if registered and self._additions.every_packet else None
        self._look_for(self._additions.heartbeat, again)

    def _look_for(self, *patterns: Pattern | None) -> None:
        found: Sequence[Pattern] = [one for one in patterns if one is not None]
        self._patterns = tuple(sorted(found, key=len, reverse=True))
        self._heads = bytes(one.places[0] for one in found if one.places[0] is not ANY)
        self._packet = _search(self._patterns, self._heads) if self._heads else None

    def _fitting(self, at: int) -> int | None:
        """Return the size of the packet at ``at``, 0 for none, None when it is too early to say.

        The longest pattern is judged first, so the answer never depends on how much has come.
        """
        if not self._buffer:
            return None
        for pattern in self._patterns:
            fits = pattern.match(self._buffer, at)
            if fits is None:
                return None
            if fits:
                return len(pattern)
        return 0

    def _stream(self) -> bytes:
        buffer, out = self._buffer, bytearray()
        at = self._judge(out)
        while (start := self._next_head(at)) >= 0:
            out += buffer[at:start]
            size = self._fitting(start)
            if size is None:
                del buffer[:start]
                return bytes(out)
            if size:
                self._count(start, size)
            else:
                size = 1
                out.append(buffer[start])
            at = start + size
        out += buffer[at:]
        buffer.clear()
        return bytes(out)

    def _judge(self, out: bytearray) -> int:
        """Deal with everything before which no packet can be cut short; return how far that went.

        Anybody who reaches the box's port can fill a read with beginnings of packets, so this part,
        nearly all of a long read, is left to the regular expressions' engine.
        """
        buffer, at = self._buffer, 0
        if self._packet is None:
            return at
        decided = len(buffer) - len(self._patterns[0]) + 1
        while at < decided:
            found = self._packet.search(buffer, at)
            start = found.start() if found is not None else decided
            if found is None or start >= decided:
                out += buffer[at:decided]
                return decided
            out += buffer[at:start]
            self._count(start, found.end() - start)
            at = found.end()
        return at

    def _next_head(self, at: int) -> int:
        """Return where the next packet might begin, or -1."""
        places = [self._buffer.find(head, at) for head in self._heads]
        return min((place for place in places if place >= 0), default=-1)

    def _count(self, at: int, size: int) -> None:
        heartbeat = self._additions.heartbeat
        if heartbeat is not None and len(heartbeat) == size and heartbeat.match(self._buffer, at):
            self._stripped.heartbeats += 1
        else:
            self._stripped.registrations += 1
