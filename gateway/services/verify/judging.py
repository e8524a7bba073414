"""From scores to a judgement; pure, and the only place where a score meets a threshold."""

from __future__ import annotations

from gateway.domain.decisions import Because
from gateway.domain.matching import Answer, Reference
from gateway.services.verify.limits import Threshold


def judge(answer: Answer, threshold: Threshold, claimed: Reference | None) -> Because:
    """Say what the scores mean; a score that is no number reaches no threshold.

    Against a claim only the claimed person counts, and a wrong claim is a dispute: never silently
    corrected to whomever the face resembles more.
    """
    if not answer.candidates:
        return Because.UNKNOWN_FACE if claimed is None else Because.NOT_ENROLLED
    best = answer.candidates[0]
    if claimed is not None:
        if best.reference != claimed:
            return Because.FAILED
        confirmed = best.score >= threshold.one_to_one
        return Because.CLAIM_CONFIRMED if confirmed else Because.CLAIM_NOT_CONFIRMED
    if not best.score >= threshold.one_to_many:
        return Because.UNKNOWN_FACE
    others = answer.candidates[1:]
    if others and not best.score - others[0].score >= threshold.margin:
        return Because.AMBIGUOUS
    return Because.RECOGNISED
