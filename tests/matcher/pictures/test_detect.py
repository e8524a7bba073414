"""What the detector is given and what is made of its answer."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from gateway.matcher.pictures.detect import MOST_CANDIDATES, suppress, to_batch
from gateway.matcher.pictures.pipeline import Pipeline
from PIL import Image

from tests.support.faces import on_canvas, orl


def test_the_network_gets_planes_of_blue_green_and_red() -> None:
    batch = to_batch(Image.new("RGB", (64, 32), (10, 20, 30)))
    assert batch.shape == (1, 3, 32, 64)
    assert batch.dtype == np.dtype(np.float32)
    assert [float(plane.mean()) for plane in batch[0]] == [30, 20, 10]


def test_odd_sizes_are_filled_with_black_to_the_right_and_below() -> None:
    batch = to_batch(Image.new("RGB", (33, 31), (200, 200, 200)))
    assert batch.shape == (1, 3, 32, 64)
    assert (batch[0, :, :31, :33] == 200).all()
    assert batch.sum() == 3 * 31 * 33 * 200


def boxes(*rows: tuple[float, float, float, float, float]) -> npt.NDArray[np.float64]:
    return np.array([[*row, *(0.0,) * 10] for row in rows])


def test_of_boxes_that_overlap_the_surest_stays() -> None:
    kept = suppress(
        boxes(
            (0.95, 0, 0, 100, 100),
            (0.90, 10, 10, 110, 110),
            (0.85, 60, 0, 160, 100),  # shares a quarter of the union
            (0.80, 300, 300, 400, 400),
        )
    )
    assert kept[:, 0].tolist() == [0.95, 0.85, 0.80]


def test_no_boxes_are_no_faces() -> None:
    assert suppress(np.zeros((0, 15))).shape == (0, 15)


@pytest.mark.parametrize("at", [(40, 30), (300, 150), (333, 121)])
def test_landmarks_follow_the_face(pipeline: Pipeline, at: tuple[int, int]) -> None:
    (face,) = pipeline.detector.find(on_canvas(orl(1, 1, 2.3), at=(at,)))
    # The eyes of this picture, read by hand, in its own 92x112 pixels.
    eyes = np.array([[26, 51.5], [63.5, 50.5]]) * 2.3 + at
    assert np.abs(face.points[:2] - eyes).max() < 10
    assert face.left < eyes[0][0] < face.points[2][0] < eyes[1][0] < face.right
    assert face.top < eyes[0][1] < face.points[2][1] < face.points[3][1] < face.bottom


def test_a_wall_of_faces_is_found_in_bounded_work(pipeline: Pipeline) -> None:
    wall = Image.new("RGB", (640, 480))
    for row in range(4):
        for column in range(6):
            wall.paste(orl(1 + row * 6 + column, 1, 1.0), (column * 105, row * 118))
    found = pipeline.detector.find(wall)
    assert 20 <= len(found) <= 24 < MOST_CANDIDATES
    assert [face.score for face in found] == sorted((f.score for f in found), reverse=True)
