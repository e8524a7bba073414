"""Positions between Baidu's datum, the maps' and the world's."""

from __future__ import annotations

from math import cos, hypot, radians

import pytest
from gateway.codecs.cti.datum import (
    Position,
    bd09_to_gcj02,
    bd09_to_wgs84,
    gcj02_to_bd09,
    gcj02_to_wgs84,
    in_china,
    wgs84_to_gcj02,
)
from hypothesis import given
from hypothesis import strategies as st

METRES_PER_DEGREE = 111_320
SENT = Position(111.700000, 29.040000)
CHINA = st.builds(Position, st.floats(73.6, 134.9), st.floats(18.1, 53.6))


def metres(one: Position, other: Position) -> float:
    east = (one.longitude - other.longitude) * cos(radians(one.latitude))
    return hypot(east, one.latitude - other.latitude) * METRES_PER_DEGREE


def test_the_vector_of_the_requirement() -> None:
    map_point = bd09_to_gcj02(SENT)
    assert map_point == pytest.approx((111.693522, 29.033940), abs=1e-6)
    assert bd09_to_wgs84(SENT) == pytest.approx((111.687934, 29.036979), abs=1e-6)
    assert gcj02_to_wgs84(map_point) == bd09_to_wgs84(SENT)
    assert metres(SENT, bd09_to_wgs84(SENT)) == pytest.approx(1220, abs=20)


def test_outside_china_maps_are_not_shifted() -> None:
    paris = Position(2.35, 48.85)
    assert not in_china(paris)
    assert wgs84_to_gcj02(paris) == paris
    assert gcj02_to_wgs84(paris) == paris


@given(CHINA)
def test_the_ways_back_lead_back(world: Position) -> None:
    on_map = wgs84_to_gcj02(world)
    assert 0 < metres(world, on_map) < 1000
    assert metres(gcj02_to_wgs84(on_map), world) < 0.01
    assert metres(bd09_to_gcj02(gcj02_to_bd09(on_map)), on_map) < 2
