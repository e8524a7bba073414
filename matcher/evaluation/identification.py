"""Searches of galleries, also of smaller ones than the data hold, without drawing them at random.

The first pictures of a person are enrolled, the others search. For a gallery of N persons the rates
are the mean over all galleries of N that can be formed: of M strangers with k marked ones, the
share without any of these is C(M−k, N) / C(M, N). So the result is exact and needs no seed. Only
galleries of persons that are in the data can be measured.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from gateway.matcher.evaluation.comparisons import Persons, Templates
from gateway.matcher.evaluation.ranking import Floats
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Searches:
    """Each probe against everybody's enrolment."""

    mate: Floats
    """Score of the probe's own person."""
    strangers: Floats
    """Scores of all others, falling; one row a probe, one column less than there are persons."""
    person: Persons
    persons: int


def search(templates: Templates, persons: Persons, enrolled: int = 1) -> Searches:
    """Enrol the first ``enrolled`` pictures of each person and search with all others.

    Several enrolled pictures of a person are alternatives: the best one counts.
    """
    number = int(persons.max()) + 1
    order = np.array([np.count_nonzero(persons[:at] == persons[at]) for at in range(len(persons))])
    gallery, probes = order < enrolled, order >= enrolled
    scores = (templates[gallery] @ templates[probes].T).astype(np.float64)
    of_person = np.full((number, scores.shape[1]), -np.inf)
    np.maximum.at(of_person, persons[gallery], scores)
    best, person = of_person.T, persons[probes]
    rows = np.arange(len(best))
    mate = best[rows, person]
    best[rows, person] = -np.inf
    strangers = -np.sort(-best, axis=1)[:, : number - 1]
    return Searches(mate=mate, strangers=strangers, person=person, persons=number)


def false_positives(
    searches: Searches, threshold: float, gallery: int, margin: float = 0.0
) -> Floats:
    """Return for each probe how probably a gallery without its person returns somebody.

    That is somebody at or above the threshold and ``margin`` ahead of the next one: the sum, over
    all strangers who could be the best, of the share of galleries with nobody better or too near.
    """
    chance = np.zeros(len(searches.strangers))
    count = Combinations(searches.persons - 1)
    for row, strangers in enumerate(searches.strangers):
        best = strangers[strangers >= threshold]
        if len(best):
            near = np.searchsorted(-strangers, -(best - margin), side="left")
            kept_out = np.maximum(near, np.arange(1, len(best) + 1))
            chance[row] = count.share_with_one_without(kept_out, gallery).sum()
    return np.minimum(chance, 1.0)


def false_negatives(
    searches: Searches, threshold: float, gallery: int, margin: float = 0.0
) -> Floats:
    """Return for each probe how probably a gallery with its person does not return that person.

    The person comes back at or above the threshold, with nobody else better or nearer than margin.
    """
    near = np.count_nonzero(searches.strangers > searches.mate[:, None] - margin, axis=1)
    found = Combinations(searches.persons - 1).share_without(near, gallery - 1)
    return np.where(searches.mate >= threshold, 1 - found, 1.0)


class Combinations:
    """Shares of the galleries that can be drawn from a number of strangers."""

    def __init__(self, strangers: int) -> None:
        self._all = strangers
        self._log = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, strangers + 1)))])

    def share_without(self, marked: NDArray[np.intp], drawn: int) -> Floats:
        """Return the share of galleries in which none of the marked strangers is."""
        return self._share(marked, drawn, drawn)

    def share_with_one_without(self, marked: NDArray[np.intp], drawn: int) -> Floats:
        """Return the share in which of the marked strangers one certain is and no other."""
        return self._share(marked, drawn - 1, drawn)

    def _share(self, marked: NDArray[np.intp], free: int, drawn: int) -> Floats:
        rest = self._all - marked
        possible = rest >= free
        left = np.where(possible, rest - free, 0)
        good = self._log[rest] - self._log[left] - self._log[free]
        every = self._log[self._all] - self._log[self._all - drawn] - self._log[drawn]
        return np.where(possible, np.exp(good - every), 0.0)
