"""The best references, exactly, from rankings that are only nearly right.

The rows an approximate ranking leaves out have approximate scores not above its last one, so true
scores not above that plus the error bound. Once the last wanted *reference* among the rows looked
at exactly is not below that, none of the others can matter. Until then the ranking is asked for
more. What a struck row or a further template of the same person takes from the candidates is made
up for in the same way. So the answer never depends on luck; only the time does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from gateway.matcher.galleries.indexes import BLOCK, Index, Matrix
from gateway.matcher.galleries.rows import View
from gateway.matcher.vectors import Vector
from numpy.typing import NDArray

from gateway.domain.matching import Candidate, Reference

DEEPER = 8
DEEPEST = 4096
"""Beyond this, reading all rows is cheaper than ranking."""
Scored = tuple[NDArray[np.int64], NDArray[np.float64]]
"""References and exact scores."""


class Segment(NamedTuple):
    """Rows with a ranking of all of them, and where they begin in the view."""

    ranked: Index
    first: int


def scores(rows: Matrix, probe: Vector) -> NDArray[np.float64]:
    """Return inner products, summed in float64 on this thread alone."""
    found: NDArray[np.float64] = np.einsum("ij,j->i", rows, probe, dtype=np.float64)
    return found


def nearest(
    view: View, segments: Sequence[Segment], probe: Vector, depth: int, most: int = 2
) -> tuple[Candidate, ...]:
    """Return the best references among all rows of ``view``, ``most`` of them."""
    while depth <= DEEPEST:
        looked_at: list[NDArray[np.int64]] = []
        unseen = -np.inf
        for segment in segments:
            ranking = segment.ranked.best(probe, depth)
            looked_at.append(ranking.rows + segment.first)
            if depth < len(segment.ranked):
                unseen = max(unseen, ranking.scores[-1] + ranking.error)
        found = best(*exactly(view, np.concatenate(looked_at), probe), most)
        last = found[-1].score if len(found) == most else -np.inf
        if last >= unseen:
            return found
        depth *= DEEPER
    return best(*everything(view, probe), most)


def among(
    view: View, references: frozenset[Reference], probe: Vector, most: int = 2
) -> tuple[Candidate, ...]:
    """Return the best of the references named, whatever the others would have scored."""
    wanted = np.fromiter(references, dtype=np.int64, count=len(references))
    rows = np.flatnonzero(np.isin(view.references, wanted))
    return best(*exactly(view, rows, probe), most)


def exactly(view: View, rows: NDArray[np.int64], probe: Vector) -> Scored:
    """Score rows, leaving out struck ones."""
    alive = rows[~view.struck[rows]]
    return view.references[alive], scores(view.data[alive], probe)


def everything(view: View, probe: Vector) -> Scored:
    """Score all rows, leaving out struck ones."""
    if not len(view.data):
        return np.empty(0, np.int64), np.empty(0)
    found = np.concatenate(
        [scores(view.data[at : at + BLOCK], probe) for at in range(0, len(view.data), BLOCK)]
    )
    alive = ~view.struck
    return view.references[alive], found[alive]


def best(
    references: NDArray[np.int64], found: NDArray[np.float64], most: int = 2
) -> tuple[Candidate, ...]:
    """Return the best of different references, best first; in a draw the smaller reference."""
    chosen: list[Candidate] = []
    while len(chosen) < most and len(found):
        top = references[found == found.max()].min()
        chosen.append(
            Candidate(
                reference=Reference(int(top)),
                score=float(np.clip(found[references == top].max(), -1, 1)),
            )
        )
        others = references != top
        references, found = references[others], found[others]
    return tuple(chosen)


def merged(several: Sequence[tuple[Candidate, ...]], most: int = 2) -> tuple[Candidate, ...]:
    """Return the best over several probes of one person, each with as many of its own."""
    every = [one for found in several for one in found]
    return best(
        np.array([one.reference for one in every], dtype=np.int64),
        np.array([one.score for one in every]),
        most,
    )
