"""What is written down of one verification: figures and numbers, no picture and no template."""

from __future__ import annotations

from gateway.domain.decisions import DecisionRecord
from gateway.domain.times import Instant
from gateway.services.verify.inquiries import Inquiry
from gateway.services.verify.outcomes import RULINGS, Outcome


def record_of(inquiry: Inquiry, outcome: Outcome, now: Instant) -> DecisionRecord:
    """Return the record of a question that ended so at ``now``."""
    event = inquiry.event
    return DecisionRecord(
        device=inquiry.session.device,
        project=inquiry.project,
        at_ms=inquiry.asked.wall,
        verdict=RULINGS[outcome.because].verdict,
        because=outcome.because,
        detail=outcome.detail,
        means=event.means,
        direction=event.direction,
        claim=inquiry.claim,
        person=outcome.person,
        score=outcome.score,
        runner_up=outcome.runner_up,
        threshold=outcome.threshold,
        margin=outcome.margin,
        algorithm=outcome.algorithm,
        index=outcome.index,
        liveness=event.liveness,
        waived=outcome.waived,
        latency_ms=max(0.0, now.mono - inquiry.asked.mono) * 1000,
        budget_ms=event.budget_ms,
    )
