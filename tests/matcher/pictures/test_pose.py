"""Yaw, pitch and roll of the model head turned by known angles, seen from far away."""

from __future__ import annotations

import numpy as np
import pytest
from gateway.matcher.pictures.pipeline import Pipeline
from gateway.matcher.pictures.pose import Pose, estimate
from gateway.matcher.pictures.refine import refine
from PIL import Image

from tests.support.faces import GREY, on_canvas, orl
from tests.support.heads import turned


def pose(pipeline: Pipeline, image: Image.Image) -> Pose:
    (found,) = pipeline.detector.find(image)
    return estimate(refine(pipeline.detector, image, found).points)


@pytest.mark.parametrize("yaw", [-40, -15, 0, 15, 40])
@pytest.mark.parametrize("pitch", [-25, 0, 15])
@pytest.mark.parametrize("roll", [-60, 0, 14, 90])
def test_known_angles_come_back(yaw: float, pitch: float, roll: float) -> None:
    found = estimate(turned(yaw=yaw, pitch=pitch, roll=roll))
    np.testing.assert_allclose((found.yaw, found.pitch, found.roll), (yaw, pitch, roll), atol=1e-6)


def test_roll_is_that_of_the_eye_line_alone() -> None:
    points = turned()
    points[2:] += np.random.default_rng(1).normal(0, 5, (3, 2))
    assert estimate(points).roll == pytest.approx(0, abs=1e-9)


def test_a_mirrored_picture_mirrors_yaw_and_roll(pipeline: Pipeline) -> None:
    sums = []
    for person in range(1, 21):
        image = on_canvas(orl(person, 5))
        mirrored = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        one, other = (pose(pipeline, each) for each in (image, mirrored))
        sums.append((one.yaw + other.yaw, one.roll + other.roll))
    # Single pictures differ by some degrees; to no side do they lean by more than two or three.
    assert np.abs(np.mean(sums, axis=0)).max() / 2 < 2.5
    assert np.std(sums, axis=0).max() < 6


@pytest.mark.parametrize("degrees", [-20, -8, 10, 20])
@pytest.mark.parametrize(("scale", "least"), [(2.5, 0.9), (1.2, 0.7)])
def test_a_turned_picture_turns_roll(
    pipeline: Pipeline, degrees: float, scale: float, least: float
) -> None:
    shares = []
    for person in range(1, 7):
        image = on_canvas(orl(person, 1, scale), size=(640, 640))
        turned_ = image.rotate(-degrees, Image.Resampling.BICUBIC, fillcolor=GREY)
        turn = pose(pipeline, turned_).roll - pose(pipeline, image).roll
        shares.append(turn / degrees)
    assert least < float(np.mean(shares)) < 1.15
