"""Who is alike within one gallery: some references against all others, exactly enough to report."""

from __future__ import annotations

import faiss
import numpy as np
from gateway.matcher.faiss_use import one_thread
from gateway.matcher.galleries.rows import View
from numpy.typing import NDArray

from gateway.domain.matching import Reference

DEPTH = 16
"""Rows that are ranked first for each template; eight times as many where all of them are alike."""
DEEPER = 8


def pairs(
    view: View, some: NDArray[np.int64], least: float
) -> list[tuple[Reference, Reference, float]]:
    """Return pairs of references, the first among ``some`` and the smaller one, and their scores.

    Scores are sums of float32, so one at the threshold may fall on either side of it.
    """
    mine = np.flatnonzero(np.isin(view.references, some) & ~view.struck)
    if not len(mine):
        return []
    best: dict[tuple[int, int], float] = {}
    scores, rows = _ranked(view, mine, least)
    enough = (scores >= least) & ~view.struck[rows]
    for at, column in zip(*np.nonzero(enough), strict=True):
        one, other = int(view.references[mine[at]]), int(view.references[rows[at, column]])
        if one < other:
            score = float(min(scores[at, column], 1.0))
            best[one, other] = max(score, best.get((one, other), -1.0))
    return [(Reference(one), Reference(other), score) for (one, other), score in best.items()]


def _ranked(
    view: View, mine: NDArray[np.intp], least: float
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Rank rows for each of mine, until the last one is not alike any more."""
    one_thread()
    probes, depth = view.data[mine], DEPTH
    while True:
        depth = min(depth, len(view.data))
        scores, rows = faiss.knn(probes, view.data, depth, metric=faiss.METRIC_INNER_PRODUCT)
        if depth == len(view.data) or (scores[:, -1] < least).all():
            return scores, rows
        depth *= DEEPER
