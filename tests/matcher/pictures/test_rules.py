"""The rules for face pictures at their borders, with made-up faces, pictures and light."""

from __future__ import annotations

import pytest
from gateway.matcher.pictures.decode import Picture
from gateway.matcher.pictures.faces import Face
from gateway.matcher.pictures.measure import Light, measure
from gateway.matcher.pictures.pose import Pose, estimate
from gateway.matcher.pictures.rules import USUAL_ASPECT, FaceRules, of_face, of_picture
from PIL import Image

from gateway.domain.quality import Finding
from tests.support.heads import face, turned

RULES = FaceRules()
LIGHT = Light(brightness=120, evenness=0.95, clipped=0.01, sharpness=200)
STRAIGHT = Pose(yaw=0, pitch=0, roll=0)


def picture(width: int = 640, height: int = 480, kind: str = "jpeg") -> Picture:
    image = Image.new("RGB", (width, height))
    return Picture(format=kind, width=width, height=height, image=image)


def found(
    code: str,
    *,
    one: Face | None = None,
    pose: Pose = STRAIGHT,
    light: Light = LIGHT,
    rules: FaceRules = RULES,
) -> Finding:
    every = of_face(picture(), one or face(), pose, light, rules)
    return next(finding for finding in every if finding.code == code)


def test_an_ordinary_face_meets_them_all() -> None:
    every = of_face(picture(), face(), STRAIGHT, LIGHT, RULES) + of_picture(picture(), 1, RULES)
    assert [one.code for one in every if not one.met] == []
    assert {one.rule for one in every} == {
        *(f"R-06{digit}" for digit in (0, 2, 3, 4, 5, 6, 8)),
        "R-086",
    }


@pytest.mark.parametrize(
    ("width", "height", "met"),
    [
        (640, 480, True),
        (480, 640, True),
        (704, 528, True),
        (576, 432, True),
        (705, 528, False),
        (640, 431, False),
        (640, 529, False),
        (320, 240, False),
        (1280, 960, False),
        (640, 640, False),
    ],
)
def test_size(width: int, height: int, met: bool) -> None:
    finding = of_picture(picture(width, height), 1, RULES)[0]
    assert (finding.rule, finding.measured, finding.met) == ("R-060", f"{width}x{height}", met)


def test_size_with_another_tolerance() -> None:
    (finding, *_) = of_picture(picture(1280, 960), 1, FaceRules(size_tolerance=1))
    assert finding.met


@pytest.mark.parametrize(
    ("eyes", "met"), [(63, False), (63.94, False), (63.96, True), (64, True), (65, True)]
)
def test_eye_distance(eyes: float, met: bool) -> None:
    finding = found("eye_distance", one=face(points=turned(eyes=eyes, roll=10)))
    assert (finding.rule, finding.met) == ("R-062", met)
    assert finding.measured == round(eyes, 1)


@pytest.mark.parametrize(
    ("side", "met"), [(149, False), (150, True), (200, True), (250, True), (251, False)]
)
@pytest.mark.parametrize("which", ["width", "height"])
def test_face_box(side: float, met: bool, which: str) -> None:
    width, height = (side, 200) if which == "width" else (200, side)
    finding = found("face_box", one=face(width=width, height=height))
    assert (finding.rule, finding.met) == ("R-063", met)


@pytest.mark.parametrize("axis", ["yaw", "pitch", "roll"])
@pytest.mark.parametrize(
    ("degrees", "met"), [(14, True), (15, True), (16, False), (-15, True), (-16, False)]
)
def test_every_axis(axis: str, degrees: float, met: bool) -> None:
    yaw, pitch, roll = (degrees if axis == one else 0 for one in ("yaw", "pitch", "roll"))
    pose = estimate(turned(yaw=yaw, pitch=pitch, roll=roll))
    finding = found(axis, pose=pose)
    assert (finding.rule, finding.measured, finding.met) == ("R-065", degrees, met)
    for other in {"yaw", "pitch", "roll"} - {axis}:
        assert found(other, pose=pose).met


@pytest.mark.parametrize(
    ("squeeze", "met"),
    [(1, True), (0.9, True), (0.8, False), (1 / 0.8, False), (1.149, True), (1.152, False)],
)
def test_distortion(squeeze: float, met: bool) -> None:
    finding = found("distortion", one=face(width=170, height=170 * USUAL_ASPECT * squeeze))
    assert (finding.rule, finding.met) == ("R-065", met)


@pytest.mark.parametrize("side", ["left", "top", "right", "bottom"])
@pytest.mark.parametrize(
    ("margin", "met"), [(29, False), (30, False), (31, True), (30.1, True), (-5, False)]
)
def test_margin(side: str, margin: float, met: bool) -> None:
    width, height = 160.0, 210.0
    left = {"left": margin, "right": 640 - width - margin}.get(side, 200.0)
    top = {"top": margin, "bottom": 480 - height - margin}.get(side, 120.0)
    finding = found("face_margin", one=face(width=width, height=height, left=left, top=top))
    assert (finding.rule, finding.measured, finding.met) == ("R-066", margin, met)


@pytest.mark.parametrize(("evenness", "met"), [(0.59, False), (0.6, True), (1, True)])
def test_evenness(evenness: float, met: bool) -> None:
    light = Light(brightness=90, evenness=evenness, clipped=0, sharpness=1)
    assert found("light_evenness", light=light).met is met


@pytest.mark.parametrize(("clipped", "met"), [(0.1, True), (0.11, False)])
def test_clipped(clipped: float, met: bool) -> None:
    light = Light(brightness=90, evenness=1, clipped=clipped, sharpness=1)
    assert found("light_clipped", light=light).met is met


@pytest.mark.parametrize("faces", [0, 1, 2])
def test_exactly_one_face(faces: int) -> None:
    finding = of_picture(picture(), faces, RULES)[2]
    assert (finding.rule, finding.measured, finding.met) == ("R-068", faces, faces == 1)


def test_light_is_measured_on_both_halves() -> None:
    image = Image.new("RGB", (112, 112), (200, 200, 200))
    image.paste((50, 50, 50), (0, 0, 56, 112))
    light = measure(image)
    assert light.evenness == pytest.approx(0.25)
    assert light.brightness == pytest.approx(125)
    assert light.clipped == 0


@pytest.mark.parametrize(("level", "clipped"), [(5, 1), (6, 0), (249, 0), (250, 1)])
def test_black_and_white_are_clipped(level: int, clipped: float) -> None:
    assert measure(Image.new("RGB", (112, 112), (level,) * 3)).clipped == clipped


def test_a_black_face_is_not_evenly_lit() -> None:
    assert measure(Image.new("RGB", (112, 112))).evenness == 0
