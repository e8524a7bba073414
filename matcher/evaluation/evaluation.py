"""One evaluation: what was measured, with which networks and rules, and what that shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from gateway.matcher.evaluation.acquisition import Analyse, Failure, acquire
from gateway.matcher.evaluation.claims import Claim, claims
from gateway.matcher.evaluation.estimates import Rate, estimate
from gateway.matcher.evaluation.extremes import Extremes, extremes
from gateway.matcher.evaluation.figures import Figures, Question
from gateway.matcher.evaluation.framing import Framing
from gateway.matcher.evaluation.listing import Listing
from gateway.matcher.evaluation.measure import measure

from gateway.domain.errors import GatepostError
from gateway.domain.quality import QualityPolicy
from gateway.domain.values import value


@value
class UsedModel:
    """A network that took part."""

    role: str
    name: str
    version: str
    licence: str
    published: str
    """SHA-256 of the file as it is published, in hexadecimal."""
    converted: str
    """SHA-256 of the file that ran."""
    algorithm: int
    """Number that its templates carry; 0 where it makes none."""


@value
class DataSet:
    """Where the pictures are from and how they are treated."""

    name: str
    listing: Listing
    credit: str = ""
    framing: Framing | None = None


@value
class Treatment:
    """What is done to each picture, and by what."""

    analyse: Analyse
    models: tuple[UsedModel, ...]
    policy: QualityPolicy | None
    """None as at a gate, where no rule for pictures refuses."""
    at_once: int = 2


@value
class Evaluation:
    """Everything that a report says."""

    source: str
    credit: str
    framing: Framing | None
    passed_over: int
    models: tuple[UsedModel, ...]
    policy: str | None
    """None where no rule refused."""
    waived_rules: tuple[str, ...]
    """Of the policy."""
    waived: Mapping[str, int]
    """Accepted pictures that do not meet a waived rule, by its code."""
    acquisition: Rate
    """Failures to acquire."""
    failures: tuple[Failure, ...]
    figures: Figures
    extremes: Extremes
    claims: tuple[Claim, ...]


def evaluate(data: DataSet, treatment: Treatment, question: Question) -> Evaluation:
    """Analyse and compare all pictures; raises GatepostError where too few are left."""
    policy = treatment.policy
    acquired = acquire(
        data.listing.pictures,
        treatment.analyse,
        policy,
        framing=data.framing,
        at_once=treatment.at_once,
    )
    templates, persons = acquired.arrays()
    try:
        figures = measure(templates, persons, question)
    except GatepostError as too_little:
        counted = Counter(code for failure in acquired.failures for code in failure.codes)
        for code, times in sorted(counted.items()):
            too_little.remedy += f" {times} pictures failed with {code}."
        raise
    return Evaluation(
        source=data.name,
        credit=data.credit,
        framing=data.framing,
        passed_over=data.listing.passed_over,
        models=treatment.models,
        policy=policy.name if policy else None,
        waived_rules=tuple(sorted(policy.waived)) if policy else (),
        waived=acquired.waived,
        acquisition=estimate(len(acquired.failures), acquired.attempts, None),
        failures=acquired.failures,
        figures=figures,
        extremes=extremes(templates, persons, [one.name for one in acquired.pictures]),
        claims=claims(figures),
    )
