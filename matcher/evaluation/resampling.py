"""How far figures swing when other persons had come: the persons are drawn anew, not the pairs.

One person with a common face raises many pairs at once, so pairs drawn by themselves would look
surer than they are. A person drawn twice counts twice in the genuine comparisons, and in the
impostor comparisons with everybody else; copies of one person are not compared with one another.
Where no error was seen at all, no drawing shows one: then only the exact limits say anything.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from gateway.matcher.evaluation.comparisons import Persons
from gateway.matcher.evaluation.ranking import Floats, Ranking, Weights

FEWEST_PERSONS = 10
"""With fewer, drawings of persons say nothing."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Resampled:
    """What each drawing gave, one row a drawing."""

    equal_error: Floats
    fmr: Floats
    """A column for each threshold."""
    fnmr: Floats


def draw(persons: int, times: int, seed: int) -> Weights:
    """Draw as many persons as there are, with replacement; return how often each came."""
    random = np.random.default_rng(seed)
    return random.multinomial(persons, np.full(persons, 1 / persons), size=times)


def resample(ranking: Ranking, draws: Weights, thresholds: Floats) -> Resampled:
    """Measure anew with every drawing."""
    equal, fmr, fnmr = [], [], []
    for weights in draws:
        rates = ranking.weighed(weights)
        equal.append(rates.equal_error().rate)
        fmr.append(rates.fmr(thresholds))
        fnmr.append(rates.fnmr(thresholds))
    return Resampled(equal_error=np.array(equal), fmr=np.array(fmr), fnmr=np.array(fnmr))


def resample_probes(draws: Weights, person: Persons, outcomes: Floats) -> Floats:
    """Return the mean outcome of the probes with every drawing; the gallery stays as it is."""
    of_person = np.bincount(person, weights=outcomes, minlength=draws.shape[1])
    probes = np.bincount(person, minlength=draws.shape[1])
    with np.errstate(invalid="ignore"):
        return np.asarray((draws @ of_person) / (draws @ probes), dtype=np.float64)
