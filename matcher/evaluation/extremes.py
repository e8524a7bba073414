"""The pairs that decide the rates: pictures under a wrong name show here before they spoil figures.

One picture filed under somebody else's name makes about a dozen false matches with scores no
stranger has, and as many genuine comparisons that fail.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from gateway.matcher.evaluation.comparisons import Persons, Templates

from gateway.domain.values import value

SHOWN = 5


@value
class Pair:
    """Two pictures and their score."""

    one: str
    other: str
    score: float


@value
class Extremes:
    """The ends of both distributions."""

    strangers: tuple[Pair, ...]
    """Of two identities and most alike, best first."""
    mates: tuple[Pair, ...]
    """Of one identity and least alike, worst first."""


def extremes(
    templates: Templates, persons: Persons, names: Sequence[str], count: int = SHOWN
) -> Extremes:
    """Find so many pairs at either end; ``names`` are those of the pictures."""
    first, second = np.triu_indices(len(templates), 1)
    scores = (templates @ templates.T)[first, second]
    same = persons[first] == persons[second]

    def pairs(chosen: np.ndarray[tuple[int], np.dtype[np.intp]]) -> tuple[Pair, ...]:
        return tuple(
            Pair(one=names[first[at]], other=names[second[at]], score=float(scores[at]))
            for at in chosen[:count]
        )

    rising = np.argsort(scores, kind="stable")
    return Extremes(
        strangers=pairs(rising[::-1][~same[rising[::-1]]]), mates=pairs(rising[same[rising]])
    )
