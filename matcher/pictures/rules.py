"""Holds a picture against the rules for face pictures, R-060 to R-068, and says what it measured.

Lengths are those of the picture that is worked on, whose longer side has 640 pixels where the
original has many more: the rules speak of such pictures. What is compared is what is reported,
rounded to one decimal, so that no report says "64.0, at least 64 wanted, not met".
"""

from __future__ import annotations

from collections.abc import Iterator

from gateway.matcher.pictures.decode import Picture
from gateway.matcher.pictures.faces import Face
from gateway.matcher.pictures.measure import Light
from gateway.matcher.pictures.pose import Pose

from gateway.domain.quality import Finding
from gateway.domain.values import value

LONG, SHORT = 640, 480
USUAL_ASPECT = 1.32
"""Height of a face's box by its width, as YuNet draws it: median of the frontal ORL pictures. One
person's differs from another's by 6 % (standard deviation)."""


@value
class FaceRules:
    """The limits; those that the notice leaves open are settings."""

    size_tolerance: float = 0.10
    """By which share width and height may differ from 640x480, either way up."""
    least_eye_distance: float = 64
    least_box: float = 150
    most_box: float = 250
    most_turn: float = 15
    """Degrees of yaw, pitch and roll."""
    most_distortion: float = 0.15
    """Share by which the box's aspect may differ from `USUAL_ASPECT`."""
    least_margin: float = 30
    """Pixels to every edge; more than these are wanted."""
    least_evenness: float = 0.6
    most_clipped: float = 0.10


def of_picture(picture: Picture, faces: int, rules: FaceRules) -> tuple[Finding, ...]:
    """Return what can be said without a face."""
    long, short = max(picture.width, picture.height), min(picture.width, picture.height)
    near = all(
        abs(found - wanted) <= rules.size_tolerance * wanted
        for found, wanted in ((long, LONG), (short, SHORT))
    )
    return (
        Finding(
            rule="R-060",
            code="picture_size",
            measured=f"{picture.width}x{picture.height}",
            limit=f"{LONG}x{SHORT} px or {SHORT}x{LONG} px ± {rules.size_tolerance:.0%}",
            met=near,
        ),
        Finding(
            rule="R-064",
            code="picture_format",
            measured=picture.format,
            limit="jpeg or png by content",
            met=picture.format in ("jpeg", "png"),
        ),
        Finding(rule="R-068", code="faces", measured=faces, limit="exactly 1", met=faces == 1),
    )


def of_face(
    picture: Picture, face: Face, pose: Pose, light: Light, rules: FaceRules
) -> tuple[Finding, ...]:
    """Return what is said of the one face."""
    return (
        _least("R-062", "eye_distance", face.eye_distance, rules.least_eye_distance, "px"),
        _box(face, rules),
        *_turns(pose, rules),
        _most("R-065", "distortion", _distortion(face), 100 * rules.most_distortion, "%"),
        _margin(picture, face, rules),
        _least("R-066", "light_evenness", 100 * light.evenness, 100 * rules.least_evenness, "%"),
        _most("R-066", "light_clipped", 100 * light.clipped, 100 * rules.most_clipped, "%"),
        _told("detection", 100 * face.score, "%"),
        _told("brightness", light.brightness, "of 255"),
        _told("sharpness", light.sharpness, ""),
    )


def _box(face: Face, rules: FaceRules) -> Finding:
    width, height = round(face.width, 1), round(face.height, 1)
    low, high = rules.least_box, rules.most_box
    return Finding(
        rule="R-063",
        code="face_box",
        measured=f"{width:g}x{height:g}",
        limit=f"{low:g}x{low:g} to {high:g}x{high:g} px",
        met=low <= width <= high and low <= height <= high,
    )


def _turns(pose: Pose, rules: FaceRules) -> Iterator[Finding]:
    for code, degrees in (("yaw", pose.yaw), ("pitch", pose.pitch), ("roll", pose.roll)):
        measured = round(degrees, 1)
        yield Finding(
            rule="R-065",
            code=code,
            measured=measured,
            limit=f"-{rules.most_turn:g} to {rules.most_turn:g} degrees",
            met=abs(measured) <= rules.most_turn,
        )


def _distortion(face: Face) -> float:
    """Return by how many percent the box's aspect differs from the usual, the larger way round."""
    aspect = face.height / face.width / USUAL_ASPECT
    return 100 * (max(aspect, 1 / aspect) - 1)


def _margin(picture: Picture, face: Face, rules: FaceRules) -> Finding:
    width, height = picture.image.size
    edges = (face.left, face.top, width - face.right, height - face.bottom)
    measured = round(min(edges), 1)
    return Finding(
        rule="R-066",
        code="face_margin",
        measured=measured,
        limit=f"> {rules.least_margin:g} px",
        met=measured > rules.least_margin,
    )


def _least(rule: str, code: str, found: float, limit: float, unit: str) -> Finding:
    measured = round(found, 1)
    return Finding(
        rule=rule, code=code, measured=measured, limit=f">= {limit:g} {unit}", met=measured >= limit
    )


def _most(rule: str, code: str, found: float, limit: float, unit: str) -> Finding:
    measured = round(found, 1)
    return Finding(
        rule=rule, code=code, measured=measured, limit=f"<= {limit:g} {unit}", met=measured <= limit
    )


def _told(code: str, found: float, unit: str) -> Finding:
    """Report a figure that no rule limits but that explains a miss later (R-086)."""
    limit = f"none; {unit}" if unit else "none"
    return Finding(rule="R-086", code=code, measured=round(found, 1), limit=limit, met=True)
