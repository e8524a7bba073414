"""Which checksum fits: every family a library computes, tried over every plausible place.

Owns the families and the search. A fit counts by its evidence in bits: what the frames that fit
would cost to meet by chance, less what the choice of this family and place is worth.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal

import fastcrc
from gateway.codecs.checksum import ones_complement16, sum8, xor8

Order = Literal["big", "little"]
ORDERS: tuple[Order, ...] = ("big", "little")
MOST_FRAMES = 12
"""Distinct frames looked at; the shortest, because they cost least and say as much."""
MOST_START = 12
"""Bytes at the start of a frame that its checksum may leave out."""
MOST_TAIL = 3
"""Bytes that may follow the checksum, such as an end mark."""
SPELLINGS = ("X", "x")
"""How a protocol of text writes a value: in hexadecimal digits, upper or lower case."""
MOST_HEAD = 32
"""Bytes within which a header may carry a checksum of its own."""
MOST_INSIDE = 8
"""How far behind the start of the content a value may lie that is left out of what it covers."""
STILL_BITS = 3.0
"""What must speak more for a value with a byte that never changes, or is zero in a single frame:
where the sum of everything is fixed, any other byte may as well be the value."""
CONVINCING_BITS = 3.0
"""Less evidence than this is not reported."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """One checksum under its catalogue name."""

    name: str
    width: int
    """Bytes of the value."""
    compute: Callable[[bytes], int]
    common: bool = False
    """Met in documented terminal protocols."""
    inside: bool = False
    """May lie inside what it covers, as sums in packet headers do."""


_COMMON = {
    *("CRC-16/MODBUS", "CRC-16/ARC", "CRC-16/MCRF4XX", "CRC-16/IBM-3740", "CRC-16/XMODEM"),
    *("CRC-16/KERMIT", "CRC-16/IBM-SDLC", "CRC-16/SPI-FUJITSU", "CRC-32/ISO-HDLC"),
}


def _catalogue(library: Any, width: int) -> Iterator[Family]:
    for algorithm in sorted(library.algorithms_guaranteed):
        name = f"CRC-{8 * width}/{algorithm.upper().replace('_', '-')}"
        yield Family(
            name=name,
            width=width,
            compute=getattr(library, algorithm.replace("-", "_")),
            common=name in _COMMON,
        )


def _sum16(data: bytes) -> int:
    return sum(data) & 0xFFFF


def _negated(data: bytes) -> int:
    return -sum(data) & 0xFF


def _inverted(data: bytes) -> int:
    return ~sum(data) & 0xFF


FAMILIES: tuple[Family, ...] = (
    Family(name="XOR of all bytes", width=1, compute=xor8, common=True),
    Family(name="sum of all bytes, low 8 bits", width=1, compute=sum8, common=True),
    Family(name="two's complement of the 8-bit sum", width=1, compute=_negated),
    Family(name="one's complement of the 8-bit sum", width=1, compute=_inverted),
    Family(name="sum of all bytes, low 16 bits", width=2, compute=_sum16, common=True, inside=True),
    Family(
        name="one's complement 16-bit sum (ZKTeco)",
        width=2,
        compute=ones_complement16,
        inside=True,
    ),
    *_catalogue(fastcrc.crc8, 1),
    *_catalogue(fastcrc.crc16, 2),
    *_catalogue(fastcrc.crc32, 4),
)
"""Simple sums first, then every CRC of 8, 16 and 32 bits of the catalogue the library computes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """A checksum in its place."""

    family: Family
    order: Order
    start: int
    """First byte covered."""
    tail: int = 0
    """Bytes that follow the value; -1 when it lies at a fixed place from the start."""
    head: int = 0
    """Where the value lies then: at the end of a header, or inside what it covers."""
    inside: bool = False
    """The value is left out of what it covers, which goes on to the end of the frame."""
    content: bool = False
    """Covers what the length field counts; a frame in which that is nothing has no value."""
    spelling: str = ""
    """``X`` or ``x`` when the value is written in hexadecimal digits of that case."""
    mark: int = 0
    """Bytes between what is covered and the value, such as the star of NMEA 0183."""
    fits: int = 0
    tried: int = 0
    bits: float = 0.0

    @property
    def size(self) -> int:
        """Bytes that the value takes."""
        return self.family.width * (2 if self.spelling else 1)

    def at(self, frame: bytes) -> int:
        """Return where the value lies in a frame."""
        return self.head if self.tail < 0 else len(frame) - self.tail - self.size

    @property
    def closes_header(self) -> bool:
        """Say whether the rest of the frame is not covered."""
        return self.tail < 0 and not self.inside

    def covered(self, frame: bytes) -> bytes:
        """Return what the value is computed over."""
        at = self.at(frame)
        if self.inside:
            return frame[self.start : at] + frame[at + self.size :]
        return frame[self.start : at - self.mark]

    def written(self, frame: bytes) -> bytes:
        """Return the right value for a frame, as it stands there."""
        value = self.family.compute(self.covered(frame))
        if self.spelling:
            return f"{value:0{self.size}{self.spelling}}".encode()
        return value.to_bytes(self.size, self.order)

    def fits_frame(self, frame: bytes) -> bool:
        """Say whether a frame carries the right value."""
        at = self.at(frame)
        if at < self.start or at + self.size > len(frame) or not self.covered(frame):
            return False
        return self.written(frame) == frame[at : at + self.size]

    def silent(self, frame: bytes) -> bool:
        """Say whether a frame tells nothing: all zero, which many sums agree with, or empty."""
        at = self.at(frame)
        if self.content and at <= self.start:
            return True
        end = len(frame) if self.inside else at + self.size
        return not any(frame[self.start : end])

    def renewed(self, frame: bytes) -> bytes:
        """Return the frame with its value computed anew."""
        at = self.at(frame)
        return frame[:at] + self.written(frame) + frame[at + self.size :]

    def __str__(self) -> str:
        order = f", {self.order}-endian" if self.family.width > 1 and not self.spelling else ""
        if self.spelling:
            order = f" in {self.size} hexadecimal digits"
        if self.mark:
            order += f" behind {self.mark} byte that is left out"
        return (
            f"{self.family.name} from byte {self.start}, {8 * self.family.width} bits{order}"
            f" {self._place()}: fits {self.fits} of {self.tried} frames"
            + (" that have content" if self.content else "")
            + ("; the others are damaged, or it is another" if self.fits < self.tried else "")
        )

    def _place(self) -> str:
        if self.inside:
            return f"at byte {self.head}, itself left out"
        if self.tail < 0:
            return f"at byte {self.head}"
        if self.tail > 0:
            return f"{self.tail} byte{'s' * (self.tail > 1)} before the end"
        return "at the end"


def find_seals(frames: Sequence[bytes]) -> list[Seal]:
    """Return the checksums that fit most of the frames, the likeliest first.

    In frames of text a value may also be written in hexadecimal digits.
    """
    chosen = _chosen(frames)
    return _fitting(_places(chosen), chosen)


def find_content_seals(frames: Sequence[bytes], overhead: int) -> list[Seal]:
    """Return the checksums over what a length field counts, where frames have that much more."""
    return _fitting(_content_places(overhead), _chosen(frames))


def _chosen(frames: Sequence[bytes]) -> list[bytes]:
    telling = {frame for frame in frames if len(set(frame)) > 2}
    return sorted(telling, key=lambda frame: (len(frame), frame))[:MOST_FRAMES]


def _fitting(places: Iterator[Seal], frames: list[bytes]) -> list[Seal]:
    found = [seal for place in places if (seal := _judged(place, frames)) is not None]
    return sorted(found, key=lambda seal: -seal.bits)


def _content_places(overhead: int) -> Iterator[Seal]:
    """Yield the places at the end of the content, the value counted by the length or not.

    And those within it, for the sums that lie inside what they cover.
    """
    for family in FAMILIES:
        for order in ORDERS if family.width > 1 else ORDERS[:1]:
            seal = partial(Seal, family=family, order=order)
            for tail in range(MOST_TAIL + 1):
                for start in (overhead - tail, overhead - tail - family.width):
                    if start > MOST_START:
                        yield seal(start=start, tail=tail, content=True)
            for head in range(overhead, overhead + MOST_INSIDE + 1) if family.inside else ():
                yield seal(start=overhead, tail=-1, head=head, inside=True)


def _places(frames: Sequence[bytes]) -> Iterator[Seal]:
    shortest = min(map(len, frames), default=0)
    text = all(_is_text(frame) for frame in frames)
    for family in FAMILIES:
        orders = ORDERS if family.width > 1 else ORDERS[:1]
        for order in orders:
            seal = partial(Seal, family=family, order=order)
            for start in range(min(MOST_START + 1, max(0, shortest - family.width))):
                yield from (seal(start=start, tail=tail) for tail in range(MOST_TAIL + 1))
            if text and order == "big":
                yield from _spelled(seal, shortest - 2 * family.width)
            if family.width > 1:
                for head in range(4, min(MOST_HEAD, shortest - family.width)):
                    yield seal(start=0, tail=-1, head=head)


def _spelled(seal: Callable[..., Seal], room: int) -> Iterator[Seal]:
    """Yield the places of a value in digits, with a mark before it and without."""
    for start in range(min(MOST_START + 1, max(0, room))):
        for tail in range(MOST_TAIL + 1):
            for mark in (0, 1):
                yield from (
                    seal(start=start, tail=tail, mark=mark, spelling=each) for each in SPELLINGS
                )


def _is_text(frame: bytes) -> bool:
    return all(32 <= byte < 127 or byte in b"\t\r\n" for byte in frame)


def _judged(seal: Seal, frames: Sequence[bytes]) -> Seal | None:
    """Return the seal with its evidence, or None when it does not convince.

    A few frames decide whether the others are worth looking at: some may be damaged.
    """
    told = [frame for frame in frames if not seal.silent(frame)]
    if not any(seal.fits_frame(frame) for frame in told[:4]):
        return None
    telling = [seal.written(frame) for frame in told if seal.fits_frame(frame)]
    bits = 8 * seal.family.width * (2 * len(telling) - len(told)) - _price(seal)
    bits -= STILL_BITS * _still(telling)
    if bits < CONVINCING_BITS:
        return None
    meant = told if seal.content else frames
    fits = sum(seal.fits_frame(frame) for frame in meant)
    return replace(seal, fits=fits, tried=len(meant), bits=bits)


def _still(values: list[bytes]) -> int:
    if len(values) == 1:
        return int(not any(values[0]))
    return sum(len(set(column)) == 1 for column in zip(*values, strict=True))


def _price(seal: Seal) -> float:
    """Return in bits how far-fetched a family and a place are."""
    family = 1.0 if seal.family.common else 6.0
    if seal.closes_header:
        return family + 6.0
    if seal.content or seal.inside:
        return family + 3.0
    start = 1.0 if seal.start == 0 else 2.0 if seal.start <= 2 else 5.0
    written = 2.0 if seal.spelling else 0.0
    return family + start + (0.5, 1.5, 4.0, 5.0)[seal.tail] + (seal.family.width > 1) + written
