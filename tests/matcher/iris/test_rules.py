"""The rules of the notice for iris pictures, at their bounds (R-070 to R-073)."""

from __future__ import annotations

import numpy as np
import pytest
from gateway.matcher.iris.formats import IrisFormat, IrisPicture
from gateway.matcher.iris.rules import Circle, EyeCircles, mean_grey, report

from gateway.domain.quality import Finding, PictureReport, QualityPolicy

PUPIL = Circle(x=320, y=240, radius=40)


def picture(grey: float = 100, width: int = 640, height: int = 480) -> IrisPicture:
    return IrisPicture(format=IrisFormat.BMP, pixels=np.full((height, width), grey, dtype=np.uint8))


def circles(radius: float = 120) -> EyeCircles:
    return EyeCircles(pupil=PUPIL, iris=Circle(x=320, y=240, radius=radius))


def finding(found: PictureReport, code: str) -> Finding:
    return next(one for one in found.findings if one.code == code)


@pytest.mark.parametrize(("size", "met"), [((640, 480), True), ((480, 640), False)])
def test_size(size: tuple[int, int], met: bool) -> None:
    found = report(picture(width=size[0], height=size[1]))
    assert (found.width, found.height, found.format) == (*size, "bmp")
    one = finding(found, "iris_size")
    assert (one.rule, one.met, one.measured) == ("R-070", met, f"{size[0]} x {size[1]} px")


@pytest.mark.parametrize(("radius", "met"), [(109, False), (110, True), (130, True), (131, False)])
def test_radius(radius: float, met: bool) -> None:
    one = finding(report(picture(), circles(radius)), "iris_radius")
    assert (one.rule, one.met, one.measured) == ("R-072", met, radius)


@pytest.mark.parametrize(("grey", "met"), [(79, False), (80, True), (128, True), (129, False)])
def test_grey_level(grey: int, met: bool) -> None:
    one = finding(report(picture(grey), circles()), "iris_grey_level")
    assert (one.rule, one.met, one.measured) == ("R-073", met, grey)


def test_only_usable_pixels_between_the_circles_count() -> None:
    y, x = np.mgrid[:480, :640]
    away = np.hypot(x - 320, y - 240)
    pixels = np.where(away <= 40, 0, np.where(away <= 120, 100, 255)).astype(np.uint8)
    pixels[:240] = np.where((away[:240] > 40) & (away[:240] <= 120), 200, pixels[:240])
    one = IrisPicture(format=IrisFormat.BMP, pixels=pixels)
    lower = EyeCircles(pupil=PUPIL, iris=circles().iris, usable=y >= 240)
    assert mean_grey(one, lower) == 100
    assert mean_grey(one, circles()) == pytest.approx(150, abs=1)


def test_an_iris_outside_the_picture_was_not_measured() -> None:
    gone = EyeCircles(pupil=PUPIL, iris=Circle(x=5000, y=5000, radius=120))
    assert finding(report(picture(), gone), "iris_grey_level").met is None


def test_without_circles_what_depends_on_them_is_neither_met_nor_unmet() -> None:
    found = report(picture(grey=0))
    assert found.unmet == ()
    assert found.unmeasured == ("iris_radius", "iris_grey_level")
    assert [finding(found, code).measured for code in found.unmeasured] == [None, None]
    assert QualityPolicy(name="strict").refuses(found) == ()


def test_a_conversion_is_noted() -> None:
    colour = IrisPicture(
        format=IrisFormat.BMP, pixels=np.zeros((480, 640), np.uint8), converted="RGB"
    )
    one = finding(report(colour), "iris_grey_8_bit")
    assert (one.rule, one.met, one.measured) == ("R-071", True, "converted from RGB")
