"""Estimates how a head is turned, from five points.

Roll is the eye line's. Yaw and pitch come from laying a rigid model of the five points over the
picture, as far-away cameras see it (scaled orthography). People's noses differ: on upright frontal
faces the error is some degrees, so a limit of fifteen tells a turned head, not a degree.
"""

from __future__ import annotations

import math

import numpy as np
from gateway.matcher.pictures.faces import Points

from gateway.domain.values import value

MODEL = np.array(
    [
        [-0.5, 0.0, 0.0],
        [0.5, 0.0, 0.0],
        [0.0, 0.593, 0.52],
        [-0.433, 1.02, 0.09],
        [0.433, 1.02, 0.09],
    ]
)
"""The five points of a face that looks straight ahead: x right, y down, z towards the camera, in
distances between the eyes. In the plane the medians of what YuNet finds in the frontal pictures of
the ORL database; the depths are those of a nose 33 mm and a mouth 6 mm before eyes 63 mm apart."""

_INVERSE = np.linalg.pinv(MODEL - MODEL.mean(axis=0))


@value
class Pose:
    """Degrees; all zero looks straight into the camera."""

    yaw: float
    """To the picture's right is positive."""
    pitch: float
    """Down is positive."""
    roll: float
    """Clockwise in the picture is positive."""


def estimate(points: Points) -> Pose:
    """Return the pose; the two eyes must not coincide."""
    across = points[1] - points[0]
    roll = math.atan2(across[1], across[0])
    turn = np.array([[math.cos(roll), math.sin(roll)], [-math.sin(roll), math.cos(roll)]])
    upright = (points - points.mean(axis=0)) @ turn.T
    # Two rows of a rotation, scaled; the nearest such pair is what the singular vectors give.
    rows = (_INVERSE @ upright).T
    left, _, right = np.linalg.svd(rows, full_matrices=False)
    first, second = left @ right
    # The third row is the cross product of the two; its last element says how far the face looks
    # at the camera.
    facing = float(first[0] * second[1] - first[1] * second[0])
    yaw = math.atan2(float(first[2]), facing)
    pitch = math.atan2(float(second[2]), math.hypot(float(first[2]), facing))
    return Pose(yaw=math.degrees(yaw), pitch=math.degrees(pitch), roll=math.degrees(roll))
