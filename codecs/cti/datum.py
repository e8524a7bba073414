"""Positions between the three datums met in China: BD-09 (Baidu), GCJ-02 (maps), WGS-84 (world).

The terminal interface sends BD-09, superior platforms want WGS-84. Certain: the formulas, which are
public and on which many programs agree. The way from GCJ-02 to WGS-84 has no closed form and is
found by iteration, better than a centimetre. All angles are degrees.
"""

from __future__ import annotations

from math import atan2, cos, hypot, pi, sin, sqrt
from typing import NamedTuple

AXIS_M = 6_378_245.0
"""Semi-major axis of the Krasovsky ellipsoid, on which GCJ-02 is computed."""
ECCENTRICITY_2 = 0.006_693_421_622_965_943
_TURN = pi * 3000 / 180
_STEPS = 8
"""Each step of the iteration makes the error some thousand times smaller."""


class Position(NamedTuple):
    """A point on the ground, in whichever datum the name of the value says."""

    longitude: float
    latitude: float


def bd09_to_gcj02(there: Position) -> Position:
    """Take off what Baidu puts on top of GCJ-02."""
    x, y = there.longitude - 0.0065, there.latitude - 0.006
    radius = hypot(x, y) - 0.00002 * sin(y * _TURN)
    angle = atan2(y, x) - 0.000003 * cos(x * _TURN)
    return Position(radius * cos(angle), radius * sin(angle))


def gcj02_to_bd09(there: Position) -> Position:
    """Put on top what Baidu adds; inverse of `bd09_to_gcj02` to about a metre."""
    x, y = there
    radius = hypot(x, y) + 0.00002 * sin(y * _TURN)
    angle = atan2(y, x) + 0.000003 * cos(x * _TURN)
    return Position(radius * cos(angle) + 0.0065, radius * sin(angle) + 0.006)


def wgs84_to_gcj02(there: Position) -> Position:
    """Add the offset of Chinese maps; outside China there is none."""
    if not in_china(there):
        return there
    east_m, north_m = _offset(there.longitude - 105.0, there.latitude - 35.0)
    latitude = there.latitude / 180 * pi
    curvature = 1 - ECCENTRICITY_2 * sin(latitude) ** 2
    north = AXIS_M * (1 - ECCENTRICITY_2) / (curvature * sqrt(curvature))
    east = AXIS_M / sqrt(curvature) * cos(latitude)
    return Position(
        there.longitude + east_m * 180 / (east * pi),
        there.latitude + north_m * 180 / (north * pi),
    )


def gcj02_to_wgs84(there: Position) -> Position:
    """Take the offset of Chinese maps off again."""
    guess = there
    for _ in range(_STEPS):
        shown = wgs84_to_gcj02(guess)
        guess = Position(
            guess.longitude + there.longitude - shown.longitude,
            guess.latitude + there.latitude - shown.latitude,
        )
    return guess


def bd09_to_wgs84(there: Position) -> Position:
    """Take a position as a terminal sends it to where it is in the world."""
    return gcj02_to_wgs84(bd09_to_gcj02(there))


def in_china(there: Position) -> bool:
    """Say whether the rectangle in which maps are offset holds the point."""
    return 72.004 <= there.longitude <= 137.8347 and 0.8293 <= there.latitude <= 55.8271


def _offset(x: float, y: float) -> Position:
    """Return how far maps are shifted at a point relative to 105° E 35° N, in metres."""
    ripple = (20 * sin(6 * x * pi) + 20 * sin(2 * x * pi)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x)) + ripple
    east += (20 * sin(x * pi) + 40 * sin(x / 3 * pi)) * 2 / 3
    east += (150 * sin(x / 12 * pi) + 300 * sin(x / 30 * pi)) * 2 / 3
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x)) + ripple
    north += (20 * sin(y * pi) + 40 * sin(y / 3 * pi)) * 2 / 3
    north += (160 * sin(y / 12 * pi) + 320 * sin(y * pi / 30)) * 2 / 3
    return Position(east, north)
