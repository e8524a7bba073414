"""One kind of template in one gallery: what may be compared with one another, and nothing else.

All methods but `prepare` want the gallery's lock; `prepare` wants to be announced as a reader.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from gateway.matcher.galleries.indexes import BLOCK, Flat, Quantised
from gateway.matcher.galleries.nearest import Segment
from gateway.matcher.galleries.options import GalleryOptions
from gateway.matcher.galleries.rows import Rows, View
from gateway.matcher.iris.distance import half_size, packed_halves, unpacked_halves
from gateway.matcher.protection.layout import SealedFace, SealedIris, write_face, write_iris
from numpy.typing import DTypeLike, NDArray

from gateway.domain.matching import ProtectedTemplate, Reference
from gateway.domain.templates import Eye


class Struck(NamedTuple):
    """Rows to overwrite as soon as nobody reads."""

    rows: Rows
    quantised: Quantised | None
    which: NDArray[np.intp]

    def wipe(self) -> None:
        """Overwrite them."""
        self.rows.wipe(self.which)
        if self.quantised is not None:
            self.quantised.wipe(self.which[self.which < len(self.quantised)])


class Prepared(NamedTuple):
    """A shelf built anew beside the one in use."""

    view: View
    """What it was made of."""
    kept: NDArray[np.intp]
    """Rows of the view that are in it, in order."""
    rows: Rows
    """The rows in use themselves, where none had to go."""
    quantised: Quantised | None


class Shelf(ABC):
    """Rows of one algorithm and size; ``quantised`` covers the first of them."""

    def __init__(self, width: int, kind: DTypeLike, tag: bytes, options: GalleryOptions) -> None:
        self.rows = Rows(width, kind)
        self.quantised: Quantised | None = None
        self._width, self._kind = width, kind
        self._tag = tag
        self._options = options

    @abstractmethod
    def sealed(self, row: NDArray[Any]) -> ProtectedTemplate:
        """Return the stored form of a row."""

    def add(self, reference: Reference, row: NDArray[Any]) -> bool:
        """Add a template; False where the reference has the very same already."""
        mine = self.rows.of(reference)
        if (self.rows.view().data[mine] == row).all(axis=1).any():
            return False
        self.rows.append(np.array([reference], dtype=np.int64), row[None])
        return True

    def strike(
        self, reference: Reference, kept: Sequence[NDArray[Any]] = ()
    ) -> tuple[list[ProtectedTemplate], Struck]:
        """Take a reference out but for the rows to be ``kept``.

        Returns what it was, and what to overwrite.
        """
        which = self.rows.of(reference)
        mine = self.rows.view().data[which]
        stays = [(mine == row).all(axis=1) for row in kept]
        if stays:
            which = which[~np.any(stays, axis=0)]
        gone = [self.sealed(row) for row in self.rows.view().data[which]]
        self.rows.strike(which)
        return gone, Struck(self.rows, self.quantised, which)

    @property
    def due(self) -> bool:
        """Whether it is worth building anew."""
        count = len(self.rows)
        return self._options.too_many(count - self.rows.alive, count)

    def prepare(self, view: View) -> Prepared:
        """Build anew without what is struck; takes as long again as copying it."""
        kept = np.flatnonzero(~view.struck)
        rows = self.rows
        if len(kept) < len(view.struck):
            rows = Rows(self._width, self._kind, capacity=len(kept) + self._options.least_waste)
            for at in range(0, len(kept), BLOCK):
                some = kept[at : at + BLOCK]
                rows.append(view.references[some], view.data[some])
            return Prepared(view, kept, rows, self._indexed(rows.view()))
        return Prepared(view, kept, rows, self._indexed(view))

    def adopt(self, new: Prepared) -> Struck:
        """Use what was prepared, with all changes since; return what to overwrite in it."""
        now = self.rows.view()
        gone = np.flatnonzero(now.struck[new.kept])
        if new.rows is not self.rows:
            since = len(new.view.struck)
            later = np.flatnonzero(~now.struck[since:]) + since
            new.rows.strike(gone)
            new.rows.append(now.references[later], now.data[later])
            self.rows = new.rows
        self.quantised = new.quantised
        return Struck(new.rows, new.quantised, gone)

    def _indexed(self, view: View) -> Quantised | None:
        del view
        return None


class FaceShelf(Shelf):
    """Embeddings of one model."""

    def __init__(
        self, algorithm: int, dimensions: int, tag: bytes, options: GalleryOptions
    ) -> None:
        super().__init__(dimensions, np.float32, tag, options)
        self._algorithm = algorithm
        self.dimensions = dimensions

    def sealed(self, row: NDArray[Any]) -> ProtectedTemplate:
        """Return the stored form of a row."""
        return write_face(SealedFace(algorithm=self._algorithm, tag=self._tag, vector=row))

    def segments(self, view: View) -> list[Segment]:
        """Return what to search: the bytes, then what came after them."""
        parts: list[Segment] = []
        first = 0
        if self.quantised is not None:
            parts.append(Segment(self.quantised, 0))
            first = len(self.quantised)
        if first < len(view.data):
            parts.append(Segment(Flat(view.data[first:]), first))
        return parts

    @property
    def due(self) -> bool:
        """Whether it is worth building anew."""
        count = len(self.rows)
        covered = 0 if self.quantised is None else len(self.quantised)
        large = count > self._options.quantise_above
        return super().due or (large and self._options.too_many(count - covered, count))

    def _indexed(self, view: View) -> Quantised | None:
        large = len(view.data) > self._options.quantise_above
        return Quantised(view.data) if large else None


class IrisShelf(Shelf):
    """Codes of one eye and one algorithm, as halves."""

    def __init__(
        self, algorithm: int, eye: Eye, bits: int, tag: bytes, options: GalleryOptions
    ) -> None:
        super().__init__(2 * half_size(bits), np.uint8, tag, options)
        self._algorithm = algorithm
        self._eye = eye
        self.bits = bits

    def row(self, iris: SealedIris) -> NDArray[np.uint8]:
        """Return a code as it is kept here."""
        return packed_halves(iris.code, iris.mask)

    def sealed(self, row: NDArray[Any]) -> ProtectedTemplate:
        """Return the stored form of a row."""
        code, mask = unpacked_halves(row, self.bits // 8)
        return write_iris(
            SealedIris(
                algorithm=self._algorithm,
                tag=self._tag,
                eye=self._eye,
                bits=self.bits,
                code=code,
                mask=mask,
            )
        )
