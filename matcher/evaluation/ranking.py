"""Scores in order, weighed: rates at a threshold, thresholds for a rate, the equal error rate.

A weight says how often a person counts; 1 everywhere is the data as they are, anything else is a
resampling of the persons. So figure and uncertainty come from the same lines of code.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from gateway.matcher.evaluation.comparisons import Comparisons
from numpy.typing import NDArray

Weights = NDArray[np.int64]
Floats = NDArray[np.float64]
DIGITS = 4
"""Decimals of a threshold that is looked for; an operator writes it into a file."""
_UNITS = 10.0**DIGITS


@dataclass(frozen=True, slots=True, kw_only=True)
class EqualError:
    """Where both rates meet; they are steps, so they may only pass one another.

    ``low`` and ``high`` are the two rates at the threshold where they are closest (FVC2000).
    """

    threshold: float
    low: float
    high: float

    @property
    def rate(self) -> float:
        """The middle of both."""
        return (self.low + self.high) / 2


class Ranking:
    """The scores of all comparisons in order; there must be some of either kind."""

    def __init__(self, comparisons: Comparisons) -> None:
        falling = np.argsort(-comparisons.impostor, kind="stable")
        self.impostor = comparisons.impostor[falling].astype(np.float64)
        """Falling."""
        self._first = comparisons.impostor_first[falling].astype(np.intp)
        self._second = comparisons.impostor_second[falling].astype(np.intp)
        rising = np.argsort(comparisons.genuine, kind="stable")
        self.genuine = comparisons.genuine[rising].astype(np.float64)
        """Rising."""
        self._person = comparisons.genuine_person[rising].astype(np.intp)
        self.persons = comparisons.persons
        every = np.unique(np.concatenate([self.impostor, self.genuine]))
        self.steps: Floats = np.append(every, np.nextafter(every[-1], np.inf))
        """Every threshold at which a rate changes, rising; at the last nothing matches."""
        self._matched = self.matched(self.steps)
        self._missed = self.missed(self.steps)

    def matched(self, thresholds: Floats) -> NDArray[np.int64]:
        """Count the impostor comparisons at or above each threshold."""
        below = np.searchsorted(self.impostor[::-1], thresholds, side="left")
        return (len(self.impostor) - below).astype(np.int64)

    def missed(self, thresholds: Floats) -> NDArray[np.int64]:
        """Count the genuine comparisons below each threshold."""
        return np.searchsorted(self.genuine, thresholds, side="left").astype(np.int64)

    def threshold(self, false_matches: int) -> float:
        """Return the lowest threshold of four decimals with at most so many false matches."""
        if false_matches >= len(self.impostor):
            return math.floor(float(self.impostor[-1]) * _UNITS) / _UNITS
        return (math.floor(float(self.impostor[false_matches]) * _UNITS) + 1) / _UNITS

    def weighed(self, weights: Weights | None = None) -> Rates:
        """Return the rates where each person counts as often as ``weights`` says."""
        if weights is None:
            weights = np.ones(self.persons, dtype=np.int64)
        pairs = weights[self._first] * weights[self._second]
        return Rates(self, _share(pairs), _share(weights[self._person]))

    @property
    def counts(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """False matches and false non-matches at each of the steps."""
        return self._matched, self._missed


class Rates:
    """Rates of weighed comparisons; NaN throughout where no comparison has a weight."""

    def __init__(self, ranking: Ranking, matches: Floats, misses: Floats) -> None:
        self._ranking = ranking
        self._matches = matches
        self._misses = misses

    def fmr(self, thresholds: Floats) -> Floats:
        """Return the share of impostor comparisons at or above each threshold."""
        return self._matches[self._ranking.matched(thresholds)]

    def fnmr(self, thresholds: Floats) -> Floats:
        """Return the share of genuine comparisons below each threshold."""
        return self._misses[self._ranking.missed(thresholds)]

    def equal_error(self) -> EqualError:
        """Find where both rates meet."""
        matched, missed = self._ranking.counts
        low, high = 0, len(matched) - 1
        while high - low > 1:  # FMR falls and FNMR rises: they cross once
            middle = (low + high) // 2
            if self._misses[missed[middle]] <= self._matches[matched[middle]]:
                low = middle
            else:
                high = middle
        before, after = (
            sorted((float(self._matches[matched[at]]), float(self._misses[missed[at]])))
            for at in (low, high)
        )
        at, best = (low, before) if sum(before) <= sum(after) else (high, after)
        return EqualError(threshold=float(self._ranking.steps[at]), low=best[0], high=best[1])


def _share(weights: Weights) -> Floats:
    """Return the running share, beginning with that of none."""
    total = np.concatenate([[0], np.cumsum(weights)])
    with np.errstate(invalid="ignore"):
        return np.asarray(total / total[-1], dtype=np.float64)
