"""Approximate rankings of rows, each with a bound on how wrong it is.

`nearest.py` turns them into exact answers. `Flat` is exact but for the rounding of float32.
`Quantised` reads a quarter of the memory: every element is one byte.

Rows and probe are both rounded to whole numbers of −127…127 before FAISS sees them. Its kernels
for AVX2 and AVX-512 (1.15) cut the fractions of a probe off, so that one of length one becomes the
zero vector and everybody scores zero; with whole numbers all kernels compute the same. The sums are
exact too: 127² · 1024 elements are below 2²⁴, which float32 holds to the last unit.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

import faiss
import numpy as np
from gateway.matcher.faiss_use import one_thread
from gateway.matcher.vectors import Vector
from numpy.typing import NDArray

Matrix = NDArray[np.float32]
STEPS = 127
ZERO = 128
"""How FAISS writes the whole number zero."""
BLOCK = 4096
"""Rows converted at a time."""
EPSILON = 2.0**-23
"""Above what float32 may round an element or a sum of one, relative to it."""
DIVISION_SLACK = 1e-6
"""Above what float32 and float64 may round when a whole number becomes a score."""


class Ranking(NamedTuple):
    """The best rows by approximate score, best first."""

    scores: NDArray[np.float64]
    rows: NDArray[np.int64]
    error: float
    """No true score is further than this from its approximate one, in the whole index."""


class Index(Protocol):
    """Ranks rows; never changes while it is used."""

    def best(self, probe: Vector, depth: int) -> Ranking:
        """Return the ``depth`` best rows, or all."""

    def __len__(self) -> int:
        """Rows in it."""


class Flat:
    """Rows as they are."""

    def __init__(self, data: Matrix) -> None:
        self._data = data

    def __len__(self) -> int:
        return len(self._data)

    def best(self, probe: Vector, depth: int) -> Ranking:
        """Rank by float32 products, whose rounding grows with the dimensions at most."""
        one_thread()
        depth = min(depth, len(self._data))
        scores, rows = faiss.knn(probe[None], self._data, depth, metric=faiss.METRIC_INNER_PRODUCT)
        error = len(probe) * EPSILON
        return Ranking(scores[0].astype(np.float64), rows[0], error)


class Quantised:
    """Rows as bytes, on one scale for all.

    The scale maps the largest element of any row to 127, so that nothing is cut off: after a
    gallery's secret rotation elements are nearly normal, the largest of a million rows is six
    deviations, and the rounding moves no score by more than 0.014. The bound is what is measured,
    not this estimate.
    """

    def __init__(self, data: Matrix) -> None:
        """Copy rows; ``data`` holds at least one that is not zero."""
        rows, dimensions = data.shape
        blocks = [slice(at, at + BLOCK) for at in range(0, rows, BLOCK)]
        largest = max(float(max(data[one].max(), -data[one].min())) for one in blocks)
        scale = np.float32(STEPS / largest)
        self._index = faiss.IndexScalarQuantizer(
            dimensions, faiss.ScalarQuantizer.QT_8bit_direct_signed, faiss.METRIC_INNER_PRODUCT
        )
        codes = np.empty((rows, dimensions), dtype=np.uint8)
        furthest = 0.0
        for one in blocks:
            scaled = data[one] * scale
            whole = np.rint(scaled)
            codes[one] = whole + ZERO
            scaled -= whole  # exact: both are multiples of the same power of two
            furthest = max(furthest, float(np.einsum("ij,ij->i", scaled, scaled).max()))
        self._index.add_sa_codes(codes)
        self._scale = float(scale)
        rounded = np.sqrt(dimensions) * STEPS * EPSILON
        self._error = (np.sqrt(furthest) * (1 + dimensions * EPSILON) + rounded) / self._scale

    def __len__(self) -> int:
        return int(self._index.ntotal)

    @property
    def error(self) -> float:
        """Length of the longest difference between a row and what is kept of it."""
        return float(self._error)

    def best(self, probe: Vector, depth: int) -> Ranking:
        """Rank by products of whole numbers.

        With x a row, x' what is kept of it, p and p' likewise, x·p − x'·p' = (x−x')·p +
        x'·(p−p'), which is at most |x−x'| |p| + (|x| + |x−x'|) |p−p'| by Cauchy and Schwarz; |x|
        and |p| are one.
        """
        one_thread()
        depth = min(depth, len(self))
        scale = STEPS / float(np.abs(probe).max())
        whole = np.rint(probe * np.float32(scale))
        scores, rows = self._index.search(whole[None], depth)
        off = float(np.linalg.norm(probe - whole.astype(np.float64) / scale))
        error = self._error + (1 + self._error) * off + DIVISION_SLACK
        return Ranking(scores[0].astype(np.float64) / (self._scale * scale), rows[0], error)

    def wipe(self, rows: NDArray[np.intp]) -> None:
        """Overwrite rows; nobody may be searching."""
        size = len(self) * self._index.d
        codes = faiss.rev_swig_ptr(self._index.codes.data(), size).reshape(len(self), -1)
        codes[rows] = ZERO
