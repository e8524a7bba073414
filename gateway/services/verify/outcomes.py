"""What each way a verification can end means for the terminal, and what is written down of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from gateway.domain.decisions import Because, Verdict
from gateway.domain.ids import PersonId, Receipt
from gateway.domain.matching import Answer, Reference
from gateway.domain.values import value
from gateway.domain.verification import Denied, Granted, Hesitation, Undecided, VerifyAnswer
from gateway.domain.vocabulary import Decision
from gateway.services.verify.limits import Threshold


@value
class Outcome:
    """How one verification ended, with the figures it rests on."""

    because: Because
    detail: str = ""
    person: PersonId | None = None
    score: float | None = None
    runner_up: float | None = None
    threshold: float | None = None
    margin: float | None = None
    algorithm: int | None = None
    index: int | None = None
    waived: tuple[str, ...] = ()


def explained(
    because: Because,
    person: PersonId | None,
    found: Answer,
    threshold: Threshold,
    claimed: Reference | None,
) -> Outcome:
    """Return an outcome with the scores it rests on and the thresholds they were held against."""
    scores = [each.score for each in found.candidates]
    search = claimed is None
    return Outcome(
        because=because,
        detail="" if found.liveness is None else f"advisory_liveness={found.liveness:.2f}",
        person=person,
        score=scores[0] if scores else None,
        runner_up=scores[1] if len(scores) > 1 else None,
        threshold=threshold.one_to_many if search else threshold.one_to_one,
        margin=threshold.margin if search else None,
        algorithm=found.algorithm,
        index=found.index,
        waived=() if found.report is None else found.report.unmet,
    )


class Ruling(NamedTuple):
    """What a terminal is told, and the words on its screen (at most 64 bytes of UTF-8)."""

    says: Decision | Hesitation
    prompt: str = ""

    @property
    def verdict(self) -> Verdict:
        """The same, as it is counted and kept."""
        if isinstance(self.says, Hesitation):
            return Verdict.UNDECIDED
        return Verdict.GRANTED if self.says is Decision.GRANTED else Verdict.DENIED


RULINGS: Mapping[Because, Ruling] = {
    Because.RECOGNISED: Ruling(Decision.GRANTED, "请通行"),
    Because.CLAIM_CONFIRMED: Ruling(Decision.GRANTED, "请通行"),
    Because.UNKNOWN_FACE: Ruling(Decision.STRANGER, "未识别，请重试或刷卡"),
    Because.AMBIGUOUS: Ruling(Decision.SECOND_FACTOR_WANTED, "无法唯一确认，请刷卡"),
    Because.CLAIM_NOT_CONFIRMED: Ruling(Decision.DENIED, "与所报人员不符"),
    Because.CLAIM_UNKNOWN: Ruling(Decision.NOT_ON_ROSTER, "不在本项目名册"),
    Because.NOT_ENGAGED: Ruling(Decision.NOT_ON_ROSTER, "不在本项目名册"),
    Because.LIVENESS_FAILED: Ruling(Decision.LIVENESS_FAILED, "活体检测未通过"),
    Because.PICTURE_REFUSED: Ruling(Decision.DENIED, "请正对镜头，重新识别"),
    # Where we may not or cannot judge, the terminal follows its own fallback: who did not agree to
    # a comparison here has other means, and no outage of ours shuts a gate.
    Because.NOT_ENROLLED: Ruling(Hesitation.BUSY),
    Because.NO_CONSENT: Ruling(Hesitation.BUSY),
    Because.TEMPLATE_REFUSED: Ruling(Hesitation.BUSY),
    Because.NOT_OFFERED: Ruling(Hesitation.BUSY),
    Because.NOT_PLACED: Ruling(Hesitation.BUSY),
    Because.MEANS_UNSUPPORTED: Ruling(Hesitation.BUSY),
    Because.BUSY: Ruling(Hesitation.BUSY),
    Because.GALLERY_NOT_READY: Ruling(Hesitation.BUSY),
    Because.LATE: Ruling(Hesitation.DEADLINE),
    Because.CANCELLED: Ruling(Hesitation.DEADLINE),
    Because.FAILED: Ruling(Hesitation.INTERNAL),
}


def answer(receipt: Receipt, outcome: Outcome, claim: PersonId | None) -> VerifyAnswer:
    """Put an outcome into the words of the port; who was not granted is not named to the gate."""
    says, prompt = RULINGS[outcome.because]
    if isinstance(says, Hesitation):
        return Undecided(receipt=receipt, reason=says)
    score = None if outcome.score is None else min(max(outcome.score, 0.0), 1.0)
    if says is Decision.GRANTED:
        assert outcome.person is not None
        return Granted(receipt=receipt, claim=str(outcome.person), score=score, prompt=prompt)
    named = None if claim is None else str(claim)
    return Denied(receipt=receipt, decision=says, claim=named, score=score, prompt=prompt)
