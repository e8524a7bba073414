"""What thresholds do in searches of galleries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gateway.matcher.evaluation.estimates import Rate, estimate
from gateway.matcher.evaluation.figures import GalleryPoint, OperatingPoint
from gateway.matcher.evaluation.identification import Searches, false_negatives, false_positives
from gateway.matcher.evaluation.ranking import Floats, Weights
from gateway.matcher.evaluation.resampling import resample_probes


def largest(persons: int) -> int:
    """Return the largest gallery that strangers can search: everybody but the one who searches."""
    return persons - 1


def gallery_points(
    searches: Searches,
    draws: Weights | None,
    points: Iterable[OperatingPoint],
    wanted: Iterable[int],
) -> Iterator[GalleryPoint]:
    """Search galleries of every wanted size that the data hold, and the largest one."""
    if not len(searches.mate):
        return
    most = largest(searches.persons)
    sizes = sorted({size for size in wanted if size < most} | {most})
    for point in points:
        for size in sizes:
            at, margin = point.threshold, point.margin
            yield GalleryPoint(
                name=point.name,
                threshold=at,
                margin=margin,
                gallery=size,
                fpir=_rate(searches, draws, false_positives(searches, at, size, margin)),
                fnir=_rate(searches, draws, false_negatives(searches, at, size, margin)),
            )


def _rate(searches: Searches, draws: Weights | None, outcomes: Floats) -> Rate:
    drawn = None if draws is None else resample_probes(draws, searches.person, outcomes)
    return estimate(float(outcomes.sum()), len(outcomes), drawn)
