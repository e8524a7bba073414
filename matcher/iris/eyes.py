"""Which people an iris probe of one eye or two resembles.

A match passes on either eye (R-074), and never a left on a right one. Where both eyes of a probe
meet both eyes of a person, there is a third distance: both codes counted as one of twice the
length. Two middling eyes of one person then say more than either, and a good one is not spoilt by
a bad one. The smallest of the three counts. Whoever sets a threshold allows for that: three
chances, not one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from gateway.matcher.iris.scores import Comparison, Distances, IrisRules
from numpy.typing import NDArray

from gateway.domain.matching import Candidate, Reference

References = NDArray[np.int64]


class Eyeful(NamedTuple):
    """One eye of the probe against the codes of that eye, one row for each reference."""

    references: References
    """Ascending, each once."""
    found: Comparison
    bits: int


def per_reference(references: References, found: Comparison, bits: int) -> Eyeful:
    """Keep the best code of each reference, of those that could be compared."""
    order = np.lexsort((found.distance, references))
    order = order[np.isfinite(found.distance[order])]
    unique, first = np.unique(references[order], return_index=True)
    best = order[first]
    kept = Comparison(found.distance[best], found.different[best], found.compared[best])
    return Eyeful(unique, kept, bits)


def best_two(eyes: Sequence[Eyeful], rules: IrisRules) -> tuple[Candidate, ...]:
    """Return the two people most alike, best first."""
    groups = [(one.references, one.found.distance) for one in eyes]
    if len(eyes) == 2:
        groups.append(_both(eyes[0], eyes[1], rules))
    references = np.concatenate([one for one, _ in groups])
    distances = np.concatenate([one for _, one in groups])
    order = np.lexsort((references, distances))
    chosen: list[Candidate] = []
    for row in order:
        reference = Reference(int(references[row]))
        if all(reference != one.reference for one in chosen):
            chosen.append(Candidate(reference=reference, score=1.0 - float(distances[row])))
        if len(chosen) == 2:
            break
    return tuple(chosen)


def _both(left: Eyeful, right: Eyeful, rules: IrisRules) -> tuple[References, Distances]:
    shared, at, on = np.intersect1d(
        left.references, right.references, assume_unique=True, return_indices=True
    )
    # Each eye was held to the floor already, so both together are above it. What is usual stays
    # that of one eye: twice as many bits are worth more.
    distance = rules.corrected(
        left.found.different[at] + right.found.different[on],
        left.found.compared[at] + right.found.compared[on],
        (left.bits + right.bits) // 2,
    )
    return shared, distance
