"""A face as it was found: where, how surely, and five points of it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from gateway.domain.values import value

Points = npt.NDArray[np.float64]
"""Shape (5, 2): x and y of the eye on the picture's left, the other eye, the nose's tip, and the
corners of the mouth in the same order."""


@value
class Face:
    """In pixels of the picture; x to the right, y down, from the upper left corner."""

    left: float
    top: float
    right: float
    bottom: float
    score: float
    """0…1, the detector's own."""
    points: Points

    @property
    def width(self) -> float:
        """Of the box."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Of the box."""
        return self.bottom - self.top

    @property
    def eye_distance(self) -> float:
        """Between the centres of the eyes."""
        across = self.points[1] - self.points[0]
        return float(np.hypot(across[0], across[1]))
