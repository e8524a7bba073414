"""Where the columns of an iris code are, so that it can be turned.

A tilted head turns the iris; in the unrolled code that shifts its columns, all around. The layout
belongs to the algorithm that made the code. The default is the plainest: columns one after another,
each 16 bits (8 rings of 2 bits), so that a turn is a roll of bytes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gateway.domain.matching import TemplateRefused
from gateway.domain.values import value

Bits = NDArray[np.uint8]
ROWS, BITS_PER_CELL = 8, 2


@value
class IrisLayout:
    """How the bits of a code lie on the iris; bit 0 is the highest of the first byte."""

    columns: int
    """Steps around the iris."""
    rows: int = ROWS
    """Rings."""
    bits: int = BITS_PER_CELL
    """Bits of one cell."""
    by_column: bool = True
    """A column's bits lie together; else a row's do, cell after cell."""

    @property
    def size(self) -> int:
        """Bits of the whole code."""
        return self.columns * self.rows * self.bits

    def turned(self, code: Bits, rotations: int) -> Bits:
        """Return copies shifted by −rotations…rotations columns: ``(2 * rotations + 1, bits)``."""
        # Either way round the middle axis is the one that turns.
        rows, cell = (1, self.rows * self.bits) if self.by_column else (self.rows, self.bits)
        grid = code.reshape(rows, self.columns, cell)
        steps = range(-rotations, rotations + 1)
        return np.stack([np.roll(grid, step, axis=1).reshape(-1) for step in steps])


def default_layout(bits: int) -> IrisLayout:
    """Return the layout of an algorithm nobody described; raises TemplateRefused."""
    columns, rest = divmod(bits, ROWS * BITS_PER_CELL)
    if rest or not columns:
        raise TemplateRefused(
            "template.layout",
            f"{bits} bits do not divide into columns of {ROWS * BITS_PER_CELL}.",
            remedy="Describe the layout of this iris algorithm in the settings.",
        )
    return IrisLayout(columns=columns)


def fitting(layout: IrisLayout | None, bits: int, rotations: int) -> IrisLayout:
    """Return the layout of a code of so many bits; raises TemplateRefused."""
    found = layout or default_layout(bits)
    if found.size != bits:
        raise TemplateRefused(
            "template.dimension",
            f"The iris code has {bits} bits, its algorithm makes {found.size}.",
        )
    if found.columns <= 2 * rotations:
        raise TemplateRefused(
            "template.layout",
            f"{found.columns} columns cannot be turned by {rotations} both ways.",
            remedy="Describe the layout of this iris algorithm in the settings.",
        )
    return found
