"""Nobody who withdrew, left or was removed passes: not while it is stored, nor when that fails."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from gateway.domain.decisions import Because
from gateway.domain.errors import StoreRefused, StoreUnavailable
from gateway.domain.verification import Granted, Undecided
from gateway.domain.workers import Engagement, Subject, VerificationMode
from tests.support.matchers import turned
from tests.support.verifying import LI, P1, P2, VerifyBench, consent, sites, verify_run
from tests.support.virtual_time import clock

Taking = Callable[[VerifyBench], Awaitable[object]]


def withdrawing(bench: VerifyBench) -> Awaitable[object]:
    return bench.verification.workers.withdraw(LI, Subject.BIO_NETWORK, clock().wall)


def dismissing(bench: VerifyBench) -> Awaitable[object]:
    return bench.verification.workers.dismiss(LI, P1, clock().wall)


def removing(bench: VerifyBench) -> Awaitable[object]:
    return bench.verification.templates.remove(P1, LI)


TAKING: dict[str, tuple[Taking, Because]] = {
    "withdrawn": (withdrawing, Because.NO_CONSENT),
    "dismissed": (dismissing, Because.NOT_ENGAGED),
    "removed": (removing, Because.NOT_ENROLLED),
}
each_way = pytest.mark.parametrize("how", TAKING)
each_kind = pytest.mark.parametrize("claim", [None, str(LI)], ids=["search", "claim"])


@each_way
@each_kind
def test_whoever_goes_while_being_compared_is_not_let_through(how: str, claim: str | None) -> None:
    take, because = TAKING[how]

    async def body(bench: VerifyBench) -> None:
        bench.put(LI, turned(0))
        session = await bench.login()
        held = bench.matcher.before_answer = asyncio.Event()
        bench.ask(session, candidate=claim)
        await asyncio.sleep(0.01)
        assert bench.matcher.begun == 1, "compared already, and found alike"
        await take(bench)
        held.set()
        await bench.settle()
        (answer,) = session.submitted
        assert not isinstance(answer, Granted)
        (kept,) = await bench.decided()
        assert kept.because is because
        if because is Because.NO_CONSENT:
            assert isinstance(answer, Undecided)
            assert (kept.person, kept.score) == (None, None), "no trace of the comparison"

    verify_run(body)


@each_way
def test_whoever_goes_is_stopped_before_the_store_has_answered(how: str) -> None:
    take, _ = TAKING[how]

    async def body(bench: VerifyBench) -> None:
        bench.put(LI, turned(0))
        session = await bench.login()
        going = asyncio.ensure_future(take(bench))
        await asyncio.sleep(0)  # it has begun, and the store has not answered
        assert not going.done()
        bench.ask(session)
        await going
        await bench.settle()
        assert not isinstance(session.submitted[0], Granted)

    verify_run(body)


@pytest.mark.parametrize("how", ["withdrawn", "dismissed"])
def test_a_store_that_refuses_changes_nothing(how: str) -> None:
    take, _ = TAKING[how]

    async def body(bench: VerifyBench) -> None:
        bench.put(LI, turned(0))
        session = await bench.login()
        bench.roster.refuses = True
        with pytest.raises(StoreRefused):
            await take(bench)
        bench.roster.refuses = False
        assert await bench.because(session) is Because.RECOGNISED
        assert bench.roster.reads == 1

    verify_run(body)


@each_way
@pytest.mark.parametrize("stored", [False, True], ids=["not stored", "stored"])
def test_where_nobody_knows_whether_it_was_stored_nobody_passes_until_that_is_known(
    how: str, stored: bool
) -> None:
    take, because = TAKING[how]

    async def body(bench: VerifyBench) -> None:
        bench.put(LI, turned(0))
        session = await bench.login()
        bench.roster.down, bench.roster.forgets = not stored, stored
        with pytest.raises(StoreUnavailable):
            await take(bench)
        bench.roster.down = True
        assert not isinstance(await bench.answer(session), Granted)
        bench.roster.down = bench.roster.forgets = False
        await asyncio.sleep(10)
        passes = isinstance(await bench.answer(session), Granted)
        # A withdrawal holds until it is repeated or consent comes anew: it was the person's wish.
        assert passes is (not stored and how != "withdrawn")
        if how == "withdrawn":
            assert await bench.because(session, candidate=str(LI)) is because
            await bench.verification.workers.consent(consent(LI))
            assert isinstance(await bench.answer(session), Granted) is not stored, (
                "its templates were destroyed, so there is nothing to compare with"
            )

    verify_run(body)


def test_a_withdrawal_that_is_repeated_clears_the_doubt_and_consent_can_come_back() -> None:
    async def body(bench: VerifyBench) -> None:
        bench.put(LI, turned(0))
        session = await bench.login()
        bench.roster.forgets = True
        with pytest.raises(StoreUnavailable):
            await withdrawing(bench)
        bench.roster.forgets, bench.roster.refuses = False, True
        with pytest.raises(StoreRefused):
            await withdrawing(bench)
        assert await bench.because(session, candidate=str(LI)) is Because.NO_CONSENT
        bench.roster.refuses = False
        await withdrawing(bench)
        assert await bench.because(session, candidate=str(LI)) is Because.NO_CONSENT
        await bench.verification.workers.consent(consent(LI))
        assert await bench.because(session, candidate=str(LI)) is Because.NOT_ENROLLED
        await bench.verification.templates.enrol(P1, [bench.entry(LI, turned(0))])
        assert await bench.because(session) is Because.RECOGNISED

    verify_run(body)


def test_consent_after_a_doubtful_withdrawal_compares_with_nothing_that_was_destroyed() -> None:
    """Also while those who read galleries anew are busy with another project."""

    async def body(bench: VerifyBench) -> None:
        bench.put(LI, turned(0))
        session = await bench.login()
        busy = bench.roster.gates[P2] = asyncio.Event()
        await bench.login(2)
        bench.roster.forgets = True
        with pytest.raises(StoreUnavailable):
            await withdrawing(bench)
        bench.roster.forgets = False
        asyncio.get_running_loop().call_later(5, busy.set)
        await bench.verification.workers.consent(consent(LI))
        bench.ask(session, candidate=str(LI))
        bench.ask(session)
        await bench.settle()
        reasons = {one.because for one in await bench.decided()}
        assert reasons == {Because.NOT_ENROLLED, Because.UNKNOWN_FACE}

    verify_run(body)


def test_a_withdrawal_reaches_every_project_in_memory() -> None:
    async def body(bench: VerifyBench) -> None:
        for project in (P1, P2):
            bench.put(LI, turned(0), project=project)
        sessions = [await bench.login(1), await bench.login(2)]
        await withdrawing(bench)
        for session in sessions:
            assert await bench.because(session) is Because.UNKNOWN_FACE
            assert await bench.because(session, candidate=str(LI)) is Because.NO_CONSENT
        assert list(bench.matcher.galleries.values()) == [{}, {}]

    verify_run(body)


def test_other_consents_are_no_matter_here() -> None:
    async def body(bench: VerifyBench) -> None:
        bench.put(LI, turned(0))
        session = await bench.login()
        bench.verification.galleries.withheld.begin(LI)
        workers = bench.verification.workers
        await workers.consent(consent(LI, Subject.SHARE_BANK))
        assert await bench.because(session) is Because.NO_CONSENT, "a withdrawal is under way"
        bench.verification.galleries.withheld.refused(LI)
        await workers.withdraw(LI, Subject.SHARE_BANK, clock().wall)
        assert await bench.because(session) is Because.RECOGNISED

    verify_run(body)


def test_dismissed_from_one_project_somebody_still_works_on_the_other() -> None:
    async def body(bench: VerifyBench) -> None:
        for project in (P1, P2):
            bench.put(LI, turned(0), project=project)
        first, second = await bench.login(1), await bench.login(2)
        await dismissing(bench)
        assert await bench.because(first, candidate=str(LI)) is Because.CLAIM_UNKNOWN
        assert await bench.because(second, candidate=str(LI)) is Because.CLAIM_CONFIRMED

    verify_run(body)


def test_whoever_is_engaged_is_known_at_once_and_from_the_first_day_on() -> None:
    async def body(bench: VerifyBench) -> None:
        session = await bench.login()
        later = clock().wall + 60_000
        bench.roster.agreed.add((LI, Subject.BIO_NETWORK))
        await bench.verification.workers.engage(
            Engagement(person=LI, project=P1, from_ms=later, to_ms=later + 60_000)
        )
        await bench.verification.templates.enrol(P1, [bench.entry(LI, turned(0))])
        assert await bench.because(session) is Because.NOT_ENGAGED
        await asyncio.sleep(60)
        assert await bench.because(session) is Because.RECOGNISED
        await asyncio.sleep(60)
        assert await bench.because(session) is Because.NOT_ENGAGED

    verify_run(body)


def test_a_mode_that_changes_meanwhile_counts_as_it_is_now() -> None:
    async def body(bench: VerifyBench) -> None:
        bench.put(LI, turned(0))
        session = await bench.login()
        held = bench.matcher.before_answer = asyncio.Event()
        bench.ask(session)
        await asyncio.sleep(0.01)
        bench.restart(sites(VerificationMode.VERIFY_AND_FORGET))
        held.set()
        await bench.settle()
        assert [one.because for one in await bench.decided()] == [Because.NOT_OFFERED]
        assert not isinstance(session.submitted[0], Granted)

    verify_run(body)


def test_changes_of_projects_that_are_not_in_memory_only_go_to_the_store() -> None:
    async def body(bench: VerifyBench) -> None:
        bench.put(LI, turned(0))
        await dismissing(bench)
        await withdrawing(bench)
        assert (bench.roster.templates[P1], bench.roster.agreed) == ([], set())
        assert bench.verification.galleries.open == 0

    verify_run(body)
