"""The city-wide gallery at rest: who may be in it, what destroys it, and that it stands alone."""

from __future__ import annotations

import asyncio
from typing import Any

import numpy as np
import pytest
from gateway.matcher.galleries.registry import Galleries
from gateway.matcher.protection.transform import Protector
from gateway.storage.document import DirectoryDocument, ProjectEntry
from gateway.storage.months import wall_ms
from gateway.storage.opening import Storage
from gateway.storage.person_keys import lock_people
from gateway.storage.pool import Turn

from gateway.domain.city import CITY
from gateway.domain.city_cases import CaseVerdict, CityCandidate, Likeness
from gateway.domain.enrolments import Enrolled
from gateway.domain.errors import GatepostError, StoreRefused
from gateway.domain.ids import PersonId, ProjectId
from gateway.domain.matching import Scope, Trait
from gateway.domain.workers import Engagement, Subject, VerificationMode
from tests.matcher.faces import face, strangers
from tests.matcher.protection.test_transform import vector
from tests.storage.test_galleries import _blocked
from tests.support.people import (
    GIVEN,
    consent,
    decide,
    make_citizen,
    make_member,
    make_projects,
    template,
)
from tests.support.stored import rows

DAY = 86_400_000


async def put(storage: Storage, person: PersonId, *data: bytes, **changes: object) -> list[bytes]:
    reference = await storage.city.reference(person)
    entries = [template(person, reference, one, **changes) for one in data]
    return datas(list(await storage.city.enrol(entries)))


async def members(storage: Storage) -> list[Enrolled]:
    found: list[Enrolled] = []
    async for batch in storage.city.members():
        found += batch
    return sorted(found, key=lambda one: one.template.data)


def datas(found: list[Enrolled]) -> list[bytes]:
    return [one.template.data for one in found]


async def keys(storage: Storage, person: PersonId) -> set[str]:
    found = await rows(storage, "select class from person_key where person = $1", person)
    return {row["class"] for row in found}


async def opened(storage: Storage) -> list[ProjectId]:
    projects = await make_projects(storage)
    await decide(storage)
    return projects


def alike(one: PersonId, other: PersonId, score: float = 0.75) -> Likeness:
    return Likeness(person=one, other=other, score=score, algorithm=1)


def test_without_a_decision_there_is_nothing(storage: Storage, run: Any) -> None:
    async def main() -> None:
        one, _ = await make_projects(storage)
        person = await make_citizen(storage, one)
        assert await storage.city.decision() is None
        for refused in (storage.city.secret(), put(storage, person, b"FACE")):
            with pytest.raises(StoreRefused, match="nobody decided"):
                await refused
        await decide(storage)
        decision = await storage.city.decision()
        assert decision is not None
        assert (decision.area, decision.decided_by) == ("990000", "Sample office")
        with pytest.raises(StoreRefused, match="in force already"):
            await decide(storage)
        assert await put(storage, person, b"FACE") == [b"FACE"]

    run(main())


def test_secret_references_and_keys_are_its_own(storage: Storage, run: Any) -> None:
    async def main() -> None:
        one, _ = await opened(storage)
        person = await make_citizen(storage, one)
        secret = await storage.city.secret()
        assert len(secret) == 32
        assert await storage.city.secret() == secret
        assert await storage.galleries.secret(one) != secret
        reference = await storage.city.reference(person)
        assert await storage.city.reference(person) == reference
        assert await storage.galleries.reference(one, person) != reference
        await put(storage, person, b"CITY")
        assert await keys(storage, person) == {"identity", "city"}
        mine = template(person, await storage.galleries.reference(one, person), b"PROJECT")
        await storage.galleries.enrol(one, [mine])
        assert await keys(storage, person) == {"identity", "city", "biometric"}
        assert datas(await members(storage)) == [b"CITY"]
        assert datas(list(await storage.city.held(person))) == [b"CITY"]

    run(main())


def test_templates_of_project_and_city_have_nothing_in_common(storage: Storage, run: Any) -> None:
    """The same faces under the two secrets as they are drawn: nothing tells who is who."""
    count = 300
    people = strangers(count, 128, np.random.default_rng(5))

    async def main() -> None:
        one, _ = await opened(storage)
        person, protector = await make_citizen(storage, one), Protector()
        secrets = await storage.galleries.secret(one), await storage.city.secret()
        sealed = [[protector.protect(s, face(each)) for each in people] for s in secrets]
        project, city = ([vector(each) for each in shelf] for shelf in sealed)
        scores = np.array(project, dtype=np.float64) @ np.array(city).T
        same, others = np.diag(scores), scores[~np.eye(count, dtype=bool)]
        # Five standard errors: of a mean of 300, and of the trace of a random rotation, which moves
        # that mean whoever the people are.
        error = np.sqrt(1 / count + 1 / 128)
        assert abs(same.mean() - others.mean()) < 5 * error * others.std()
        assert same.std() == pytest.approx(others.std(), rel=0.2)
        # As stored and read again, either is refused where the other belongs.
        reference = await storage.city.reference(person)
        entry = template(person, reference, sealed[1][0].data, algorithm=7)
        await storage.city.enrol([entry])
        (held,) = await storage.city.held(person)
        galleries = Galleries()
        galleries.open(CITY, secrets[1], [(reference, held.template)])
        assert galleries.faces(CITY, [face(people[0])]).candidates[0].score > 0.999
        with pytest.raises(GatepostError, match=r"template\.foreign"):
            galleries.extend(CITY, [(reference, sealed[0][0])])
        with pytest.raises(GatepostError, match=r"template\.foreign"):
            galleries.open(Scope(one), secrets[0], [(reference, held.template)])

    run(main())


@pytest.mark.parametrize("lacking", ["city_gallery", "bio_network", "engagement", "mode"])
def test_nobody_is_in_it_without_both_consents_and_work(
    storage: Storage, run: Any, lacking: str
) -> None:
    async def main() -> None:
        one, _ = await opened(storage)
        person = await make_member(storage, one, agrees=lacking != "bio_network")
        if lacking != "city_gallery":
            await storage.workers.consent(consent(person, Subject.CITY_GALLERY))
        if lacking == "engagement":
            await storage.workers.dismiss(person, one, wall_ms() - 1)
        if lacking == "mode":
            await make_projects(storage, VerificationMode.DEVICE_ONLY)
        assert not await storage.city.may_have(person)
        with pytest.raises(StoreRefused, match="without consent"):
            await put(storage, person, b"FACE")
        assert await members(storage) == []

    run(main())


def test_what_the_same_source_gave_before_is_replaced(storage: Storage, run: Any) -> None:
    async def main() -> None:
        one, _ = await opened(storage)
        person = await make_citizen(storage, one)
        assert await storage.city.may_have(person)
        await put(storage, person, b"FACE")
        assert await put(storage, person, b"EYE", trait=Trait.IRIS) == [b"FACE", b"EYE"]
        assert await put(storage, person, b"NEWER") == [b"EYE", b"NEWER"]
        assert datas(await members(storage)) == [b"EYE", b"NEWER"]
        assert await storage.city.count() == 1

    run(main())


def test_withdrawing_it_takes_the_city_and_leaves_the_project(storage: Storage, run: Any) -> None:
    async def main() -> None:
        one, _ = await opened(storage)
        person, other = await make_citizen(storage, one, 1), await make_citizen(storage, one, 2)
        mine = template(person, await storage.galleries.reference(one, person), b"PROJECT")
        await storage.galleries.enrol(one, [mine])
        await put(storage, person, b"CITY")
        await put(storage, other, b"OTHER")
        await storage.city.note([alike(person, other)])
        await storage.workers.withdraw(person, Subject.CITY_GALLERY, wall_ms() - 1)
        assert datas(await members(storage)) == [b"OTHER"]
        assert await storage.city_cases.all() == [], "a likeness rests on both templates"
        assert await keys(storage, person) == {"identity", "biometric"}
        found = await storage.people.person(person)
        assert found is not None
        assert found.templates == 1
        (line,) = await storage.audit.latest(1)
        assert line.entry.detail == "city_gallery, 1 templates of the city destroyed"
        with pytest.raises(StoreRefused):
            await put(storage, person, b"CITY")

    run(main())


def test_withdrawing_everything_takes_the_city_along(storage: Storage, run: Any) -> None:
    async def main() -> None:
        one, _ = await opened(storage)
        person = await make_citizen(storage, one)
        await put(storage, person, b"CITY")
        await storage.workers.withdraw(person, Subject.BIO_NETWORK, wall_ms() - 1)
        assert await members(storage) == []
        assert await keys(storage, person) == {"identity"}

    run(main())


def test_the_last_dismissal_takes_it_and_an_earlier_one_does_not(
    storage: Storage, run: Any
) -> None:
    async def main() -> None:
        one, other = await opened(storage)
        person = await make_citizen(storage, one)
        await storage.workers.engage(Engagement(person=person, project=other, from_ms=GIVEN))
        await put(storage, person, b"CITY")
        await storage.workers.dismiss(person, one, wall_ms())
        assert datas(await members(storage)) == [b"CITY"]
        await storage.workers.dismiss(person, other, wall_ms())
        assert await members(storage) == []

    run(main())


def test_it_lapses_some_days_after_the_last_engagement(storage: Storage, run: Any) -> None:
    async def main() -> None:
        one, _ = await opened(storage)
        left, stays = await make_citizen(storage, one, 1), await make_citizen(storage, one, 2)
        for person in (left, stays):
            await put(storage, person, b"CITY")
        end = wall_ms()
        async with storage.database.use() as connection:
            ending = "update engagement set to_ms = $1 where person = $2"
            await connection.execute(ending, end, left)
        assert await storage.city.erase_lapsed(end - 1) == set()
        assert await storage.city.erase_lapsed(end) == {left}
        assert [one.person for one in await members(storage)] == [stays]

    run(main())


def test_projects_that_return_to_their_terminals_take_their_people_out(
    storage: Storage, run: Any
) -> None:
    async def main() -> None:
        one, _ = await opened(storage)
        await put(storage, await make_citizen(storage, one), b"CITY")
        await make_projects(storage, None)
        assert datas(await members(storage)) == [b"CITY"]
        await make_projects(storage, VerificationMode.DEVICE_ONLY)
        assert await members(storage) == []

    run(main())


def test_work_that_ended_elsewhere_keeps_nobody_in_it(storage: Storage, run: Any) -> None:
    async def main() -> None:
        one, two = await opened(storage)
        moved, stays = await make_citizen(storage, one, 1), await make_citizen(storage, two, 2)
        engagement = Engagement(person=moved, project=two, from_ms=GIVEN)
        await storage.workers.engage(engagement)
        for person in (moved, stays):
            await put(storage, person, b"CITY")
        await storage.workers.dismiss(moved, two, wall_ms() - 1)
        entry = ProjectEntry(
            code="P1", name="P1", area="990000", verification=VerificationMode.DEVICE_ONLY
        )
        await storage.directory.import_directory(DirectoryDocument(projects=(entry,)))
        assert [one.person for one in await members(storage)] == [stays]

    run(main())


def test_a_renewal_replaces_secret_and_templates_together(storage: Storage, run: Any) -> None:
    async def main() -> None:
        one, _ = await opened(storage)
        person, gone = await make_citizen(storage, one, 1), await make_citizen(storage, one, 2)
        await put(storage, person, b"OLD")
        await put(storage, gone, b"OLD")
        old = await members(storage)
        await storage.workers.withdraw(gone, Subject.CITY_GALLERY, wall_ms() - 1)
        new = [template(entry.person, entry.reference, b"NEW") for entry in old]
        await storage.city.renew(b"s" * 32, new, by="op", reason="leaked")
        assert await storage.city.secret() == b"s" * 32
        assert [(one.person, one.template.data) for one in await members(storage)] == [
            (person, b"NEW")
        ]
        (line,) = await storage.audit.latest(1)
        assert (line.entry.actor, line.entry.action) == ("op", "CITY_RENEW")
        assert line.entry.detail == "1 templates: leaked"

    run(main())


def test_with_the_decision_everything_ends(storage: Storage, run: Any) -> None:
    async def main() -> None:
        one, _ = await opened(storage)
        person, other = await make_citizen(storage, one, 1), await make_citizen(storage, one, 2)
        before = await storage.city.secret()
        for who in (person, other):
            await put(storage, who, b"CITY")
        await storage.city.note([alike(person, other)])
        await storage.city.end(by="op", reason="the trial is over")
        assert await storage.city.decision() is None
        assert await members(storage) == []
        assert await keys(storage, person) == {"identity"}
        for table in ("city_gallery", "city_double"):
            assert await rows(storage, f"select 1 from {table}") == []
        (line,) = await storage.audit.latest(1)
        assert line.entry.detail == "2 templates destroyed: the trial is over"
        await decide(storage)
        assert await storage.city.secret() != before

    run(main())


def test_likenesses_are_written_down_once_and_settled_for_good(storage: Storage, run: Any) -> None:
    async def main() -> None:
        one, _ = await opened(storage)
        first, second = await make_citizen(storage, one, 1), await make_citizen(storage, one, 2)
        absent = await make_citizen(storage, one, 3)
        for who in (first, second):
            await put(storage, who, b"CITY")
        (case,) = await storage.city.note([alike(second, first), alike(first, absent)])
        assert (case.person, case.other, case.verdict) == (first, second, None)
        assert case.score == pytest.approx(0.75)
        settled = await storage.city_cases.settle(
            case.reference, CaseVerdict.DIFFERENT, by="op", reason="brothers"
        )
        (again,) = await storage.city.note([alike(first, second, 0.875)])
        assert settled is not None
        assert (again.reference, again.verdict) == (case.reference, CaseVerdict.DIFFERENT)
        assert await storage.city_cases.all() == [again]
        unknown = storage.city_cases.settle(99, CaseVerdict.SAME, by="op", reason="?")
        assert await unknown is None
        candidate = CityCandidate(person=first, score=0.75)
        await storage.city_cases.asked(
            by="op", what="CITY_DISPUTE", reason="card", found=[candidate]
        )
        told, before = await storage.audit.latest(2)
        assert told.entry.detail == f"card; told of {first} (0.750)"
        assert before.entry.action == "CITY_SETTLE"
        assert before.entry.detail.endswith("different: brothers")

    run(main())


@pytest.mark.parametrize(
    "meanwhile",
    [
        "update consent set withdrawn_ms = given_ms where subject = 'city_gallery'",
        "update city_decision set ended_ms = noted_ms",
    ],
)
def test_what_ends_while_a_template_is_made_leaves_none(
    storage: Storage, run: Any, meanwhile: str
) -> None:
    async def main() -> None:
        one, _ = await opened(storage)
        person = await make_citizen(storage, one)
        await storage.city.reference(person)
        async with storage.database.transaction(turn=Turn.SLOW) as connection:
            await lock_people(connection, [person])
            await connection.execute(meanwhile)
            enrolling = asyncio.create_task(put(storage, person, b"LATE"))
            while not await _blocked(storage):
                assert not enrolling.done(), "it waits for what the other one does"
        with pytest.raises(StoreRefused):
            await enrolling
        assert await members(storage) == []

    run(main())
