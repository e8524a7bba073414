"""What terminals are told, and that every way to end is told, counted and short enough."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest
from gateway.codecs.yls.texts import MOST_PROMPT
from gateway.monitoring import metrics as m
from gateway.monitoring.instruments import Cell, Declaration
from gateway.monitoring.metrics import Metrics
from gateway.monitoring.verifying import fold_verification

from gateway.domain.decisions import Because, Verdict
from gateway.domain.ids import PersonId, Receipt
from gateway.domain.verification import Denied, Granted, Hesitation, Undecided
from gateway.domain.vocabulary import Decision
from gateway.services.verify import enrolment, from_terminals
from gateway.services.verify.outcomes import RULINGS, Outcome, answer
from gateway.services.verify.tally import LATENCY_BUCKETS_S, VerifyTally

LI = PersonId(11)
OPENS = {Because.RECOGNISED, Because.CLAIM_CONFIRMED}


@pytest.mark.parametrize("because", Because)
def test_every_reason_has_an_answer_and_only_two_open_the_gate(because: Because) -> None:
    told = answer(Receipt(1), Outcome(because=because, person=LI, score=1.7), None)
    assert isinstance(told, Granted) is (because in OPENS)
    if isinstance(told, Undecided):
        assert RULINGS[because].verdict is Verdict.UNDECIDED
    else:
        assert told.score == 1.0
        assert 0 < len(told.prompt.encode()) <= MOST_PROMPT
    if isinstance(told, Denied):
        assert RULINGS[because].verdict is Verdict.DENIED
        assert told.claim is None, "who was not let in is not named to the gate"
        assert told.decision is not Decision.GRANTED


@pytest.mark.parametrize(
    ("because", "says"),
    [
        (Because.UNKNOWN_FACE, Decision.STRANGER),
        (Because.AMBIGUOUS, Decision.SECOND_FACTOR_WANTED),
        (Because.CLAIM_NOT_CONFIRMED, Decision.DENIED),
        (Because.CLAIM_UNKNOWN, Decision.NOT_ON_ROSTER),
        (Because.NOT_ENGAGED, Decision.NOT_ON_ROSTER),
        (Because.LIVENESS_FAILED, Decision.LIVENESS_FAILED),
        (Because.PICTURE_REFUSED, Decision.DENIED),
        (Because.NO_CONSENT, Hesitation.BUSY),
        (Because.NOT_ENROLLED, Hesitation.BUSY),
        (Because.LATE, Hesitation.DEADLINE),
        (Because.FAILED, Hesitation.INTERNAL),
    ],
)
def test_reasons_are_told_in_the_words_of_the_port(
    because: Because, says: Decision | Hesitation
) -> None:
    assert RULINGS[because].says is says


def test_the_metrics_know_every_reason_and_its_verdict() -> None:
    assert set(m.BECAUSE.values) == {because.value for because in Because}
    assert set(m.VERDICT.values) == {verdict.value for verdict in Verdict}
    assert m.VERIFY_BOUNDS_S == LATENCY_BUCKETS_S
    metrics, tally = Metrics(version="0", dialects=["yls/1.0"]), VerifyTally()
    tally.decided[Because.AMBIGUOUS] = 3
    tally.latency.observe(0.3)
    tally.enrolled, tally.decisions_dropped = 2, 5
    fold_verification(
        metrics,
        tally,
        open_=lambda: 4,
        waiting=lambda: 6,
        galleries=lambda: (7, 8),
        city=lambda: 9,
    )
    metrics.scrape()
    assert metrics[m.VERIFICATIONS].at("denied", "ambiguous").value == 3
    assert metrics[m.VERIFY_SECONDS].at().counts[m.VERIFY_BOUNDS_S.index(0.3)] == 1

    def value(metric: Declaration[Cell], *labels: str) -> float:
        return metrics[metric].at(*labels).value

    assert (value(m.VERIFY_OPEN), value(m.DECISIONS_WAITING)) == (4, 6)
    assert (value(m.GALLERIES), value(m.GALLERY_PEOPLE), value(m.CITY_PEOPLE)) == (7, 8, 9)
    assert (value(m.ENROLMENTS, "accepted"), value(m.DECISIONS, "dropped")) == (2, 5)


PAGE = Path(__file__).resolve().parents[3] / "docs" / "operators" / "verification.md"


def test_the_operators_page_names_every_reason_with_its_verdict() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (granted|denied|undecided) \|", PAGE.read_text(), re.M)
    assert dict(rows) == {
        because.value: ruling.verdict.value for because, ruling in RULINGS.items()
    }


def test_the_operators_page_names_every_refusal_of_enrolment() -> None:
    source = "".join(inspect.getsource(module) for module in (enrolment, from_terminals))
    codes = {f"enrolment.{code}" for code in re.findall(r'refusal\(\s*"(\w+)"', source)}
    assert set(re.findall(r"^\| `(enrolment\.\w+)` \|", PAGE.read_text(), re.M)) == codes
