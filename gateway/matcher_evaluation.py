"""From settings to what an evaluation needs: the way of a picture, thresholds in use, the rules."""

from __future__ import annotations

from gateway.domain.matching import Trait
from gateway.domain.quality import QualityPolicy
from gateway.limits import verify_limits
from gateway.matcher.evaluation.evaluation import UsedModel
from gateway.matcher.evaluation.figures import InUse
from gateway.matcher.models.registry import Registry
from gateway.matcher.pictures.pipeline import Pipeline, load
from gateway.matcher_parts import bounds, face_rules, registry
from gateway.settings import Settings


def pipeline(settings: Settings) -> tuple[Pipeline, tuple[UsedModel, ...]]:
    """Load what analyses pictures, and say what it is; raises ModelRefused."""
    named = registry(settings)
    loaded = load(named, rules=face_rules(settings), bounds=bounds(settings))
    return loaded, _used(named)


def in_use(settings: Settings, algorithm: int) -> tuple[InUse, ...]:
    """Return the thresholds by which the gateway decides with an embedder; none without a table."""
    found = verify_limits(settings).thresholds.get((Trait.FACE, algorithm))
    if found is None:
        return ()
    return (
        InUse(name="1:1 in use", threshold=found.one_to_one),
        InUse(name="1:N in use", threshold=found.one_to_many, margin=found.margin),
    )


def enrolment_policy(settings: Settings) -> QualityPolicy:
    """Return the rules that a photo for enrolment is held against."""
    return verify_limits(settings).enrolment


def _used(named: Registry) -> tuple[UsedModel, ...]:
    return tuple(
        UsedModel(
            role=entry.model.role.value,
            name=entry.model.name,
            version=entry.model.version,
            licence=entry.model.licence,
            published=entry.model.digest,
            converted=named.verified(entry).digest,
            algorithm=entry.model.algorithm,
        )
        for entry in named
    )
