"""Rows that are appended and struck out, and never change while somebody reads them.

A view is a few array slices. Rows behind its end do not exist for it; the ones within it stay as
they are, also when the arrays grow, because then they are copied and the view keeps the old ones.
So do the marks of struck rows, which are copied at each strike: a search that began before a
template was replaced sees the old one, a later one the new one, and none sees neither.

Changes are made by one thread at a time (the gallery's lock).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

FIRST_CAPACITY = 64
GROWTH = 1.25


class View(NamedTuple):
    """Rows as of one moment."""

    data: NDArray[Any]
    """``(rows, width)``, contiguous."""
    references: NDArray[np.int64]
    struck: NDArray[np.bool_]


class Rows:
    """Growing arrays of equal length."""

    def __init__(self, width: int, kind: DTypeLike, capacity: int = FIRST_CAPACITY) -> None:
        # Pages of a fresh array take no memory before they are written.
        self._data: NDArray[Any] = np.empty((capacity, width), dtype=kind)
        self._references = np.empty(capacity, dtype=np.int64)
        self._struck = np.zeros(capacity, dtype=np.bool_)
        self._used = 0
        self._alive = 0

    def __len__(self) -> int:
        return self._used

    @property
    def alive(self) -> int:
        """Rows that are not struck."""
        return self._alive

    def view(self) -> View:
        """Return everything as of now."""
        used = self._used
        return View(self._data[:used], self._references[:used], self._struck[:used])

    def append(self, references: NDArray[np.int64], data: NDArray[Any]) -> None:
        """Add rows."""
        start, end = self._used, self._used + len(references)
        if end > len(self._references):
            self._grow(max(end, int(len(self._references) * GROWTH)))
        self._data[start:end] = data
        self._references[start:end] = references
        self._used = end
        self._alive += end - start

    def of(self, reference: int) -> NDArray[np.intp]:
        """Return the rows of a reference that are not struck."""
        view = self.view()
        return np.flatnonzero((view.references == reference) & ~view.struck)

    def strike(self, rows: NDArray[np.intp]) -> None:
        """Take rows out; none of them may be struck already. Views that were taken keep them."""
        self._struck = self._struck.copy()
        self._struck[rows] = True
        self._alive -= len(rows)

    def wipe(self, rows: NDArray[np.intp]) -> None:
        """Overwrite struck rows; nobody may be reading."""
        self._data[rows] = 0

    def _grow(self, capacity: int) -> None:
        used = self._used
        for name in ("_data", "_references", "_struck"):
            old = getattr(self, name)
            new = np.zeros((capacity, *old.shape[1:]), dtype=old.dtype)
            new[:used] = old[:used]
            setattr(self, name, new)
