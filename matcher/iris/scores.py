"""From counted bits to a score, and from two eyes to one.

The fractional Hamming distance of few bits is near zero or one by luck more often than that of
many. So it is corrected, as Daugman (2007) and open-iris do, towards the distance of strangers by
the square root of how many bits were compared, against how many are usual:

    corrected = mean − (mean − distance) · √(compared / usual),   held within 0…1

``mean`` is the distance at which strangers lie after the best of all turns. The score is one minus
the corrected distance. A score of 0.68 is Daugman's customary distance of 0.32.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from gateway.matcher.iris.distance import BLOCK, Counts, Halves, Probe, counts
from numpy.typing import NDArray

from gateway.domain.values import value

Distances = NDArray[np.float64]


@value
class IrisRules:
    """How codes are compared."""

    rotations: int = 8
    """Columns a probe is turned by, each way (YLS/1 10.5)."""
    least_common: float = 0.2
    """Share of the bits that must be usable in both: 410 of 2,048. Below it nothing is said."""
    strangers: float = 0.45
    """Distance at which strangers lie (open-iris)."""
    usual_common: float = 0.75
    """Share of the bits that is usually usable in both (open-iris: 12,288 of 16,384)."""

    def floor(self, bits: int) -> int:
        """Return how many bits of a code must be comparable."""
        return max(1, int(np.ceil(self.least_common * bits)))

    def corrected(self, different: Counts, compared: Counts, bits: int) -> Distances:
        """Return corrected distances; infinite where too little could be compared."""
        enough = compared >= self.floor(bits)
        safe = np.where(enough, compared, 1)
        weight = np.sqrt(safe / (self.usual_common * bits))
        distance = self.strangers - (self.strangers - different / safe) * weight
        return np.where(enough, np.clip(distance, 0.0, 1.0), np.inf)


class Comparison(NamedTuple):
    """One probe against rows, at the best turn of each."""

    distance: Distances
    """Corrected; infinite where nothing can be said."""
    different: Counts
    compared: Counts


def compare(gallery: Halves, asked: Probe, bits: int, rules: IrisRules) -> Comparison:
    """Compare a probe with every row, over all turns of it."""
    parts = [
        _block(gallery[at : at + BLOCK], asked, bits, rules) for at in range(0, len(gallery), BLOCK)
    ]
    if not parts:
        return Comparison(np.empty(0), np.empty(0, np.int32), np.empty(0, np.int32))
    return Comparison(*map(np.concatenate, zip(*parts, strict=True)))


def _block(rows: Halves, asked: Probe, bits: int, rules: IrisRules) -> Comparison:
    different, compared = counts(rows, asked)
    distance = rules.corrected(different, compared, bits)
    best = distance.argmin(axis=0)
    every = np.arange(len(rows))
    return Comparison(distance[best, every], different[best, every], compared[best, every])
