"""Who passes, who does not, and why: every way a verification can end, through the desk."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from gateway.domain.decisions import Because, Verdict
from gateway.domain.ids import PersonId
from gateway.domain.verification import (
    CardRef,
    Denied,
    Granted,
    Hesitation,
    IdCardRef,
    Undecided,
)
from gateway.domain.vocabulary import Decision, Means
from gateway.domain.workers import VerificationMode
from tests.support.matchers import face, iris, picture, turned
from tests.support.verifying import LI, LIMITS, P1, P2, WANG, VerifyBench, sites, verify_run

ELSEWHERE, GONE, UNASKED, BARE = (PersonId(number) for number in (21, 22, 23, 24))


def test_somebody_in_the_gallery_is_let_through_and_it_is_written_down() -> None:
    async def body(bench: VerifyBench) -> None:
        bench.put(LI, turned(0))
        bench.put(WANG, turned(80))
        session = await bench.login()
        answer = await bench.answer(session, liveness=0.9)
        assert isinstance(answer, Granted)
        assert (answer.claim, answer.prompt) == (str(LI), "请通行")
        assert answer.score == pytest.approx(1)
        (kept,) = await bench.decided()
        assert (kept.verdict, kept.because) == (Verdict.GRANTED, Because.RECOGNISED)
        assert (kept.device, kept.project, kept.person, kept.claim) == (1, P1, LI, None)
        assert kept.runner_up == pytest.approx(0.1736, abs=1e-3)
        assert (kept.threshold, kept.margin) == (0.52, 0.05)
        assert (kept.liveness, kept.means, kept.budget_ms) == (0.9, Means.FACE, 250)
        assert kept.latency_ms == pytest.approx(10)

    verify_run(body, work_s=0.01)


def claimed(person: int) -> dict[str, Any]:
    return {"candidate": str(person)}


ZERO, CARDS = (turned(0),), (CardRef(kind=1, number=b"1"),)
BEHIND, LEFT, UP = (face(-1, 0, 0),), (face(0, -1, 0),), (face(0, 0, 1),)
PAPER = IdCardRef(digest=bytes(32), kind=1)
CASES: dict[str, tuple[Because, dict[str, Any]]] = {
    "like nobody": (Because.UNKNOWN_FACE, {"faces": UP}),
    "like nobody, by picture": (Because.UNKNOWN_FACE, {"picture": picture(*UP)}),
    "just too little alike": (Because.UNKNOWN_FACE, {"faces": (face(0.519, 0, 0.8547),)}),
    "between two people": (Because.AMBIGUOUS, {"faces": (turned(20),)}),
    "whom the terminal says": (Because.CLAIM_CONFIRMED, claimed(LI)),
    "somebody else": (Because.CLAIM_NOT_CONFIRMED, {**claimed(LI), "faces": (turned(62),)}),
    "a number that is none": (Because.CLAIM_UNKNOWN, {"candidate": "0x11"}),
    "a number of nobody": (Because.CLAIM_UNKNOWN, claimed(99)),
    "a number beyond 32 bits": (Because.CLAIM_UNKNOWN, claimed(2**32)),
    "somebody of the other project": (Because.CLAIM_UNKNOWN, claimed(ELSEWHERE)),
    "somebody who left": (Because.CLAIM_UNKNOWN, claimed(GONE)),
    "somebody who did not agree": (Because.NO_CONSENT, claimed(UNASKED)),
    "somebody without a template": (Because.NOT_ENROLLED, claimed(BARE)),
    "recognised, but gone": (Because.NOT_ENGAGED, {"faces": LEFT}),
    "recognised, without consent": (Because.NO_CONSENT, {"faces": BEHIND}),
    "nobody alive": (Because.LIVENESS_FAILED, {"liveness": 0.49}),
    "nobody in the picture": (Because.PICTURE_REFUSED, {"picture": b"JPEG"}),
    "other dimensions": (Because.TEMPLATE_REFUSED, {"faces": (face(1, 0),)}),
    "another model": (Because.TEMPLATE_REFUSED, {"faces": (face(1, 0, 0, algorithm=9),)}),
    "a card": (Because.MEANS_UNSUPPORTED, {"faces": (), "cards": CARDS}),
    "a face and a card": (Because.MEANS_UNSUPPORTED, {"faces": ZERO, "cards": CARDS}),
    "a face and a paper": (Because.MEANS_UNSUPPORTED, {"faces": ZERO, "id_card": PAPER}),
    "a face and the card of a claim": (Because.CLAIM_CONFIRMED, {**claimed(LI), "cards": CARDS}),
    "nothing to compare": (Because.MEANS_UNSUPPORTED, {"faces": (), "qr": b"key"}),
    "no time at all": (Because.BUSY, {"budget_ms": 20}),
    "an iris nobody has": (Because.UNKNOWN_FACE, {"irises": (iris(1, 0, 0),)}),
}


@pytest.mark.parametrize("case", CASES)
def test_each_question_has_its_reason(case: str) -> None:
    expected, changes = CASES[case]

    async def body(bench: VerifyBench) -> None:
        bench.put(LI, turned(0))
        bench.put(WANG, turned(40))
        bench.put(ELSEWHERE, *ZERO, project=P2)
        bench.put(GONE, *LEFT, to_ms=5)
        bench.put(UNASKED, *BEHIND, agreed=False)
        bench.put(BARE)
        session = await bench.login()
        assert await bench.because(session, **changes) is expected

    verify_run(body)


def test_a_wrong_claim_is_a_dispute_even_where_somebody_else_is_alike() -> None:
    async def body(bench: VerifyBench) -> None:
        bench.put(LI, turned(0))
        bench.put(WANG, turned(90))
        session = await bench.login()
        answer = await bench.answer(session, faces=(turned(90),), candidate=str(LI))
        assert isinstance(answer, Denied)
        assert answer.score == pytest.approx(0, abs=1e-6)
        assert answer == Denied(
            receipt=answer.receipt,
            decision=Decision.DENIED,
            claim=str(LI),
            score=answer.score,
            prompt="与所报人员不符",
        )
        (kept,) = await bench.decided()
        assert (kept.person, kept.claim, kept.runner_up) == (None, LI, None)
        assert bench.matcher.asked[0].among == frozenset({bench.entry(LI, turned(0)).reference})

    verify_run(body)


def test_a_search_wants_more_than_a_claim() -> None:
    async def body(bench: VerifyBench) -> None:
        bench.put(LI, turned(0))
        session = await bench.login()
        probe = (turned(60),)  # cosine 0.5, between the two thresholds
        assert await bench.because(session, faces=probe) is Because.UNKNOWN_FACE
        assert await bench.because(session, faces=probe, candidate=str(LI)) is (
            Because.CLAIM_CONFIRMED
        )
        assert [one.threshold for one in await bench.decided()] == [0.52, 0.5]

    verify_run(body)


def test_verify_and_forget_compares_with_the_claim_alone() -> None:
    async def body(bench: VerifyBench) -> None:
        bench.put(LI, turned(0))
        session = await bench.login()
        assert await bench.because(session) is Because.NOT_OFFERED
        assert bench.matcher.asked == []
        assert await bench.because(session, candidate=str(LI)) is Because.CLAIM_CONFIRMED

    verify_run(body, sites(VerificationMode.VERIFY_AND_FORGET))


def test_device_only_is_not_offered_and_its_gallery_is_not_even_read() -> None:
    async def body(bench: VerifyBench) -> None:
        bench.put(LI, turned(0))
        session = await bench.login()
        answer = await bench.answer(session, candidate=str(LI))
        assert answer == Undecided(receipt=answer.receipt, reason=Hesitation.BUSY)
        assert (await bench.decided())[0].because is Because.NOT_OFFERED
        assert bench.roster.reads == 0

    verify_run(body, sites(VerificationMode.DEVICE_ONLY))


def test_a_terminal_on_a_shelf_decides_by_itself() -> None:
    async def body(bench: VerifyBench) -> None:
        session = await bench.login(4)
        assert await bench.because(session) is Because.NOT_PLACED
        assert (await bench.decided())[0].project is None

    verify_run(body)


def test_until_the_gallery_is_there_the_terminal_decides() -> None:
    async def body(bench: VerifyBench) -> None:
        bench.put(LI, turned(0))
        bench.roster.down = True
        session = await bench.login()
        answer = await bench.answer(session)
        assert answer == Undecided(receipt=answer.receipt, reason=Hesitation.BUSY)
        bench.roster.down = False
        assert (await bench.decided())[0].because is Because.GALLERY_NOT_READY

    verify_run(body)


def test_matching_does_not_need_the_database() -> None:
    async def body(bench: VerifyBench) -> None:
        bench.put(LI, turned(0))
        session = await bench.login()
        bench.roster.down = True
        assert isinstance(await bench.answer(session), Granted)
        bench.roster.down = False
        assert [one.because for one in await bench.decided()] == [Because.RECOGNISED]

    verify_run(body)


@pytest.mark.parametrize(
    ("floor", "required", "said", "passes"),
    [
        (0.5, False, None, True),
        (0.5, True, None, False),
        (0.5, False, 0.5, True),
        (0.5, False, 0.0, False),
        (0.0, False, 0.0, True),
        (0.0, True, 0.0, True),
    ],
)
def test_the_terminals_own_no_shuts_the_gate(
    floor: float, required: bool, said: float | None, passes: bool
) -> None:
    limits = replace(LIMITS, liveness_floor=floor, liveness_required=required)

    async def body(bench: VerifyBench) -> None:
        bench.put(LI, turned(0))
        session = await bench.login()
        answer = await bench.answer(session, liveness=said)
        assert isinstance(answer, Granted) is passes
        if not passes:
            assert isinstance(answer, Denied)
            assert answer.decision is Decision.LIVENESS_FAILED
            assert bench.matcher.asked == []
        assert (await bench.decided())[0].liveness == said, "not sent stays not sent"

    verify_run(body, limits=limits, liveness=0.99)


def test_our_own_liveness_decides_nothing_and_is_written_down() -> None:
    async def body(bench: VerifyBench) -> None:
        bench.put(LI, turned(0))
        session = await bench.login()
        assert isinstance(await bench.answer(session, picture=picture(turned(0), "blur")), Granted)
        (kept,) = await bench.decided()
        assert (kept.liveness, kept.detail) == (None, "advisory_liveness=0.01")
        assert kept.waived == ("blur",)

    verify_run(body, liveness=0.01)


def test_a_combination_is_decided_by_the_face() -> None:
    async def body(bench: VerifyBench) -> None:
        bench.put(LI, turned(0))
        session = await bench.login()
        both = {"faces": (turned(0),), "irises": (iris(0, 0, 1),)}
        assert isinstance(await bench.answer(session, **both), Granted)

    verify_run(body)


def test_a_mistake_of_ours_is_logged_and_the_terminal_decides() -> None:
    async def body(bench: VerifyBench) -> None:
        bench.put(LI, turned(0))
        session = await bench.login()
        for method in ("match", "wait_ms"):
            bench.matcher.failing = {method: ZeroDivisionError("of ours")}
            answer = await bench.answer(session)
            assert answer == Undecided(receipt=answer.receipt, reason=Hesitation.INTERNAL)
        assert [one.because for one in await bench.decided()] == [Because.FAILED] * 2
        assert len(bench.log.named("verification.failed")) == 2

    verify_run(body)


def test_a_matcher_that_answers_about_somebody_else_than_asked_is_not_believed() -> None:
    async def body(bench: VerifyBench) -> None:
        bench.put(LI, turned(0))
        bench.put(WANG, turned(90))
        session = await bench.login()
        honest = bench.matcher.match

        async def careless(question: Any) -> Any:
            return await honest(replace(question, among=None))

        bench.matcher.match = careless  # type: ignore[method-assign]
        changes = {"faces": (turned(90),), "candidate": str(LI)}
        assert await bench.because(session, **changes) is Because.FAILED

    verify_run(body)


def test_a_gallery_that_vanished_from_the_matcher_is_no_strangers_fault() -> None:
    async def body(bench: VerifyBench) -> None:
        bench.put(LI, turned(0))
        session = await bench.login()
        bench.matcher.galleries.clear()
        assert await bench.because(session) is Because.GALLERY_NOT_READY
        assert await bench.because(session) is Because.RECOGNISED, "it was read anew"
        assert len(bench.log.named("gallery.out_of_step")) == 1

    verify_run(body)


def test_a_picture_is_asked_about_alone() -> None:
    async def body(bench: VerifyBench) -> None:
        bench.put(LI, turned(0))
        session = await bench.login()
        await bench.answer(session, picture=picture(turned(0)), faces=(turned(90),))
        (question,) = bench.matcher.asked
        assert (question.faces, question.irises) == ((), ())

    verify_run(body)


@pytest.mark.parametrize("number", ["0", "4294967296", "-1", "٣", "99999999999", ""])
def test_a_number_that_is_none_of_ours_is_not_repeated(number: str) -> None:
    async def body(bench: VerifyBench) -> None:
        answer = await bench.answer(await bench.login(), candidate=number)
        assert isinstance(answer, Denied)
        assert (answer.decision, answer.claim) == (Decision.NOT_ON_ROSTER, None)

    verify_run(body)


@pytest.mark.parametrize("again", [False, True])
def test_a_claim_is_never_turned_into_a_search(again: bool) -> None:
    """Its template goes, and perhaps comes back, between the question and its comparison."""

    async def body(bench: VerifyBench) -> None:
        bench.put(LI, turned(0))
        bench.put(WANG, turned(0))
        session = await bench.login()
        bench.ask(session, candidate=str(LI))
        crowd = bench.verification.galleries.crowd(P1)
        assert crowd is not None
        crowd.unlist(LI)
        await asyncio.sleep(0.01)
        if again:
            crowd.enrol([bench.entry(LI, turned(0))])
        await bench.settle()
        (question,) = bench.matcher.asked
        assert question.among == frozenset({bench.entry(LI, turned(0)).reference})
        expected = Because.CLAIM_CONFIRMED if again else Because.NOT_ENROLLED
        assert [one.because for one in await bench.decided()] == [expected]

    verify_run(body, work_s=0.05)
