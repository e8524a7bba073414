"""The numbers by which is decided, all of them settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.domain.matching import Trait
from gateway.domain.quality import INFRARED, QualityPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """What scores of one algorithm must reach; scales as in `Candidate.score`."""

    one_to_one: float
    """Against the person a terminal claims."""
    one_to_many: float
    """In a search; higher, because everybody in the gallery is a chance to be wrong."""
    margin: float
    """By how much the best of a search must exceed the next person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyLimits:
    """Bounds and policy of verification; units in the names, reasons in the settings reference."""

    thresholds: Mapping[tuple[Trait, int], Threshold] = field(default_factory=dict)
    """By trait and number of the algorithm; what is not here is never compared."""
    margin_ms: int = 20
    liveness_floor: float = 0.5
    """The terminal's own figure below this is its "no"; 0 takes nothing for a no."""
    liveness_required: bool = False
    linger_s: float = 600.0
    enrolment: QualityPolicy = field(
        default_factory=lambda: QualityPolicy(name="enrolment", waived=frozenset((INFRARED,)))
    )
    refuse_doubles: bool = True
    city_face: float = 0.55
    """What a face must reach in a search of the whole city, where its own threshold is lower."""
    city_candidates: int = 10
    decision_rows: int = 10_000
    decision_batch: int = 500
