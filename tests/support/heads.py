"""A head of known size and pose, as five points and as the face a detector would report."""

from __future__ import annotations

import numpy as np
from gateway.matcher.pictures.faces import Face, Points
from gateway.matcher.pictures.pose import MODEL
from gateway.matcher.pictures.rules import USUAL_ASPECT


def turned(
    *,
    yaw: float = 0,
    pitch: float = 0,
    roll: float = 0,
    eyes: float = 80,
    at: tuple[float, float] = (320, 240),
) -> Points:
    """The model's points, first pitched, then yawed, then rolled; degrees."""
    a, b, c = np.radians((yaw, pitch, roll))
    about_x = np.array([[1, 0, 0], [0, np.cos(b), np.sin(b)], [0, -np.sin(b), np.cos(b)]])
    about_y = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
    about_z = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    turned_ = (MODEL - MODEL.mean(axis=0)) @ (about_z @ about_y @ about_x).T
    points: Points = turned_[:, :2] * eyes + at
    return points


def face(
    *,
    points: Points | None = None,
    width: float = 160,
    height: float = 160 * USUAL_ASPECT,
    left: float = 200,
    top: float = 120,
) -> Face:
    return Face(
        left=left,
        top=top,
        right=left + width,
        bottom=top + height,
        score=0.9,
        points=turned() if points is None else points,
    )
