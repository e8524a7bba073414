"""Cuts a face out so that eyes, nose and mouth lie where embedders were taught to expect them."""

from __future__ import annotations

import numpy as np
from gateway.matcher.pictures.faces import Points
from PIL import Image

TEMPLATE_SIDE = 112
TEMPLATE: Points = np.array(
    [
        [38.2946, 51.6963],
        [73.5318, 51.5014],
        [56.0252, 71.7366],
        [41.5493, 92.3655],
        [70.7299, 92.2041],
    ]
)
"""ArcFace's places of the five points in a square of `TEMPLATE_SIDE`."""


def similarity(source: Points, target: Points) -> tuple[complex, complex]:
    """Return scale-and-turn ``s`` and shift ``t`` so that ``s * p + t`` is closest to ``target``.

    Points are read as complex numbers x + iy. This is Umeyama's least-squares similarity: in the
    plane, and without reflection, it needs no decomposition.
    """
    origin, goal = (points[:, 0] + 1j * points[:, 1] for points in (source, target))
    from_, to = origin - origin.mean(), goal - goal.mean()
    turn = complex(np.vdot(from_, to) / np.vdot(from_, from_))
    return turn, complex(goal.mean() - turn * origin.mean())


def align(image: Image.Image, points: Points, side: int = TEMPLATE_SIDE) -> Image.Image:
    """Return the aligned face, ``side`` pixels square; black where the picture does not reach."""
    turn, shift = similarity(points, TEMPLATE * (side / TEMPLATE_SIDE))
    # Pillow asks the other way round: which place of the picture belongs to one of the result. It
    # measures from the corner of a pixel, the template from its centre.
    back = 1 / turn
    start = -shift * back + 0.5 + 0.5j - back * (0.5 + 0.5j)
    matrix = (back.real, -back.imag, start.real, back.imag, back.real, start.imag)
    return image.transform((side, side), Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)
