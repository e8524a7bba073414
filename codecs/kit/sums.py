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
    Family(name="sum of all bytes, low 16 bits", width=2, compute=_sum16, common=True),
    Family(name="one's complement 16-bit sum (ZKTeco)", width=2, compute=ones_complement16),
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
    """Bytes that follow the value; -1 when it closes a header."""
    head: int = 0
    """Where the value lies when it closes a header."""
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

    def covered(self, frame: bytes) -> bytes:
        """Return what the value is computed over."""
        return frame[self.start : self.at(frame) - self.mark]

    def written(self, frame: bytes) -> bytes:
        """Return the right value for a frame, as it stands there."""
        value = self.family.compute(self.covered(frame))
        if self.spelling:
            return f"{value:0{self.size}{self.spelling}}".encode()
        return value.to_bytes(self.size, self.order)

    def fits_frame(self, frame: bytes) -> bool:
        """Say whether a frame carries the right value."""
        at = self.at(frame)
        if at - self.mark <= self.start or at + self.size > len(frame):
            return False
        return self.written(frame) == frame[at : at + self.size]

    def covers_nothing(self, frame: bytes) -> bool:
        """Say whether value and covered bytes are all zero, which many sums agree with."""
        return not any(frame[self.start : self.at(frame) + self.size])

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
        place = f"at byte {self.head}" if self.tail < 0 else "at the end"
        if self.tail > 0:
            place = f"{self.tail} byte{'s' * (self.tail > 1)} before the end"
        return (
            f"{self.family.name} from byte {self.start}, {8 * self.family.width} bits{order}"
            f" {place}: fits {self.fits} of {self.tried} frames"
            + ("; the others are damaged, or it is another" if self.fits < self.tried else "")
        )


def find_seals(frames: Sequence[bytes]) -> list[Seal]:
    """Return the checksums that fit most of the frames, the likeliest first.

    In frames of text a value may also be written in hexadecimal digits.
    """
    chosen = sorted({frame for frame in frames if len(set(frame)) > 2}, key=lambda f: (len(f), f))
    chosen = chosen[:MOST_FRAMES]
    found = [seal for make in _places(chosen) if (seal := _judged(make, chosen)) is not None]
    return sorted(found, key=lambda seal: -seal.bits)


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
            for head in range(4, min(MOST_HEAD, shortest - family.width)):
                if family.width > 1:
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
    if not any(seal.fits_frame(frame) for frame in frames[:4]):
        return None
    fits = sum(seal.fits_frame(frame) for frame in frames)
    told = [frame for frame in frames if not seal.covers_nothing(frame)]
    telling = sum(seal.fits_frame(frame) for frame in told)
    bits = 8 * seal.family.width * (2 * telling - len(told)) - _price(seal)
    if bits < CONVINCING_BITS:
        return None
    return replace(seal, fits=fits, tried=len(frames), bits=bits)


def _price(seal: Seal) -> float:
    """Return in bits how far-fetched a family and a place are."""
    family = 1.0 if seal.family.common else 6.0
    if seal.tail < 0:
        return family + 6.0
    start = 1.0 if seal.start == 0 else 2.0 if seal.start <= 2 else 5.0
    return family + start + (0.5, 1.5, 4.0, 5.0)[seal.tail] + (seal.family.width > 1)
