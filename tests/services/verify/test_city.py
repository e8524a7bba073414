"""The city-wide gallery in memory: never ahead of the store, and nobody who goes is ever named."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from gateway.domain.city import CITY
from gateway.domain.city_cases import CityFinding
from gateway.domain.enrolments import Enrolled, EnrolmentResult
from gateway.domain.errors import GatepostError, StoreUnavailable
from gateway.domain.ids import PersonId
from gateway.domain.matching import Reference, TooLate
from gateway.domain.workers import Subject
from gateway.services.verify.city import City
from tests.support.cities import MemoryCity
from tests.support.matchers import picture, turned
from tests.support.verifying import (
    LI,
    LIMITS,
    P1,
    P2,
    WANG,
    ZHAO,
    VerifyBench,
    sites,
    verify_run,
)
from tests.support.virtual_time import clock


class Town(MemoryCity):
    """A store that knows how faces of the fake matcher are protected."""

    def put(self, bench: VerifyBench, person: PersonId, degrees: float) -> None:
        """Have somebody in it from the start."""
        self.agreed.add(person)
        entry = bench.entry(person, turned(degrees))
        self.templates.append(replace(entry, reference=Reference(90_000 + person)))


def city_of(bench: VerifyBench) -> City:
    assert bench.verification.city is not None
    return bench.verification.city


async def look(bench: VerifyBench, degrees: float = 0) -> list[PersonId]:
    found = await city_of(bench).look(picture(turned(degrees)))
    return [one.person for one in found]


async def enrol(bench: VerifyBench, person: PersonId, degrees: float) -> EnrolmentResult:
    return await bench.verification.enrolments.enrol_photo(
        person, P1, picture(turned(degrees)), source="photo"
    )


def withdraw(bench: VerifyBench) -> asyncio.Future[None]:
    workers = bench.verification.workers
    return asyncio.ensure_future(workers.withdraw(LI, Subject.CITY_GALLERY, clock().wall))


def test_nothing_is_in_memory_before_somebody_asks_and_after_it_was_switched_off() -> None:
    town = Town()

    async def body(bench: VerifyBench) -> None:
        town.put(bench, LI, 0)
        bench.put(LI, turned(0))
        await bench.login()
        assert CITY not in bench.matcher.galleries
        assert bench.verification.city_people == 0
        assert await look(bench) == [LI]
        assert bench.verification.city_people == 1
        assert await look(bench, 10) == [LI]
        assert town.reads == 1
        town.decided = None
        with pytest.raises(GatepostError, match=r"city\.off"):
            await look(bench)
        await bench.settle()
        assert CITY not in bench.matcher.galleries

    verify_run(body, city=town)


def test_where_the_setting_is_off_there_is_no_city() -> None:
    async def body(bench: VerifyBench) -> None:
        bench.put(LI)
        assert bench.verification.city is None
        assert (await enrol(bench, LI, 0)).city is None

    verify_run(body)


def test_only_those_who_agreed_are_compared_with_it() -> None:
    town = Town()

    async def body(bench: VerifyBench) -> None:
        town.put(bench, WANG, 0)
        bench.put(LI)
        assert (await enrol(bench, LI, 5)).city is None
        assert town.reads == 0
        town.agreed.add(LI)
        result = await enrol(bench, LI, 5)
        assert result.accepted
        assert result.city is not None
        assert result.city.kept
        (case,) = result.city.cases
        assert (case.person, case.other) == (LI, WANG)
        assert result.city.warnings == ("city_double",)
        assert {one.person for one in town.templates} == {LI, WANG}
        assert {*await look(bench, 5)} == {LI, WANG}
        (line,) = bench.log.named("city.warned")
        assert (line["person"], line["code"], line["cases"]) == (LI, "city_double", [1])

    verify_run(body, city=town)


def test_another_face_of_the_same_number_is_told_with_its_score() -> None:
    town = Town()

    async def body(bench: VerifyBench) -> None:
        town.put(bench, LI, 0)
        bench.put(LI)
        result = await enrol(bench, LI, 70)
        assert result.city is not None
        assert result.city.unlike == pytest.approx(0.342, abs=1e-3)
        assert result.city.warnings == ("city_unlike",)
        assert result.city.cases == ()
        assert (await enrol(bench, LI, 72)).city == CityFinding(kept=True), "replaced, and alike"

    verify_run(body, city=town)


@pytest.mark.parametrize("trouble", ["database", "matcher"])
def test_an_enrolment_stands_though_the_city_cannot_be_asked(trouble: str) -> None:
    town = Town()

    async def body(bench: VerifyBench) -> None:
        bench.put(LI)
        town.agreed.add(LI)
        town.down = trouble == "database"
        if trouble == "matcher":
            bench.matcher.failing["replace"] = TooLate()
        result = await enrol(bench, LI, 0)
        assert result.accepted
        assert result.city is not None
        if trouble == "matcher":
            assert result.city.kept, "it is stored, and read anew before the next question"
            bench.matcher.failing.clear()
            assert bench.log.named("city.out_of_step")
        else:
            assert result.city.warnings == ("store.unavailable",)
            town.down = False
            await enrol(bench, LI, 0)
        assert await look(bench) == [LI]

    verify_run(body, city=town)


def test_whoever_withdraws_is_in_no_answer_from_that_moment_on() -> None:
    town = Town()

    async def body(bench: VerifyBench) -> None:
        town.put(bench, LI, 0)
        town.put(bench, WANG, 5)
        assert await look(bench) == [LI, WANG]
        held = bench.matcher.before_answer = asyncio.Event()
        asking = asyncio.ensure_future(look(bench))
        await asyncio.sleep(0.01)
        going = withdraw(bench)
        await asyncio.sleep(0.01)
        town.forget(LI)
        held.set()
        assert await asking == [WANG], "compared already, and alike"
        await going
        assert await look(bench) == [WANG]
        assert town.reads == 1, "nothing had to be read anew"
        gone = Reference(90_000 + LI)
        assert gone not in bench.matcher.galleries[CITY]

    verify_run(body, city=town)


def test_a_withdrawal_of_unknown_fate_is_read_anew() -> None:
    town = Town()

    async def body(bench: VerifyBench) -> None:
        town.put(bench, LI, 0)
        assert await look(bench) == [LI]
        bench.roster.forgets = True
        town.forget(LI)
        with pytest.raises(StoreUnavailable):
            await withdraw(bench)
        assert await look(bench) == []
        assert town.reads == 2

    verify_run(body, city=town)


def test_a_store_that_cannot_be_asked_after_a_withdrawal_empties_memory() -> None:
    town = Town()

    async def body(bench: VerifyBench) -> None:
        town.put(bench, LI, 0)
        assert await look(bench) == [LI]
        town.forget(LI)
        town.down = True
        await withdraw(bench)
        assert CITY not in bench.matcher.galleries
        with pytest.raises(StoreUnavailable):
            await look(bench)
        town.down = False
        assert await look(bench) == []

    verify_run(body, city=town)


def test_what_changes_while_it_is_read_is_not_missed() -> None:
    town = Town()

    async def body(bench: VerifyBench) -> None:
        town.put(bench, LI, 0)
        town.reading = asyncio.Event()
        asking = asyncio.ensure_future(look(bench))
        await asyncio.sleep(0.01)
        town.forget(LI)
        bench.restart(sites())
        town.reading.set()
        assert await asking == []
        assert town.reads == 2

    verify_run(body, city=town)


def test_a_dismissal_follows_what_the_store_left() -> None:
    town = Town()

    async def body(bench: VerifyBench) -> None:
        for person in (LI, WANG):
            bench.put(person, turned(0))
            town.put(bench, person, 0 if person == LI else 5)
        assert await look(bench) == [LI, WANG]
        town.forget(LI)
        for person in (LI, WANG):
            await bench.verification.workers.dismiss(person, P1, clock().wall)
        assert await look(bench) == [WANG]
        await bench.verification.city_left(WANG)
        assert await look(bench) == [WANG]
        town.forget(WANG)
        await bench.verification.city_left(WANG)
        assert await look(bench) == []
        assert town.reads == 1

    verify_run(body, city=town)


def test_a_dismissal_of_unknown_fate_is_read_anew() -> None:
    town = Town()

    async def body(bench: VerifyBench) -> None:
        bench.put(LI, turned(0))
        town.put(bench, LI, 0)
        assert await look(bench) == [LI]
        bench.roster.forgets = True
        town.forget(LI)
        with pytest.raises(StoreUnavailable):
            await bench.verification.workers.dismiss(LI, P1, clock().wall)
        assert await look(bench) == []

    verify_run(body, city=town)


def test_doubles_are_found_among_everybody_and_who_is_going_is_left_out() -> None:
    town = Town()

    async def body(bench: VerifyBench) -> None:
        town.put(bench, LI, 0)
        town.put(bench, WANG, 5)
        town.put(bench, ZHAO, 8)
        found = await city_of(bench).doubles()
        assert [(one.person, one.other) for one in found] == [(LI, WANG), (LI, ZHAO), (WANG, ZHAO)]
        async with city_of(bench).memory.leaving(LI):
            found = await city_of(bench).doubles()
        assert [(one.person, one.other) for one in found] == [(WANG, ZHAO)]
        bench.matcher.failing["alike"] = TooLate()
        with pytest.raises(GatepostError, match=r"city\.busy"):
            await city_of(bench).doubles()

    verify_run(body, city=town)


def test_the_threshold_of_the_city_counts_where_it_is_the_higher_one() -> None:
    town = Town()

    async def body(bench: VerifyBench) -> None:
        town.put(bench, LI, 0)
        assert await look(bench, 56) == [LI]  # 0.5592
        assert await look(bench, 57) == []  # 0.5446, which a project would take

    verify_run(body, city=town)


def test_no_question_of_a_gate_reaches_it() -> None:
    town = Town()

    async def body(bench: VerifyBench) -> None:
        town.put(bench, LI, 0)
        assert await look(bench) == [LI]
        bench.put(WANG, turned(90))
        bench.matcher.asked.clear()
        for device in (1, 2, 4):
            session = await bench.login(device)
            await bench.answer(session)
            await bench.answer(session, candidate=str(LI))
        assert bench.matcher.asked
        assert {int(one.scope) for one in bench.matcher.asked} <= {P1, P2}

    verify_run(body, city=town)


def test_without_thresholds_of_the_model_it_says_so() -> None:
    town = Town()

    async def body(bench: VerifyBench) -> None:
        town.put(bench, LI, 0)
        with pytest.raises(GatepostError, match=r"city\.no_threshold"):
            await look(bench)

    verify_run(body, city=town, limits=replace(LIMITS, thresholds={}))


def test_a_renewal_and_an_end_leave_nothing_old_in_memory() -> None:
    town = Town()

    async def body(bench: VerifyBench) -> None:
        town.put(bench, LI, 0)
        assert await look(bench) == [LI]
        assert await city_of(bench).renew(by="op", reason="leaked") == 1
        assert CITY not in bench.matcher.galleries
        assert await look(bench) == [LI]
        await city_of(bench).end(by="op", reason="over")
        assert CITY not in bench.matcher.galleries
        held: list[Enrolled] = town.templates
        assert held == []

    verify_run(body, city=town)
