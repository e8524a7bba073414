"""Finds the faces in a picture with YuNet, decoding what the network puts out.

For each stride of 8, 16 and 32 pixels the network has one anchor to a cell. Of one in column c and
row r: score = sqrt(cls * obj); centre = ((c + x) * stride, (r + y) * stride); size =
exp(w, h) * stride; each landmark = ((c + x) * stride, (r + y) * stride).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from gateway.matcher.models.runtime import Network
from gateway.matcher.pictures.faces import Face
from PIL import Image

Array = npt.NDArray[np.float32]

STRIDES = (8, 16, 32)
CELL = STRIDES[-1]
"""Width and height of the input are multiples of it."""
LEAST_SCORE = 0.7
"""In 1,022 pictures of faces the best one never had less than 0.88."""
MOST_OVERLAP = 0.3
"""Of two boxes whose intersection is a larger share of their union, the surer one is a face."""
MOST_CANDIDATES = 300
"""So many of the surest boxes are looked at: a wall of faces must not take quadratic time."""
KINDS = ("cls", "obj", "bbox", "kps")


class Detector:
    """Thread-safe."""

    def __init__(self, network: Network) -> None:
        self._network = network
        names = {name: at for at, name in enumerate(network.outputs)}
        self._places = [[names[f"{kind}_{stride}"] for kind in KINDS] for stride in STRIDES]

    def find(self, image: Image.Image) -> list[Face]:
        """Return the faces of an RGB picture, the surest first."""
        batch = to_batch(image)
        outputs = self._network.run(batch)
        columns = batch.shape[3] // 8
        levels = [
            _decode_level([outputs[at][0] for at in places], stride, columns * 8 // stride)
            for places, stride in zip(self._places, STRIDES, strict=True)
        ]
        found = np.concatenate(levels)
        surest = found[np.argsort(-found[:, 0], kind="stable")[:MOST_CANDIDATES]]
        return [_face(row) for row in suppress(surest)]


def to_batch(image: Image.Image) -> Array:
    """Return BGR planes, 0…255, with black to the right and below up to multiples of `CELL`."""
    width, height = image.size
    shape = (1, 3, -(-height // CELL) * CELL, -(-width // CELL) * CELL)
    exact = shape[2:] == (height, width)
    batch = np.empty(shape, np.float32) if exact else np.zeros(shape, np.float32)
    pixels = np.asarray(image)
    for plane, channel in enumerate((2, 1, 0)):
        batch[0, plane, :height, :width] = pixels[:, :, channel]
    return batch


def _decode_level(outputs: list[Array], stride: int, columns: int) -> npt.NDArray[np.float64]:
    """Return rows of score, left, top, right, bottom and ten coordinates."""
    classes, objects, boxes, points = outputs
    scores = np.sqrt(np.clip(classes[:, 0], 0, 1) * np.clip(objects[:, 0], 0, 1))
    chosen = np.flatnonzero(scores >= LEAST_SCORE)
    cells = np.stack((chosen % columns, chosen // columns), axis=1).astype(np.float64)
    box = boxes[chosen].astype(np.float64)
    centres = (cells + box[:, :2]) * stride
    halves = np.exp(box[:, 2:]) * stride / 2
    marks = (points[chosen].reshape(-1, 5, 2) + cells[:, None, :]) * stride
    return np.concatenate(
        (scores[chosen, None], centres - halves, centres + halves, marks.reshape(-1, 10)), axis=1
    )


def suppress(rows: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Drop what overlaps a surer row; ``rows`` are ordered by score, boxes in columns 1 to 4."""
    kept: list[int] = []
    areas = (rows[:, 3] - rows[:, 1]) * (rows[:, 4] - rows[:, 2])
    left = np.arange(len(rows))
    while left.size:
        first, rest = left[0], left[1:]
        kept.append(int(first))
        low = np.maximum(rows[first, 1:3], rows[rest, 1:3])
        high = np.minimum(rows[first, 3:5], rows[rest, 3:5])
        shared = np.prod(np.clip(high - low, 0, None), axis=1)
        left = rest[shared <= MOST_OVERLAP * (areas[first] + areas[rest] - shared)]
    return rows[kept]


def _face(row: npt.NDArray[np.float64]) -> Face:
    score, left, top, right, bottom = (float(one) for one in row[:5])
    return Face(
        left=left,
        top=top,
        right=right,
        bottom=bottom,
        score=score,
        points=row[5:].reshape(5, 2).copy(),
    )
