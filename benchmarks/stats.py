"""The arithmetic of the report: medians of rounds and percentiles of latencies."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from statistics import median


def middle(values: Sequence[float]) -> float:
    """Return the median of the rounds; raises ValueError where a row measured nothing."""
    if not values:
        raise ValueError("a row without a single round has no figure")
    return float(median(values))


def percentile(values: Sequence[float], share: float) -> float:
    """Return the nearest-rank percentile (share 0…1) of ascending or unordered values."""
    if not values:
        raise ValueError("no value, no percentile")
    ordered = sorted(values)
    return ordered[max(0, ceil(share * len(ordered)) - 1)]


def spread(values: Sequence[float]) -> tuple[float, float]:
    """Return the smallest and the largest of the rounds."""
    return min(values), max(values)
