"""What an iris picture measures against the rules of the notice (R-070 to R-073).

Where pupil and iris are is somebody else's finding: no model for it comes with the gateway. Without
it, what depends on it is reported as not measured.
"""

from __future__ import annotations

import numpy as np
from gateway.matcher.iris.formats import HEIGHT, WIDTH, IrisPicture
from numpy.typing import NDArray

from gateway.domain.quality import Finding, PictureReport
from gateway.domain.values import value

LEAST_RADIUS, MOST_RADIUS = 110.0, 130.0
LEAST_GREY, MOST_GREY = 80.0, 128.0


@value
class Circle:
    """In pixels from the top left."""

    x: float
    y: float
    radius: float


@value
class EyeCircles:
    """Where the iris is: inside one circle and outside the other."""

    pupil: Circle
    iris: Circle
    usable: NDArray[np.bool_] | None = None
    """``(height, width)``, false where lids, lashes or reflections are; None: usable throughout."""


def report(picture: IrisPicture, circles: EyeCircles | None = None) -> PictureReport:
    """Measure a picture."""
    height, width = picture.pixels.shape
    return PictureReport(
        format=picture.format.value,
        width=width,
        height=height,
        faces=None,
        findings=(
            Finding(
                rule="R-070",
                code="iris_size",
                measured=f"{width} x {height} px",
                limit=f"{WIDTH} x {HEIGHT} px",
                met=(width, height) == (WIDTH, HEIGHT),
            ),
            _channels(picture),
            _radius(circles),
            _grey(picture, circles),
        ),
    )


def _channels(picture: IrisPicture) -> Finding:
    """A picture with more channels is accepted: what is kept of it has one."""
    measured = f"converted from {picture.converted}" if picture.converted else "8-bit grey"
    return Finding(
        rule="R-071", code="iris_grey_8_bit", measured=measured, limit="8-bit grey", met=True
    )


def _radius(circles: EyeCircles | None) -> Finding:
    radius = circles.iris.radius if circles else None
    return Finding(
        rule="R-072",
        code="iris_radius",
        measured=radius,
        limit=f"{LEAST_RADIUS:g} to {MOST_RADIUS:g} px",
        met=None if radius is None else LEAST_RADIUS <= radius <= MOST_RADIUS,
    )


def _grey(picture: IrisPicture, circles: EyeCircles | None) -> Finding:
    mean = mean_grey(picture, circles) if circles else None
    return Finding(
        rule="R-073",
        code="iris_grey_level",
        measured=mean,
        limit=f"mean {LEAST_GREY:g} to {MOST_GREY:g}",
        met=None if mean is None else LEAST_GREY <= mean <= MOST_GREY,
    )


def mean_grey(picture: IrisPicture, circles: EyeCircles) -> float | None:
    """Return the mean grey of the iris's usable pixels; None where none is in the picture."""
    y, x = np.ogrid[: picture.pixels.shape[0], : picture.pixels.shape[1]]
    region = _inside(x, y, circles.iris) & ~_inside(x, y, circles.pupil)
    if circles.usable is not None:
        region &= circles.usable
    return float(picture.pixels[region].mean()) if region.any() else None


def _inside(x: NDArray[np.intp], y: NDArray[np.intp], circle: Circle) -> NDArray[np.bool_]:
    within: NDArray[np.bool_] = (x - circle.x) ** 2 + (y - circle.y) ** 2 <= circle.radius**2
    return within
