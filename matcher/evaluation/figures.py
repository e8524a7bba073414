"""The figures of one evaluation, as values: what is written down, drawn and judged."""

from __future__ import annotations

from gateway.matcher.evaluation.estimates import Interval, Rate
from gateway.matcher.evaluation.ranking import EqualError

from gateway.domain.values import value

TARGETS = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6)


@value
class InUse:
    """A threshold by which somebody decides already."""

    name: str
    threshold: float
    margin: float = 0.0
    """By how much the best of a search must exceed the next person; nothing in 1:1."""


@value
class Question:
    """What to measure."""

    targets: tuple[float, ...] = TARGETS
    """Rates of false matches for which a threshold is wanted."""
    in_use: tuple[InUse, ...] = ()
    galleries: tuple[int, ...] = ()
    """Persons in a gallery; the largest that the data allow is always measured."""
    enrolled: int = 1
    """Pictures of a person that are enrolled; the others search."""
    draws: int = 1000
    """Drawings of persons for the intervals."""
    seed: int = 1
    """Of these drawings."""


@value
class OperatingPoint:
    """One threshold and what it does."""

    name: str
    """``fmr 0.0001`` as counted, ``fmr 0.0001 shown`` at its upper limit, or a name in use."""
    threshold: float
    """A score at or above it matches."""
    margin: float
    """Counts in searches alone."""
    fmr: Rate
    fnmr: Rate


@value
class GalleryPoint:
    """One threshold in searches of galleries of one size."""

    name: str
    threshold: float
    margin: float
    gallery: int
    fpir: Rate
    fnir: Rate


@value
class Point:
    """One place on the curves."""

    threshold: float
    fmr: float
    fnmr: float
    fmr_drawn: Interval | None
    fnmr_drawn: Interval | None


@value
class Figures:
    """Everything that one set of pictures says."""

    persons: int
    pictures: int
    genuine: int
    impostor: int
    decidability: float
    """d': distance of both means in units of their pooled deviation."""
    equal_error: EqualError
    equal_error_drawn: Interval | None
    points: tuple[OperatingPoint, ...]
    galleries: tuple[GalleryPoint, ...]
    largest_gallery: int
    probes: int
    curve: tuple[Point, ...]
    question: Question
