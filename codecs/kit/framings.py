"""How a capture falls into frames: every shape the SDK knows, tried on every plausible place.

Owns the hypotheses and their evidence, in bits as in `gateway.codecs.kit.sums`. A capture is a
list of pieces, each beginning where a read began; the last one may be cut in the middle of a frame.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from itertools import accumulate
from math import log2
from typing import Literal

from gateway.codecs.kit.sums import Order

Kind = Literal["length", "escaped", "delimited", "fixed", "http"]

MOST_PIECES = 24
MOST_AT = 20
"""How far from the start of a frame a length field is looked for."""
MOST_OVERHEAD = 48
"""Bytes a frame may have beyond what its length field says."""
MOST_FRAME = 1 << 20
LEAST_BITS = -12.0
"""A shape with less evidence is not looked at further; with this a checksum can still prove it."""
ESCAPES: Mapping[int, tuple[tuple[str, int, Mapping[int, int]], ...]] = {
    0x7E: (
        ("JT/T 808", 0x7D, {0x01: 0x7D, 0x02: 0x7E}),
        ("HDLC", 0x7D, {0x5D: 0x7D, 0x5E: 0x7E}),
        ("FCARD", 0x7F, {0x01: 0x7E, 0x02: 0x7F}),
    ),
    0x7F: (("7F 7E", 0x7F, {0x01: 0x7E, 0x02: 0x7F}),),
    0xC0: (("SLIP", 0xDB, {0xDC: 0xC0, 0xDD: 0xDB}),),
}
"""Escapes met with a flag: name, escape byte, and what the byte after it stands for."""
_MARKS = (b"\r\n", b"\n", b"\r", b"\0", b"\x03", b"#", b"$", b";", b">")
_VERBS = (b"GET ", b"POST ", b"PUT ", b"HTTP/1.", b"OPTIONS ", b"DELETE ")
_HEADER = re.compile(rb"\r\n(?:Content-Length|Content-Type|Transfer-Encoding|Host):", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """One way in which the capture falls into frames."""

    kind: Kind
    says: str
    frames: tuple[bytes, ...]
    """Whole frames as on the wire, in order."""
    left: int
    """Bytes after the last whole frame: it was cut off."""
    bits: float
    fits: int
    """Pieces that fall into frames."""
    length_at: int = 0
    length_size: int = 0
    order: Order = "big"
    overhead: int = 0
    escapes: tuple[int, Mapping[int, int]] | None = field(default=None, hash=False)

    def inner(self) -> tuple[bytes, ...]:
        """Return the frames as a checksum sees them: without flags, escapes and end marks."""
        if self.kind != "escaped":
            return self.frames
        return tuple(unescaped(frame, self.escapes) for frame in self.frames)

    @property
    def length_lsb(self) -> int:
        """Where the low byte of the length lies; its width often cannot be told."""
        return self.length_at + (self.length_size - 1 if self.order == "big" else 0)


def unescaped(frame: bytes, escapes: tuple[int, Mapping[int, int]] | None) -> bytes:
    """Return what lies between two flags, with every known escape replaced."""
    inner = frame[1:-1]
    if escapes is None:
        return inner
    escape, codes = escapes
    first, *rest = inner.split(bytes((escape,)))
    return first + b"".join(
        bytes((codes[piece[0]],)) + piece[1:] if piece and piece[0] in codes else piece
        for piece in rest
    )


def guess_framings(pieces: Sequence[bytes]) -> list[Guess]:
    """Return the shapes into which most of the pieces fall, the likeliest first."""
    given = [piece for piece in pieces if piece][:MOST_PIECES]
    if not given:
        return []
    found = [*_http(given), *_escaped(given), *_delimited(given), *_fixed(given), *_lengths(given)]
    return sorted((g for g in found if g.bits > LEAST_BITS), key=lambda guess: -guess.bits)


def _http(pieces: Sequence[bytes]) -> Iterator[Guess]:
    frames = tuple(piece for piece in pieces if _is_http(piece))
    fits = len(frames)
    if fits:
        says = "HTTP/1.1: a request or status line, headers, an empty line, a body"
        yield Guess(kind="http", says=says, frames=frames, left=0, bits=80.0 * fits, fits=fits)


def _is_http(piece: bytes) -> bool:
    """Say whether a message begins in a piece, or one goes on in the middle of its headers."""
    return piece.startswith(_VERBS) or b" HTTP/1." in piece or bool(_HEADER.search(piece))


def _escaped(pieces: Sequence[bytes]) -> Iterator[Guess]:
    flag, many = Counter(piece[0] for piece in pieces).most_common(1)[0]
    if many * 2 <= len(pieces) or not any(flag in piece[1:] for piece in pieces):
        return
    frames, fits, left = [], 0, 0
    for piece in pieces:
        inner = [part for part in piece.split(bytes((flag,))) if part]
        whole = inner if piece[-1] == flag else inner[:-1]
        fits += bool(whole) and piece[0] == flag
        left = 0 if piece[-1] == flag else len(inner[-1])
        frames += [bytes((flag,)) + part + bytes((flag,)) for part in whole]
    known = ESCAPES.get(flag, ())
    if not known:  # without an escape the flag cannot stand inside a frame: only pairs are ends
        pair = bytes((flag, flag))
        odd = sum(flag in part for piece in pieces for part in piece[1:-1].split(pair))
        fits = max(0, fits - odd)
    misfits = len(pieces) - fits - (left > 0)
    short = min(map(len, frames), default=0) < 6
    bits = 8.0 * fits + 3.0 * min(len(frames), 6) + (12 if known else -24)
    bits -= 12 * misfits + 8 * short
    for name, escape, codes in known or (("", -1, {}),):
        used = sum(bytes((escape, code)) in f for f in frames for code in codes) if name else 0
        yield Guess(
            kind="escaped",
            says=f"frames between two {flag:02x}"
            + (f", escapes as in {name} ({escape:02x})" if name else ", no known escape"),
            frames=tuple(frames),
            left=left,
            bits=bits + min(used, 4) + (0.5 if used or name == "JT/T 808" else 0),
            fits=fits,
            escapes=(escape, codes) if name else None,
        )


def _delimited(pieces: Sequence[bytes]) -> Iterator[Guess]:
    text = sum(32 <= byte < 127 or byte in (9, 10, 13) for piece in pieces for byte in piece)
    share = text / sum(map(len, pieces))
    for mark in _MARKS:
        ended = [piece for piece in pieces if piece.endswith(mark)]
        frames = [part + mark for piece in pieces for part in piece.split(mark)[:-1]]
        tail = pieces[-1].rpartition(mark)[2]
        fits = len(ended)
        misfits = len(pieces) - fits - (bool(tail) and mark in pieces[-1])
        printable = 10.0 if share > 0.9 else -30.0
        if frames:
            each = _surprise(mark, tuple(pieces))
            bits = each * (fits + min(len(frames), 6)) + printable - 10 * misfits - 6
            yield Guess(
                kind="delimited",
                says=f"lines that end with {mark.hex(' ')}",
                frames=tuple(frames),
                left=len(tail),
                bits=bits,
                fits=fits,
            )
            if share > 0.9:
                return


def _fixed(pieces: Sequence[bytes]) -> Iterator[Guess]:
    size = min(map(len, pieces))
    fits = sum(len(piece) % size == 0 for piece in pieces)
    frames = [p[at : at + size] for p in pieces for at in range(0, len(p) - size + 1, size)]
    magic = _shared(frames)
    if len(frames) < 3 or size < 4 or not magic:
        return
    starts = sum(len(piece) // size - 1 for piece in pieces)
    bits = 4.0 * fits + 8 * len(magic) * min(starts, 3) - 6 - 8 * (len(pieces) - fits)
    left = len(pieces[-1]) % size
    says = f"frames of {size} bytes each, all beginning with {magic[:4].hex(' ')}"
    yield Guess(kind="fixed", says=says, frames=tuple(frames), left=left, bits=bits, fits=fits)


def _shared(frames: Sequence[bytes]) -> bytes:
    """Return the bytes with which all frames begin, at most four."""
    first = frames[0] if frames else b""
    size = 0
    while size < min(4, min(map(len, frames), default=0)) and all(
        frame[size] == first[size] for frame in frames
    ):
        size += 1
    return first[:size]


def _lengths(pieces: Sequence[bytes]) -> Iterator[Guess]:
    sizes: tuple[tuple[int, Order], ...] = (
        *((2, "big"), (2, "little"), (1, "big")),
        *((4, "big"), (4, "little"), (3, "big")),
    )
    for at in range(MOST_AT + 1):
        for size, order in sizes:
            for overhead in range(MOST_OVERHEAD + 1):
                tile = partial(_tiles, at=at, size=size, order=order, overhead=overhead)
                if any(tile(piece)[0] for piece in pieces[:3]):
                    guess = _length(pieces, at, size, order, overhead)
                    if guess is not None:
                        yield guess


def _tiles(
    piece: bytes, at: int, size: int, order: Order, overhead: int
) -> tuple[list[bytes], int]:
    """Return the frames of a piece and how many bytes are left; no frames when it does not fit."""
    frames: list[bytes] = []
    start, end = 0, len(piece)
    while start < end:
        stop = start + at + size
        if stop > end:
            break
        whole = int.from_bytes(piece[start + at : stop], order) + overhead
        if whole < at + size or whole > MOST_FRAME:
            return [], end
        if start + whole > end:
            break
        frames.append(piece[start : start + whole])
        start += whole
    return frames, end - start


def _length(
    pieces: Sequence[bytes], at: int, size: int, order: Order, overhead: int
) -> Guess | None:
    frames: list[bytes] = []
    ended: set[int] = set()
    inner: set[int] = set()
    misfits = fits = left = 0
    for number, piece in enumerate(pieces):
        parts, left = _tiles(piece, at, size, order, overhead)
        if parts and (left == 0 or number == len(pieces) - 1):
            fits += 1
            frames += parts
            inner |= set(accumulate(map(len, parts[:-1])))
            ended |= {len(parts[-1])} if left == 0 else set()
        elif number < len(pieces) - 1 or number == 0:
            misfits += 1
    magic = _shared(frames)
    if inner and not magic:
        return None
    bits = 8.0 * min(len(ended), 6) + fits
    bits += min(len(inner), 3) * _surprise(magic, tuple(pieces)) if inner else 0
    bits -= 10 * misfits + _price(at, size, overhead) + 4 * (not ended)
    begins = f", all beginning with {magic.hex(' ')}" if magic and len(frames) > 1 else ""
    unit = "" if size == 1 else f", {order}-endian"
    return Guess(
        kind="length",
        says=f"frames with a length: {8 * size} bits{unit} at byte {at};"
        f" a whole frame has {overhead} bytes more than it says{begins}",
        frames=tuple(frames),
        left=left,
        bits=bits,
        fits=fits,
        length_at=at,
        length_size=size,
        order=order,
        overhead=overhead,
    )


@lru_cache(maxsize=64)
def _surprise(magic: bytes, pieces: tuple[bytes, ...]) -> float:
    """Return in bits how unlikely it is to meet ``magic`` at a place of the capture.

    The capture itself says how often it stands there: a run of zeros is met wherever one looks.
    """
    met = sum(piece.startswith(magic, at) for piece in pieces for at in range(len(piece)))
    return min(8.0 * len(magic), log2(sum(map(len, pieces)) / met))


def _price(at: int, size: int, overhead: int) -> float:
    """Return in bits how unusual a length field is: where it lies and what it counts."""
    counts = overhead - at - size
    odd = 3.0 + log2(abs(counts)) if counts else 0.0
    natural = 0.0 if overhead == 0 or 0 <= counts <= 4 else odd + 2.0 * (counts < 0)
    width = {2: 0.0, 1: 1.0, 4: 1.0, 3: 4.0}[size]
    return 4.0 + 0.2 * at + width + natural
