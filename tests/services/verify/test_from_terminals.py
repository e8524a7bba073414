"""What terminals capture waits for a second person, and only then opens a gate."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest
from gateway.storage.opening import Storage

from gateway.domain.decisions import Because
from gateway.domain.enrolments import EnrolmentResult
from gateway.domain.errors import GatepostError
from gateway.domain.ids import Receipt
from gateway.domain.local_enrolments import LocalState
from gateway.domain.matching import TemplateRefused
from gateway.domain.people import PersonEnrolled
from gateway.domain.requests import Accept, DeclineBlob, Defer, Request
from gateway.domain.templates import TemplateKind, TemplateRef
from gateway.domain.workers import VerificationMode
from gateway.local_operations import LocalOperations
from tests.support.matchers import face, turned
from tests.support.sessions import RecordingSession
from tests.support.verifying import LI, P1, WANG, VerifyBench, let_through, sites, verify_run
from tests.support.virtual_time import clock

RECEIPT = Receipt(900)
REF = TemplateRef(kind=TemplateKind.FACE, algorithm=1, digest=bytes(32))


async def report(bench: VerifyBench, session: RecordingSession, **changes: Any) -> Request:
    """Report what was captured of LI; return the answer."""
    values = {"person": LI, "code": "ok", "faces": (turned(0),), **changes}
    bench.services.desk.enrolled(session, PersonEnrolled(receipt=RECEIPT, **values), clock())
    await bench.settle()
    return session.submitted.pop()


async def approve(bench: VerifyBench, by: str = "wang", **changes: Any) -> EnrolmentResult:
    given: dict[str, Any] = {"reason": "card seen", "overrides": frozenset(), **changes}
    return await bench.verification.from_terminals.approve(1, by=by, **given)


async def refused(bench: VerifyBench, **changes: Any) -> str:
    with pytest.raises(GatepostError) as caught:
        await approve(bench, **changes)
    return caught.value.code


def test_a_capture_opens_nothing_until_somebody_else_approves_it() -> None:
    async def body(bench: VerifyBench) -> None:
        bench.put(LI)
        bench.roster.local.giver = "li"
        session = await bench.login()
        assert await report(bench, session) == Accept(receipt=RECEIPT)
        assert await bench.because(session) is Because.UNKNOWN_FACE
        assert await refused(bench, by="li") == "enrolment.second_person"
        assert (await approve(bench)).accepted
        assert let_through(await bench.answer(session), LI)
        (stored,) = bench.roster.templates[P1]
        assert (stored.source, stored.quality) == ("YLS-00000001", ("picture_unseen",))
        assert bench.roster.local.settled == [(1, LocalState.APPROVED, "wang", "card seen")]
        assert await refused(bench) == "enrolment.decided"

    verify_run(body)


def test_a_rejected_capture_is_gone() -> None:
    async def body(bench: VerifyBench) -> None:
        bench.put(LI)
        await report(bench, await bench.login())
        await bench.verification.from_terminals.reject(1, by="wang", reason="no card")
        assert await refused(bench) == "enrolment.decided"
        assert bench.roster.templates[P1] == []

    verify_run(body)


def test_who_rejects_is_not_overtaken_by_an_approval_that_is_waiting() -> None:
    async def body(bench: VerifyBench) -> None:
        bench.put(LI)
        session = await bench.login()
        await report(bench, session)
        async with bench.verification.galleries.changing(P1):
            approval = asyncio.ensure_future(refused(bench))
            await bench.settle()
            await bench.verification.from_terminals.reject(1, by="li", reason="no card")
        assert await approval == "store.refused"
        assert bench.roster.templates[P1] == []
        assert await bench.because(session) is Because.UNKNOWN_FACE

    verify_run(body)


def test_what_would_keep_the_gallery_from_being_opened_again_is_not_stored() -> None:
    async def body(bench: VerifyBench) -> None:
        bench.put(LI)
        await report(bench, await bench.login())
        bench.matcher.failing["check"] = TemplateRefused("template.dimension", "another size.")
        assert await refused(bench) == "template.dimension"
        assert bench.roster.templates[P1] == []
        assert bench.roster.local.settled == []

    verify_run(body)


def test_an_identity_number_in_a_reason_is_not_written_down() -> None:
    async def body(bench: VerifyBench) -> None:
        bench.put(LI)
        await report(bench, await bench.login())
        calls = LocalOperations(cast(Storage, None), bench.verification.from_terminals)
        await calls.reject(1, "wang", "card of 110101199001010007 not seen")
        ((_, _, _, reason),) = bench.roster.local.settled
        assert reason == "card of [identity number] not seen"

    verify_run(body)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"faces": ()}, "enrolment.by_reference"),
        ({"templates": (REF,)}, "enrolment.by_reference"),
        ({"person": WANG}, "enrolment.no_consent"),
        ({"person": 77}, "enrolment.not_engaged"),
    ],
)
def test_what_nobody_may_have_is_refused_for_good(changes: dict[str, Any], code: str) -> None:
    async def body(bench: VerifyBench) -> None:
        bench.put(LI)
        bench.put(WANG, agreed=False)
        session = await bench.login()
        answer = await report(bench, session, **changes)
        assert answer == DeclineBlob(receipt=RECEIPT, code="unsupported")
        assert bench.roster.local.kept == {}
        assert bench.log.named("enrolment.not_taken")[-1]["code"] == code

    verify_run(body)


def test_a_project_that_keeps_no_templates_gets_none() -> None:
    async def body(bench: VerifyBench) -> None:
        bench.put(LI)
        session = await bench.login()
        answer = await report(bench, session)
        assert answer == DeclineBlob(receipt=RECEIPT, code="unsupported")

    verify_run(body, sites(VerificationMode.DEVICE_ONLY))


def test_without_the_database_the_terminal_keeps_it() -> None:
    async def body(bench: VerifyBench) -> None:
        bench.put(LI)
        session = await bench.login()
        bench.roster.local.down = True
        assert isinstance(await report(bench, session), Defer)
        bench.roster.local.down = False
        assert await report(bench, session) == Accept(receipt=RECEIPT)

    verify_run(body)


def test_a_terminal_that_captured_nothing_is_told_and_forgotten() -> None:
    async def body(bench: VerifyBench) -> None:
        bench.put(LI)
        session = await bench.login()
        answer = await report(bench, session, code="deadline", faces=())
        assert answer == Accept(receipt=RECEIPT)
        assert bench.log.named("enrolment.not_captured")[-1]["code"] == "deadline"

    verify_run(body)


def test_a_face_that_another_has_needs_somebody_to_answer_for_it() -> None:
    async def body(bench: VerifyBench) -> None:
        bench.put(LI)
        bench.put(WANG, turned(5))
        await report(bench, await bench.login())
        result = await approve(bench)
        assert (result.refused, result.same_face_as) == (("same_face",), WANG)
        assert bench.roster.local.settled == []
        result = await approve(bench, overrides=frozenset({"same_face"}))
        assert (result.accepted, result.waived) == (True, ("same_face",))
        stored = [one for one in bench.roster.templates[P1] if one.person == LI]
        assert stored[0].quality == ("picture_unseen", "same_face")

    verify_run(body)


def test_who_withdrew_meanwhile_cannot_be_approved() -> None:
    async def body(bench: VerifyBench) -> None:
        bench.put(LI)
        await report(bench, await bench.login())
        bench.roster.agreed.clear()
        await bench.verification.people_changed(P1)
        assert await refused(bench) == "enrolment.no_consent"

    verify_run(body)


def test_what_would_be_compared_with_nobody_is_not_approved() -> None:
    async def body(bench: VerifyBench) -> None:
        bench.put(LI)
        foreign = face(1.0, 0.0, 0.0, algorithm=0x7777)
        await report(bench, await bench.login(), faces=(foreign,))
        assert await refused(bench) == "enrolment.no_threshold"

    verify_run(body)


def test_nobody_is_ordered_to_be_captured_who_did_not_agree() -> None:
    async def body(bench: VerifyBench) -> None:
        bench.put(LI)
        bench.put(WANG, agreed=False)
        session = await bench.login()
        ask = bench.verification.from_terminals.may_order
        await ask(session.device, LI)
        with pytest.raises(GatepostError, match="did not agree"):
            await ask(session.device, WANG)

    verify_run(body)
