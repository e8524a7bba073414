"""The misfortunes: the same for one seed, and none of the kinds is ever left out."""

from __future__ import annotations

import re
from pathlib import Path

from gateway.crashpoints import POINTS
from tests.crash.schedule import End, Storm, schedule

ROOT = Path(__file__).parents[2]
PROBED = re.compile(r'_?probe\("([a-z_.]+)"\)')


def test_one_seed_plays_one_schedule() -> None:
    assert schedule(7, 50) == schedule(7, 50)
    assert schedule(7, 50) != schedule(8, 50)


def test_fifty_crashes_visit_every_point_and_every_other_end() -> None:
    for seed in range(50):
        lives = schedule(seed, 50)
        assert 50 <= sum(life.crashes for life in lives) <= 52
        assert {life.point for life in lives if life.end is End.POINT} == set(POINTS)
        storms = [storm for life in lives for storm in life.storms]
        assert sum(storm is not Storm.FROZEN for storm in storms) >= 1


def test_a_thousand_crashes_know_every_kind_of_misfortune() -> None:
    lives = schedule(1, 1000)
    assert {life.end for life in lives} == set(End)
    assert {storm for life in lives for storm in life.storms} == set(Storm)


def test_the_points_are_those_that_the_source_passes() -> None:
    sources = [
        path
        for folder in ("gateway", "storage", "protocols")
        for path in (ROOT / folder).rglob("*.py")
    ]
    passed = {name for path in sources for name in PROBED.findall(path.read_text())}
    assert passed == set(POINTS)
