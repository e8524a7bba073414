"""A similarity that lays five points onto the template, and a cut that follows it."""

from __future__ import annotations

import numpy as np
import pytest
from gateway.matcher.pictures.align import TEMPLATE, align, similarity
from gateway.matcher.pictures.faces import Points
from PIL import Image


def apply(turn: complex, shift: complex, points: Points) -> Points:
    moved = turn * (points[:, 0] + 1j * points[:, 1]) + shift
    return np.column_stack((moved.real, moved.imag))


@pytest.mark.parametrize("degrees", [0, 17, -90, 180])
@pytest.mark.parametrize("scale", [0.3, 1.0, 4.0])
def test_an_exact_similarity_is_found(degrees: float, scale: float) -> None:
    turn = scale * np.exp(1j * np.radians(degrees))
    there = apply(turn, 30 - 12j, TEMPLATE)
    found, shift = similarity(there, TEMPLATE)
    assert found == pytest.approx(1 / turn)
    np.testing.assert_allclose(apply(found, shift, there), TEMPLATE, atol=1e-9)


def test_with_noise_it_is_the_least_squares_one_of_umeyama() -> None:
    there = TEMPLATE * 2 + np.random.default_rng(2).normal(0, 6, TEMPLATE.shape)
    found, shift = similarity(there, TEMPLATE)
    from_, to = there - there.mean(axis=0), TEMPLATE - TEMPLATE.mean(axis=0)
    left, sizes, right = np.linalg.svd(to.T @ from_)
    sign = np.diag([1, np.linalg.det(left) * np.linalg.det(right)])
    rotation = left @ sign @ right
    scale = np.trace(np.diag(sizes) @ sign) / (from_**2).sum()
    assert found.real == pytest.approx(scale * rotation[0, 0])
    assert found.imag == pytest.approx(scale * rotation[1, 0])
    np.testing.assert_allclose(
        [shift.real, shift.imag],
        TEMPLATE.mean(axis=0) - scale * rotation @ there.mean(axis=0),
        atol=1e-9,
    )


@pytest.mark.parametrize("degrees", [0, 20, 120])
def test_what_lies_at_a_point_comes_to_its_place(degrees: float) -> None:
    turn = 2.5 * np.exp(1j * np.radians(degrees))
    there = apply(turn, 300 + 200j, TEMPLATE - TEMPLATE.mean(axis=0))
    rows, columns = np.mgrid[0:480, 0:640]
    for x, y in there:
        spot = 255 * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / 50)
        image = Image.fromarray(spot.astype(np.uint8)).convert("RGB")
        cut = np.asarray(align(image, there).convert("L")).astype(float)
        centre = np.array([(cut * axis).sum() / cut.sum() for axis in np.mgrid[0:112, 0:112]])
        wanted = TEMPLATE[np.flatnonzero((there == (x, y)).all(axis=1))[0]]
        np.testing.assert_allclose(centre[::-1], wanted, atol=0.15)


def test_outside_the_picture_is_black() -> None:
    image = Image.new("RGB", (112, 112), (200, 200, 200))
    cut = np.asarray(align(image, TEMPLATE - (60, 0)))
    assert (cut[:, :50] == 0).all()
    assert (cut[:, 70:] == 200).all()
