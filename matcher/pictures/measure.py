"""Measures the light and the sharpness of an aligned face."""

from __future__ import annotations

import numpy as np
from PIL import Image

from gateway.domain.values import value

ROWS = slice(32, 108)
HALVES = (slice(20, 56), slice(56, 92))
"""Columns of the two halves of a face, in a square of 112: forehead to chin, without hair."""
DARKEST, BRIGHTEST = 5, 250
"""Levels beyond which a sensor has nothing more to say."""


@value
class Light:
    """Of the face alone."""

    brightness: float
    """Mean level, 0…255."""
    evenness: float
    """The darker half's mean as a share of the brighter one's, 0…1."""
    clipped: float
    """Share of the pixels that are black or white, 0…1."""
    sharpness: float
    """Variance of the Laplacian; a blurred face has less. Comparable between aligned faces only."""


def measure(aligned: Image.Image) -> Light:
    """Measure an aligned face of 112 pixels square."""
    grey = np.asarray(aligned.convert("L"))
    levels = grey[ROWS, HALVES[0].start : HALVES[1].stop]
    left, right = (float(grey[ROWS, half].mean()) for half in HALVES)
    brighter = max(left, right)
    clipped = (levels <= DARKEST) | (levels >= BRIGHTEST)
    whole = levels.astype(np.int32)
    bend = (whole[1:-1, :-2] + whole[1:-1, 2:] + whole[:-2, 1:-1] + whole[2:, 1:-1]) - 4 * whole[
        1:-1, 1:-1
    ]
    return Light(
        brightness=float(levels.mean()),
        evenness=min(left, right) / brighter if brighter else 0.0,
        clipped=float(clipped.mean()),
        sharpness=float(bend.var()),
    )
