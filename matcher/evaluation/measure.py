"""From templates and the numbers of their persons to all figures."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from gateway.matcher.evaluation.comparisons import Comparisons, Persons, Templates, compare
from gateway.matcher.evaluation.estimates import estimate, middle
from gateway.matcher.evaluation.figures import Figures, OperatingPoint, Point, Question
from gateway.matcher.evaluation.galleries import gallery_points, largest
from gateway.matcher.evaluation.identification import search
from gateway.matcher.evaluation.ranking import DIGITS, Floats, Ranking, Weights
from gateway.matcher.evaluation.resampling import FEWEST_PERSONS, Resampled, draw, resample

from gateway.domain.errors import GatepostError

CURVE_POINTS = 160
CANDIDATES = 40
"""Counts of false matches that are tried for a threshold that shows a rate."""


def measure(templates: Templates, persons: Persons, question: Question) -> Figures:
    """Measure one set; raises GatepostError where there is nothing to compare."""
    comparisons = compare(templates, persons)
    _check(comparisons)
    ranking = Ranking(comparisons)
    draws = None
    if comparisons.persons >= FEWEST_PERSONS:
        draws = draw(comparisons.persons, question.draws, question.seed)
    verification = Verification(ranking, question, draws)
    points = tuple(verification.points())
    searches = search(templates, persons, question.enrolled)
    return Figures(
        persons=comparisons.persons,
        pictures=comparisons.pictures,
        genuine=len(ranking.genuine),
        impostor=len(ranking.impostor),
        decidability=decidability(comparisons),
        equal_error=ranking.weighed().equal_error(),
        equal_error_drawn=verification.equal_error_drawn,
        points=points,
        galleries=tuple(gallery_points(searches, draws, points, question.galleries)),
        largest_gallery=largest(comparisons.persons),
        probes=len(searches.mate),
        curve=tuple(verification.curve()),
        question=question,
    )


class Verification:
    """The wanted thresholds, with all drawings made for them at once."""

    def __init__(self, ranking: Ranking, question: Question, draws: Weights | None) -> None:
        self._ranking = ranking
        self._question = question
        self._thresholds = self._every_threshold()
        self._drawn: Resampled | None = None
        if draws is not None:
            self._drawn = resample(ranking, draws, self._thresholds)

    @property
    def equal_error_drawn(self) -> tuple[float, float] | None:
        """Where the drawings have the equal error rate."""
        return middle(self._drawn.equal_error if self._drawn else None)

    def points(self) -> Iterator[OperatingPoint]:
        """Return the thresholds in use, then for each target the counted and the shown one."""
        for one in self._question.in_use:
            yield self._point(one.name, one.threshold, one.margin)
        for target in self._question.targets:
            if target * len(self._ranking.impostor) >= 1:
                yield self._point(f"fmr {target:g}", self._counted(target))
            shown = self._shown(target)
            if shown is not None:
                yield self._point(f"fmr {target:g} shown", shown)

    def curve(self) -> Iterator[Point]:
        """Return both rates over all scores."""
        rates, grid = self._ranking.weighed(), self._grid()
        for threshold, fmr, fnmr in zip(grid, rates.fmr(grid), rates.fnmr(grid), strict=True):
            of_fmr, of_fnmr = self._columns(threshold)
            yield Point(
                threshold=float(threshold),
                fmr=float(fmr),
                fnmr=float(fnmr),
                fmr_drawn=middle(of_fmr),
                fnmr_drawn=middle(of_fnmr),
            )

    def _counted(self, target: float) -> float:
        return self._ranking.threshold(math.floor(target * len(self._ranking.impostor) + 1e-9))

    def _shown(self, target: float) -> float | None:
        """Return the lowest threshold whose FMR has its upper limit at or below the target."""
        for count in self._candidates(target):
            threshold = self._ranking.threshold(count)
            if self._point("", threshold).fmr.upper <= target:
                return threshold
        return None

    def _candidates(self, target: float) -> list[int]:
        most = math.floor(target * len(self._ranking.impostor))
        few = np.unique(np.geomspace(1, most + 1, CANDIDATES).astype(int)) - 1
        return [int(count) for count in few[::-1]]

    def _grid(self) -> Floats:
        low, high = self._ranking.steps[0], self._ranking.steps[-1]
        return np.asarray(np.linspace(low, high, CURVE_POINTS).round(DIGITS), dtype=np.float64)

    def _every_threshold(self) -> Floats:
        found = [one.threshold for one in self._question.in_use]
        for target in self._question.targets:
            found.append(self._counted(target))
            found += [self._ranking.threshold(count) for count in self._candidates(target)]
        return np.unique(np.concatenate([found, self._grid()]))

    def _point(self, name: str, threshold: float, margin: float = 0.0) -> OperatingPoint:
        at = np.array([threshold])
        fmr, fnmr = self._columns(threshold)
        matched, missed = int(self._ranking.matched(at)[0]), int(self._ranking.missed(at)[0])
        return OperatingPoint(
            name=name,
            threshold=threshold,
            margin=margin,
            fmr=estimate(matched, len(self._ranking.impostor), fmr),
            fnmr=estimate(missed, len(self._ranking.genuine), fnmr),
        )

    def _columns(self, threshold: float) -> tuple[Floats | None, Floats | None]:
        if self._drawn is None:
            return None, None
        column = int(np.searchsorted(self._thresholds, threshold))
        return self._drawn.fmr[:, column], self._drawn.fnmr[:, column]


def decidability(comparisons: Comparisons) -> float:
    """Return d'; 0 where all scores are the same."""
    genuine = comparisons.genuine.astype(np.float64)
    impostor = comparisons.impostor.astype(np.float64)
    spread = math.sqrt((genuine.var() + impostor.var()) / 2)
    return float((genuine.mean() - impostor.mean()) / spread) if spread else 0.0


def _check(comparisons: Comparisons) -> None:
    if len(comparisons.genuine) and len(comparisons.impostor):
        return
    raise GatepostError(
        "evaluate.too_little",
        f"{comparisons.pictures} usable pictures of {comparisons.persons} persons leave nothing "
        "to compare.",
        remedy="There must be two persons, and one of them with two usable pictures.",
    )
