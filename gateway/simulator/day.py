"""A scripted day at the gates: who arrives where and when, reproducible from one seed."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

PEAK_WIDTH = 0.16
"""Standard deviation of the arrival peak, as a share of the whole script."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """How busy the day is."""

    duration_s: float
    """Seconds the script takes on the site."""
    passages_per_terminal: float
    """Expected number of passages at each terminal over the whole script."""
    speed: float = 1.0
    """How many times faster than on the site it is played."""
    snapshots: float = 1.0
    """Share of passages that carry a picture."""
    faults: float = 0.002
    """Chance that a passage is followed by a fault report of the terminal itself."""
    verify: float = 0.0
    """Share of arrivals at which the terminal asks the gateway who it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One person at one gate."""

    at_s: float
    """Seconds of play time after the start of the script."""
    person: int
    """Number the terminal knows the person by; 0 is a stranger."""
    granted: bool
    by_face: bool
    by_iris: bool
    score: float
    liveness: float
    temperature_c: float
    helmet: bool
    snapshot: bool
    fault: bool
    asks: bool = False
    """The terminal asks the gateway who it is."""


def arrivals(script: Script, seed: int, terminal: int, roster: range) -> list[Arrival]:
    """Draw the arrivals at one terminal, ascending in time.

    People come in a peak (the shift starts at the same minute for everybody) over a thin base.
    """
    rng = random.Random(f"{seed}/{terminal}")
    count = _poisson(rng, script.passages_per_terminal)
    times = sorted(_moment(rng) * script.duration_s / script.speed for _ in range(count))
    return [_arrival(rng, script, at, roster) for at in times]


def _moment(rng: random.Random) -> float:
    if rng.random() < 0.25:
        return rng.random()
    while True:
        moment = rng.gauss(0.5, PEAK_WIDTH)
        if 0.0 <= moment < 1.0:
            return moment


def _poisson(rng: random.Random, mean: float) -> int:
    """Knuth's method in steps, so that a large mean does not underflow."""
    count, left = 0, mean
    while left > 0:
        step = min(left, 500.0)
        left -= step
        limit, product = math.exp(-step), rng.random()
        while product > limit:
            count += 1
            product *= rng.random()
    return count


def _arrival(rng: random.Random, script: Script, at_s: float, roster: range) -> Arrival:
    stranger = rng.random() < 0.02
    person = 0 if stranger else rng.choice(roster)
    iris = rng.random() < 0.3
    return Arrival(
        at_s=at_s,
        person=person,
        granted=not stranger and rng.random() < 0.99,
        by_face=not iris or rng.random() < 0.5,
        by_iris=iris,
        score=0.3 + 0.1 * rng.random() if stranger else 0.9 + 0.09 * rng.random(),
        liveness=0.9 + 0.1 * rng.random(),
        temperature_c=round(rng.gauss(36.5, 0.2), 2),
        helmet=rng.random() < 0.97,
        snapshot=rng.random() < script.snapshots,
        fault=rng.random() < script.faults,
        asks=bool(script.verify) and rng.random() < script.verify,
    )
