"""From a photo to a template: measured, permitted, unique, stored first and compared afterwards."""

from __future__ import annotations

import asyncio
import math
from dataclasses import replace
from typing import Any

import pytest

from gateway.domain.decisions import Because
from gateway.domain.enrolments import EnrolmentResult
from gateway.domain.errors import GatepostError, StoreUnavailable
from gateway.domain.ids import PersonId
from gateway.domain.matching import Analysis, PictureRefused, TooLate
from gateway.domain.quality import QualityPolicy
from gateway.domain.workers import Subject, VerificationMode
from tests.support.matchers import face, picture, turned
from tests.support.verifying import (
    LI,
    LIMITS,
    P1,
    WANG,
    VerifyBench,
    let_through,
    sites,
    verify_run,
)
from tests.support.virtual_time import clock

ZERO = picture(turned(0))
LENIENT = replace(LIMITS, enrolment=QualityPolicy(name="test", waived=frozenset({"eye_distance"})))


async def enrol(
    bench: VerifyBench, person: PersonId = LI, photo: bytes = ZERO, **changes: Any
) -> EnrolmentResult:
    given = {"infrared": ZERO, **changes}
    return await bench.verification.enrolments.enrol_photo(
        person, P1, photo, source="photo", **given
    )


async def refused(bench: VerifyBench, **changes: Any) -> str:
    with pytest.raises(GatepostError) as caught:
        await enrol(bench, **changes)
    return caught.value.code


def test_an_enrolled_face_is_let_through_from_then_on() -> None:
    async def body(bench: VerifyBench) -> None:
        bench.put(LI)
        session = await bench.login()
        assert await bench.because(session) is Because.UNKNOWN_FACE
        result = await enrol(bench)
        assert result.accepted
        assert (result.refused, result.waived, result.searched) == ((), (), True)
        (stored,) = bench.roster.templates[P1]
        assert (stored.person, stored.source, stored.quality) == (LI, "photo", ())
        assert let_through(await bench.answer(session), LI)
        assert bench.verification.tally.enrolled == 1

    verify_run(body)


def test_it_needs_no_terminal_and_its_gallery_leaves_the_memory_again() -> None:
    async def body(bench: VerifyBench) -> None:
        bench.put(LI)
        assert (await enrol(bench)).accepted
        assert bench.verification.galleries.open == 1
        await asyncio.sleep(LIMITS.linger_s + 100)
        assert bench.verification.galleries.open == 0
        assert let_through(await bench.answer(await bench.login()), LI)

    verify_run(body)


def test_rules_that_are_not_met_refuse_unless_they_are_waived_and_that_is_said() -> None:
    photo = picture(turned(0), "eye_distance", "blur")

    async def body(bench: VerifyBench) -> None:
        bench.put(LI)
        result = await enrol(bench, photo=photo)
        assert (result.accepted, result.refused) == (False, ("blur",))
        assert result.waived == ("eye_distance",)
        assert result.report is not None
        assert bench.roster.templates[P1] == []
        result = await enrol(bench, photo=photo, overrides=frozenset({"blur"}))
        assert result.accepted
        assert result.waived == ("eye_distance", "blur")
        assert bench.roster.templates[P1][0].quality == ("eye_distance", "blur")
        assert bench.log.named("enrolment.waived")[0]["rules"] == "eye_distance,blur"
        tally = bench.verification.tally
        assert (tally.enrolled, tally.enrolments_refused) == (1, 1)

    verify_run(body, limits=LENIENT)


def test_a_picture_nobody_is_in_is_refused_with_its_reason_and_cannot_be_overridden() -> None:
    async def body(bench: VerifyBench) -> None:
        bench.put(LI)
        result = await enrol(bench, photo=b"JPEG", overrides=frozenset({"picture.no_face"}))
        assert (result.accepted, result.refused) == (False, ("picture.no_face",))
        assert result.report is not None
        assert result.report.unmet == ("face_count",)

    verify_run(body)


@pytest.mark.parametrize(
    ("code", "agreed", "to_ms", "mode"),
    [
        ("enrolment.no_consent", False, None, VerificationMode.CENTRAL_GALLERY),
        ("enrolment.not_engaged", True, 5, VerificationMode.CENTRAL_GALLERY),
        ("enrolment.device_only", True, None, VerificationMode.DEVICE_ONLY),
    ],
)
def test_nothing_is_measured_of_whom_it_may_not(
    code: str, agreed: bool, to_ms: int | None, mode: VerificationMode
) -> None:
    async def body(bench: VerifyBench) -> None:
        bench.put(LI, agreed=agreed, to_ms=to_ms)
        bench.matcher.failing["analyse"] = AssertionError("it looked at the picture")
        assert await refused(bench) == code

    verify_run(body, sites(mode))


def test_whoever_is_engaged_from_tomorrow_on_can_be_enrolled_today() -> None:
    async def body(bench: VerifyBench) -> None:
        bench.put(LI, from_ms=clock().wall + 86_400_000)
        assert (await enrol(bench)).accepted

    verify_run(body)


def test_consent_that_is_withdrawn_while_the_picture_is_measured_counts() -> None:
    async def body(bench: VerifyBench) -> None:
        bench.put(LI)
        measured = bench.matcher.analyse

        async def slowly(picture: bytes) -> Analysis:
            found = await measured(picture)
            await bench.verification.workers.withdraw(LI, Subject.BIO_NETWORK, clock().wall)
            return found

        bench.matcher.analyse = slowly  # type: ignore[method-assign]
        assert await refused(bench) == "enrolment.no_consent"
        assert bench.roster.templates[P1] == []

    verify_run(body)


def test_the_face_of_somebody_else_is_refused_unless_somebody_answers_for_it() -> None:
    async def body(bench: VerifyBench) -> None:
        bench.put(LI, turned(0))
        bench.put(WANG)
        photo = picture(turned(10))
        result = await enrol(bench, WANG, photo)
        assert (result.accepted, result.refused) == (False, ("same_face",))
        assert result.same_face_as == LI
        assert result.same_face_score == pytest.approx(math.cos(math.radians(10)), abs=1e-4)
        assert (await enrol(bench, LI, photo)).accepted, "one's own face is no double"
        result = await enrol(bench, WANG, photo, overrides=frozenset({"same_face"}))
        assert result.accepted
        assert (result.waived, result.same_face_as) == (("same_face",), LI)

    verify_run(body)


def test_the_setting_lets_doubles_in_and_still_says_so() -> None:
    async def body(bench: VerifyBench) -> None:
        bench.put(LI, turned(0))
        bench.put(WANG)
        result = await enrol(bench, WANG)
        assert result.accepted
        assert (result.waived, result.same_face_as) == (("same_face",), LI)

    verify_run(body, limits=replace(LIMITS, refuse_doubles=False))


def test_of_two_people_enrolled_with_one_face_at_the_same_moment_the_second_is_found() -> None:
    async def body(bench: VerifyBench) -> None:
        bench.put(LI)
        bench.put(WANG)
        results = await asyncio.gather(enrol(bench, LI), enrol(bench, WANG))
        assert sorted(one.accepted for one in results) == [False, True]

    verify_run(body, work_s=0.05)


def test_where_searches_are_not_agreed_to_nobody_looks_for_a_double() -> None:
    async def body(bench: VerifyBench) -> None:
        bench.put(LI, turned(0))
        bench.put(WANG)
        result = await enrol(bench, WANG)
        assert (result.accepted, result.searched) == (True, False)
        assert bench.matcher.asked == []

    verify_run(body, sites(VerificationMode.VERIFY_AND_FORGET))


@pytest.mark.parametrize(
    ("card", "score", "passes"),
    [
        (picture(turned(60)), 0.5, True),
        (picture(turned(62)), 0.4695, False),
        (b"JPEG", None, False),
    ],
)
def test_the_photo_of_the_identity_card_must_be_alike(
    card: bytes, score: float | None, passes: bool
) -> None:
    async def body(bench: VerifyBench) -> None:
        bench.put(LI)
        result = await enrol(bench, card=card)
        assert result.accepted is passes
        assert result.refused == (() if passes else ("card_photo",))
        assert result.card_threshold == 0.5
        assert result.card_score == (None if score is None else pytest.approx(score, abs=1e-3))
        if not passes:
            result = await enrol(bench, card=card, overrides=frozenset({"card_photo"}))
            assert (result.accepted, result.waived) == (True, ("card_photo",))

    verify_run(body)


def test_a_model_without_thresholds_enrols_nobody() -> None:
    async def body(bench: VerifyBench) -> None:
        bench.put(LI)
        assert await refused(bench) == "enrolment.no_threshold"

    verify_run(body, limits=replace(LIMITS, thresholds={}))


@pytest.mark.parametrize("step", ["analyse", "match"])
def test_a_matcher_that_has_too_much_to_do_says_so(step: str) -> None:
    async def body(bench: VerifyBench) -> None:
        bench.put(LI)
        bench.matcher.failing[step] = TooLate()
        assert await refused(bench) == "enrolment.busy"

    verify_run(body)


def test_without_the_database_nothing_is_enrolled_and_nothing_compared() -> None:
    async def body(bench: VerifyBench) -> None:
        bench.put(LI)
        session = await bench.login()
        bench.roster.down = True
        with pytest.raises(StoreUnavailable):
            await enrol(bench, photo=picture(face(0, 0, 1)))
        bench.roster.down = False
        assert await bench.because(session, faces=(face(0, 0, 1),)) is Because.UNKNOWN_FACE

    verify_run(body)


@pytest.mark.parametrize(
    ("infrared", "measured"),
    [
        (None, "missing"),
        (picture(turned(0), "blur"), "unfit: blur"),
        (b"JPEG", "unfit: picture.no_face"),
    ],
)
def test_without_a_fit_infrared_picture_the_template_says_so(
    infrared: bytes | None, measured: str
) -> None:
    async def body(bench: VerifyBench) -> None:
        bench.put(LI)
        result = await enrol(bench, infrared=infrared)
        assert (result.accepted, result.waived, result.infrared) == (True, ("infrared",), False)
        assert result.report is not None
        assert result.report.findings[-1].measured == measured
        (stored,) = bench.roster.templates[P1]
        assert stored.quality == ("infrared",)
        assert bench.log.named("enrolment.waived") == []
        fit = await enrol(bench, photo=picture(turned(3)))
        assert (fit.waived, fit.infrared) == ((), True)

    verify_run(body)


def test_where_an_infrared_picture_is_asked_for_none_refuses() -> None:
    strict = replace(LIMITS, enrolment=QualityPolicy(name="strict"))

    async def body(bench: VerifyBench) -> None:
        bench.put(LI)
        result = await enrol(bench, infrared=None)
        assert (result.accepted, result.refused) == (False, ("infrared",))
        assert (await enrol(bench)).accepted

    verify_run(body, limits=strict)


def test_the_picture_of_an_iris_is_held_against_its_rules_and_makes_nothing() -> None:
    async def body(bench: VerifyBench) -> None:
        bench.put(LI)
        check = bench.verification.enrolments.check_iris
        refused = await check(LI, P1, b"iris_size")
        assert (refused.refused, refused.picture) == (("iris_size",), b"")
        passed = await check(LI, P1, b"iris_size", frozenset({"iris_size"}))
        assert (passed.refused, passed.waived, passed.picture) == ((), ("iris_size",), b"iris_size")
        bench.matcher.failing["read_iris"] = PictureRefused("picture.format", "No iris.")
        assert (await check(LI, P1, b"GIF")).refused == ("picture.format",)
        assert bench.roster.templates[P1] == []

    verify_run(body)


def test_of_whom_did_not_agree_no_iris_is_looked_at() -> None:
    async def body(bench: VerifyBench) -> None:
        bench.put(LI, agreed=False)
        with pytest.raises(GatepostError) as caught:
            await bench.verification.enrolments.check_iris(LI, P1, b"")
        assert caught.value.code == "enrolment.no_consent"

    verify_run(body)
