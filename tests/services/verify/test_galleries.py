"""Which galleries are in memory, that each holds what the store holds, and no change is lost."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from gateway.domain.decisions import Because
from gateway.domain.matching import GalleryState, Scope
from gateway.domain.verification import Granted
from gateway.domain.workers import Engagement, Subject, VerificationMode
from gateway.services.verify.service import SLICE, SWEEP_S
from tests.support.matchers import face, picture, turned
from tests.support.verifying import (
    LI,
    LIMITS,
    P1,
    P2,
    WANG,
    ZHAO,
    VerifyBench,
    consent,
    let_through,
    sites,
    verify_run,
)
from tests.support.virtual_time import clock

UP = face(0, 0, 1)


def in_step(bench: VerifyBench) -> None:
    """Everything the store holds of project 1 is in the gallery, and nothing else."""
    stored = {(one.reference, one.template) for one in bench.roster.templates[P1]}
    held = bench.matcher.galleries[Scope(P1)]
    assert {(ref, one) for ref, each in held.items() for one in each} == stored


def test_only_projects_with_connected_terminals_are_in_memory() -> None:
    async def body(bench: VerifyBench) -> None:
        bench.put(LI, turned(0))
        bench.put(WANG, turned(0), project=P2)
        await bench.settle()
        galleries = bench.verification.galleries
        assert (galleries.open, bench.roster.reads) == (0, 0)
        first = await bench.login(1)
        await bench.login(3)
        assert (galleries.open, galleries.people, bench.roster.reads) == (1, 1, 1)
        await bench.login(2)
        assert (galleries.open, galleries.people) == (2, 2)
        bench.services.desk.lost(first, "gone", clock())
        await asyncio.sleep(LIMITS.linger_s + 3 * SWEEP_S)
        assert galleries.open == 2, "the other terminal of the project is still there"

    verify_run(body)


def test_a_gallery_outlasts_its_last_terminal_for_a_while() -> None:
    async def body(bench: VerifyBench) -> None:
        bench.put(LI, turned(0))
        session = await bench.login()
        await asyncio.sleep(3_600)
        bench.services.desk.lost(session, "gone", clock())
        await asyncio.sleep(LIMITS.linger_s - 2 * SWEEP_S)
        assert bench.verification.galleries.open == 1
        again = await bench.login()
        assert isinstance(await bench.answer(again), Granted), "served at once"
        assert bench.roster.reads == 1
        bench.services.desk.lost(again, "gone", clock())
        await asyncio.sleep(LIMITS.linger_s + 3 * SWEEP_S)
        assert (bench.verification.galleries.open, bench.matcher.galleries) == (0, {})
        assert len(bench.log.named("gallery.closed")) == 1

    verify_run(body)


def test_a_terminal_that_comes_while_its_gallery_is_being_closed_keeps_it() -> None:
    async def body(bench: VerifyBench) -> None:
        bench.put(LI, turned(0))
        session = await bench.login()
        galleries = bench.verification.galleries
        async with galleries.changing(P1):
            bench.services.desk.lost(session, "gone", clock())
            closing = asyncio.create_task(galleries.close_unused(clock().mono + 1))
            await asyncio.sleep(2)
            again = await bench.login()
        await closing
        assert isinstance(await bench.answer(again), Granted)
        assert bench.roster.reads == 1

    verify_run(body)


def test_an_outage_of_the_database_delays_a_gallery_and_is_told_once() -> None:
    async def body(bench: VerifyBench) -> None:
        bench.put(LI, turned(0))
        bench.roster.down = True
        session = await bench.login()
        await asyncio.sleep(60)
        assert len(bench.log.named("gallery.unavailable")) == 1
        bench.roster.down = False
        await asyncio.sleep(10)
        assert isinstance(await bench.answer(session), Granted)

    verify_run(body)


@pytest.mark.parametrize("wrong", ["digest", "faces", "irises", "absent"])
def test_a_gallery_that_is_not_what_the_store_holds_is_not_used(wrong: str) -> None:
    async def body(bench: VerifyBench) -> None:
        bench.put(LI, turned(0))
        honest = bench.matcher.state

        def state(scope: Scope) -> GalleryState | None:
            found = honest(scope)
            assert found is not None
            if wrong == "absent":
                return None
            changes: dict[str, Any] = {wrong: bytes(32) if wrong == "digest" else 2}
            return replace(found, **changes)

        bench.matcher.state = state  # type: ignore[method-assign]
        session = await bench.login()
        assert await bench.because(session) is Because.GALLERY_NOT_READY
        assert "gallery.differs" in str(bench.log.named("gallery.unavailable")[0]["reason"])
        assert bench.matcher.galleries == {}
        bench.matcher.state = honest  # type: ignore[method-assign]
        await asyncio.sleep(10)
        assert await bench.because(session) is Because.RECOGNISED

    verify_run(body)


def test_the_same_template_twice_is_no_difference() -> None:
    async def body(bench: VerifyBench) -> None:
        bench.put(LI, turned(0), turned(0))
        session = await bench.login()
        assert await bench.because(session) is Because.RECOGNISED

    verify_run(body)


def test_changes_that_race_with_a_load_are_never_lost() -> None:
    """The load has read everything and stands still; whatever changes now must be there after."""

    async def body(bench: VerifyBench) -> None:
        bench.put(LI, turned(0))
        bench.put(WANG, turned(90))
        bench.put(ZHAO)
        gate = bench.roster.gates[P1] = asyncio.Event()
        session = await bench.login()
        assert bench.roster.reads == 1
        workers, templates = bench.verification.workers, bench.verification.templates
        changes = [
            asyncio.create_task(templates.enrol(P1, [bench.entry(ZHAO, UP)])),
            asyncio.create_task(templates.remove(P1, LI)),
            asyncio.create_task(workers.withdraw(WANG, Subject.BIO_NETWORK, clock().wall)),
        ]
        await bench.settle()
        assert await bench.because(session) is Because.GALLERY_NOT_READY
        gate.set()
        await asyncio.gather(*changes)
        in_step(bench)
        assert await bench.because(session, faces=(UP,)) is Because.RECOGNISED
        assert await bench.because(session) is Because.UNKNOWN_FACE
        assert await bench.because(session, faces=(turned(90),)) is Because.UNKNOWN_FACE
        assert await bench.because(session, candidate=str(WANG)) is Because.NO_CONSENT

    verify_run(body)


def test_consent_that_races_with_a_load_is_seen() -> None:
    async def body(bench: VerifyBench) -> None:
        bench.put(LI, turned(0), agreed=False)
        gate = bench.roster.gates[P1] = asyncio.Event()
        session = await bench.login()
        giving = asyncio.create_task(bench.verification.workers.consent(consent(LI)))
        await bench.settle()
        gate.set()
        await giving
        assert await bench.because(session) is Because.RECOGNISED

    verify_run(body)


def test_a_gallery_built_anew_serves_all_the_while() -> None:
    async def body(bench: VerifyBench) -> None:
        bench.put(LI, turned(0))
        session = await bench.login()
        gate = bench.roster.gates[P1] = asyncio.Event()
        entries = [bench.entry(LI, turned(0)), bench.entry(WANG, UP)]
        bench.put(WANG)
        await bench.verification.templates.renew(P1, bytes(32), entries)
        await bench.settle()
        assert bench.roster.reads == 2
        assert await bench.because(session) is Because.RECOGNISED
        gate.set()
        await bench.settle()
        assert await bench.because(session, faces=(UP,)) is Because.RECOGNISED
        in_step(bench)

    verify_run(body)


def test_two_enrolments_and_a_removal_racing_leave_memory_and_store_equal() -> None:
    async def body(bench: VerifyBench) -> None:
        for person in (LI, WANG, ZHAO):
            bench.put(person)
        session = await bench.login()
        enrolments, templates = bench.verification.enrolments, bench.verification.templates
        photos = {LI: turned(0), WANG: UP}
        for order in range(6):
            steps = [
                enrolments.enrol_photo(who, P1, picture(photo), source="photo")
                for who, photo in photos.items()
            ]
            removal = templates.remove(P1, LI)
            steps.insert(order % 3, removal)  # type: ignore[arg-type]
            await asyncio.gather(*steps)
            in_step(bench)
            stays = any(one.person == LI for one in bench.roster.templates[P1])
            expected = Because.RECOGNISED if stays else Because.UNKNOWN_FACE
            assert await bench.because(session) is expected
            assert await bench.because(session, faces=(UP,)) is Because.RECOGNISED

    verify_run(body)


def test_a_new_photo_replaces_the_old_one_and_other_sources_stay() -> None:
    async def body(bench: VerifyBench) -> None:
        bench.put(LI, turned(0))
        session = await bench.login()
        templates = bench.verification.templates
        await templates.enrol(P1, [bench.entry(LI, UP)])
        in_step(bench)
        assert bench.roster.reads == 1, "nothing had to be read anew"
        await templates.enrol(P1, [bench.entry(LI, turned(90), source="YLS-1")])
        in_step(bench)
        await templates.enrol(P1, [bench.entry(LI, turned(180))])
        in_step(bench)
        assert bench.roster.reads == 1, "the template of the other source stayed"
        assert await bench.because(session, faces=(turned(90),)) is Because.RECOGNISED
        assert await bench.because(session, faces=(UP,)) is Because.UNKNOWN_FACE

    verify_run(body)


@pytest.mark.parametrize("method", ["replace", "remove"])
def test_what_the_matcher_could_not_follow_is_read_anew(method: str) -> None:
    async def body(bench: VerifyBench) -> None:
        bench.put(LI, turned(0))
        bench.put(WANG)
        session = await bench.login()
        bench.matcher.failing = {method: ZeroDivisionError("of ours")}
        templates = bench.verification.templates
        if method == "replace":
            await templates.enrol(P1, [bench.entry(WANG, UP)])
        else:
            await templates.remove(P1, LI)
            assert not let_through(await bench.answer(session), LI)
        bench.matcher.failing = {}
        await asyncio.sleep(10)
        in_step(bench)
        assert bench.log.named("gallery.out_of_step")[0]["project"] == P1
        found = await bench.because(session, faces=(UP,))
        assert found is (Because.RECOGNISED if method == "replace" else Because.UNKNOWN_FACE)

    verify_run(body)


def test_a_change_of_unknown_fate_is_read_anew() -> None:
    """The connection breaks at the commit: the store has it, and we were told it had not."""

    async def body(bench: VerifyBench) -> None:
        bench.put(LI, turned(0))
        bench.put(WANG)
        session = await bench.login()
        bench.roster.forgets = True
        with pytest.raises(Exception, match="at the commit"):
            await bench.verification.templates.enrol(P1, [bench.entry(WANG, UP)])
        await bench.settle()
        in_step(bench)
        assert await bench.because(session, faces=(UP,)) is Because.RECOGNISED

    verify_run(body)


def test_a_project_that_goes_back_to_its_terminals_leaves_the_memory() -> None:
    async def body(bench: VerifyBench) -> None:
        bench.put(LI, turned(0))
        session = await bench.login()
        bench.restart(sites(VerificationMode.DEVICE_ONLY))
        assert await bench.because(session) is Because.NOT_OFFERED, "at once"
        assert bench.matcher.galleries == {}
        bench.restart(sites())
        await bench.settle()
        assert await bench.because(session) is Because.RECOGNISED

    verify_run(body)


def test_a_terminal_that_is_moved_takes_its_questions_along() -> None:
    async def body(bench: VerifyBench) -> None:
        bench.put(LI, turned(0))
        bench.put(WANG, turned(0), project=P2)
        session = await bench.login()
        known = sites()
        mountings = {**known.mountings, session.device: known.mountings[2]}  # type: ignore[index]
        bench.restart(replace(known, mountings=mountings))
        await bench.settle()
        assert let_through(await bench.answer(session), WANG)

    verify_run(body)


def test_changes_of_others_are_followed_when_they_tell() -> None:
    """What deletes templates by itself, such as their retention, tells by `PeopleWatch`."""

    async def body(bench: VerifyBench) -> None:
        bench.put(LI, turned(0))
        session = await bench.login()
        bench.put(WANG, UP)
        bench.roster.engagements.append(Engagement(person=ZHAO, project=P1, from_ms=0))
        await bench.verification.people_changed(P1)
        assert await bench.because(session, candidate=str(ZHAO)) is Because.NO_CONSENT
        await bench.roster.remove(P1, LI)
        await bench.verification.templates_destroyed(P1, LI)
        assert await bench.because(session) is Because.UNKNOWN_FACE
        await bench.verification.people_changed(P2)
        await bench.verification.templates_destroyed(P2, LI)
        await bench.roster.enrol(P1, [bench.entry(LI, turned(0))])
        await bench.verification.templates_destroyed(P1, LI)
        assert await bench.because(session) is Because.UNKNOWN_FACE, "the news was old"
        await bench.settle()
        in_step(bench)
        assert await bench.because(session) is Because.RECOGNISED

    verify_run(body)


def test_a_crowd_of_terminals_is_looked_at_in_slices() -> None:
    async def body(bench: VerifyBench) -> None:
        turns = 0

        async def others() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        await bench.login()
        terminals = bench.services.common.terminals
        terminal = terminals.get(1)  # type: ignore[arg-type]
        assert terminal is not None
        for number in range(2, 3 * SLICE + 2):
            terminals._known[number] = terminal  # type: ignore[index]
        busy = asyncio.create_task(others())
        before = turns
        await bench.verification._sweep()
        busy.cancel()
        assert turns - before >= 3

    verify_run(body)


def test_a_bug_in_the_upkeep_does_not_end_it() -> None:
    async def body(bench: VerifyBench) -> None:
        bench.put(LI, turned(0))
        session = await bench.login()

        async def broken(before: float) -> None:
            raise ZeroDivisionError

        mend = bench.verification.galleries.close_unused
        bench.verification.galleries.close_unused = broken  # type: ignore[method-assign]
        await asyncio.sleep(2 * SWEEP_S)
        assert bench.log.named("gateway.task_failed")[0]["task"] == "galleries"
        bench.verification.galleries.close_unused = mend  # type: ignore[method-assign]
        bench.services.desk.lost(session, "gone", clock())
        await asyncio.sleep(LIMITS.linger_s + 4 * SWEEP_S)
        assert bench.verification.galleries.open == 0

    verify_run(body)
