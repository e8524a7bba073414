"""Exact counts of agreeing and disagreeing bits, masks included, at FAISS's speed.

A code is kept as two halves: its usable ones, then its usable zeros. Of a gallery row ``a`` and a
probe with its halves swapped, ``b'``, the plain Hamming distance is

    H(a, b') = |a| + |b'| − 2 · (ones of a that are zeros of b, and the reverse)

because what both have set in the same place is a disagreement. So disagreements are ``(|a| + |b'|
− H) / 2``, in whole numbers; with the halves as they are, agreements. Both together are the bits
that are usable in both. This takes no more memory than code and mask, and none of numpy's
intermediate arrays.
"""

from __future__ import annotations

from typing import NamedTuple

import faiss
import numpy as np
from gateway.matcher.faiss_use import one_thread
from gateway.matcher.iris.layout import Bits
from numpy.typing import NDArray

Halves = NDArray[np.uint8]
"""Packed, each half filled up to whole words of 8 bytes: ``(…, 2 * half)``."""
Counts = NDArray[np.int32]
WORD = 8
BLOCK = 2048
"""Rows compared at a time: their counts stay in the second-level cache."""


class Probe(NamedTuple):
    """All turned copies of one code, both ways round."""

    straight: Halves
    swapped: Halves

    @property
    def usable(self) -> int:
        """Usable bits."""
        return int(np.bitwise_count(self.straight[0]).sum())


def half_size(bits: int) -> int:
    """Return the bytes of one half."""
    return -(-bits // (8 * WORD)) * WORD


def halves(code: Bits, mask: Bits) -> Halves:
    """Pack codes and masks given bit by bit, ``(…, bits)``."""
    return _joined(np.packbits(code & mask, axis=-1), np.packbits((1 - code) & mask, axis=-1))


def packed_halves(code: NDArray[np.uint8], mask: NDArray[np.uint8]) -> Halves:
    """Do the same with packed ones; padding bits of a mask are zero."""
    return _joined(code & mask, ~code & mask)


def unpacked_halves(row: Halves, size: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return packed code and mask, ``size`` bytes each."""
    ones, zeros = np.split(row, 2)
    return ones[:size], (ones | zeros)[:size]


def probe(code: Bits, mask: Bits) -> Probe:
    """Prepare turned copies, ``(copies, bits)``."""
    straight = halves(code, mask)
    ones, zeros = np.split(straight, 2, axis=-1)
    return Probe(straight, np.ascontiguousarray(np.concatenate([zeros, ones], axis=-1)))


def counts(gallery: Halves, asked: Probe) -> tuple[Counts, Counts]:
    """Return disagreeing and comparable bits: ``(copies, rows)`` each, exact.

    ``gallery`` is ``(rows, 2 * half)`` and contiguous. The interpreter's lock is free meanwhile.
    """
    one_thread()
    copies = len(asked.straight)
    probes = np.concatenate([asked.swapped, asked.straight])
    weights = np.bitwise_count(gallery).sum(axis=1, dtype=np.int32)
    own = np.bitwise_count(probes).sum(axis=1, dtype=np.int32)[:, None]
    distance = np.empty((len(probes), len(gallery)), dtype=np.int32)
    faiss.hammings(  # type: ignore[attr-defined]
        faiss.swig_ptr(probes),
        faiss.swig_ptr(gallery),
        len(probes),
        len(gallery),
        gallery.shape[1],
        faiss.swig_ptr(distance),
    )
    common = (own + weights - distance) >> 1
    return common[:copies], common[:copies] + common[copies:]


def _joined(ones: NDArray[np.uint8], zeros: NDArray[np.uint8]) -> Halves:
    size = ones.shape[-1]
    half = half_size(8 * size)
    both = np.zeros((*ones.shape[:-1], 2 * half), dtype=np.uint8)
    both[..., :size] = ones
    both[..., half : half + size] = zeros
    return both
