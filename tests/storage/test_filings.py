"""Counting people whose faces are stored, each once, and the duty that begins with one too many."""

from __future__ import annotations

from typing import Any

from gateway.storage.months import wall_ms
from gateway.storage.opening import Storage
from gateway.storage.pool import Turn

from gateway.domain.filings import FilingRules, FilingState
from gateway.domain.local_enrolments import Captured, LocalState
from gateway.domain.matching import Trait
from gateway.domain.templates import Eye, IrisTemplate
from gateway.services.filing import FilingWatch
from tests.storage.test_local_enrolments import put
from tests.support.people import (
    GIVEN,
    decide,
    make_citizen,
    make_member,
    make_projects,
    template,
)
from tests.support.sessions import SilentLog

# Rows as the gateway writes them, but for what is sealed: nobody opens these.
SEED = """
insert into person (id, lookup, id_type, id_number, name, registered_ms)
select n, decode(lpad(to_hex(n), 64, '0'), 'hex'), '01', '', '', 0
from generate_series(1000000, 1000000 + {count} - 1) n;
insert into person_key (id, person, class, wrapped)
select id, id, 'biometric', '' from person where id >= 1000000;
insert into gallery_reference (reference, project, person)
select id, {project}, id from person where id >= 1000000;
insert into template (id, project, person, reference, trait, algorithm, source, quality,
    enrolled_ms, key, sealed)
select id, {project}, id, id, 'face', 1, 'photo', '{{}}', 0, id, '' from person where id >= 1000000
"""


def test_one_person_counts_once_wherever_the_face_is(storage: Storage, run: Any) -> None:
    async def main() -> None:
        one, other = await make_projects(storage)
        person = await make_citizen(storage, one)
        await storage.galleries.reference(other, person)
        reference = await storage.galleries.reference(one, person)
        assert await storage.filings.people() == 0
        eye = template(person, reference, b"EYE", trait=Trait.IRIS)
        await storage.galleries.enrol(one, [eye])
        assert await storage.filings.people() == 0, "an iris is no face"
        await storage.galleries.enrol(one, [template(person, reference, b"FACE")])
        await storage.photos.keep(person, b"PHOTO", source="photo", now_ms=GIVEN)
        await decide(storage)
        in_city = template(person, await storage.city.reference(person), b"CITY")
        await storage.city.enrol([in_city])
        assert await storage.filings.people() == 1
        second = await make_member(storage, one, 2)
        await storage.photos.keep(second, b"PHOTO", source="photo", now_ms=GIVEN)
        assert await storage.filings.people() == 2, "a photo is a face, template or not"

    run(main())


def test_a_capture_that_waits_counts_and_a_picture_of_an_iris_does_not(
    storage: Storage, run: Any
) -> None:
    async def main() -> None:
        number, person, project, device = await put(storage)
        assert await storage.filings.people() == 1
        await storage.local_enrolments.settle(
            number, LocalState.REJECTED, by="wang", reason="no card"
        )
        await storage.photos.keep(person, b"EYE", source="iris_left", now_ms=GIVEN)
        assert await storage.filings.people() == 0
        eye = IrisTemplate(eye=Eye.LEFT, algorithm=1, bits=8, code=b"E")
        await storage.local_enrolments.keep(person, project, device, Captured(irises=(eye,)))
        assert await storage.filings.people() == 0

    run(main())


def test_the_hundred_thousandth_starts_the_timer(own_storage: Storage, run: Any) -> None:
    storage = own_storage  # emptied with its database: row by row would take a minute

    async def main() -> None:
        one, _ = await make_projects(storage)
        async with storage.database.transaction(120, turn=Turn.SLOW) as connection:
            await connection.execute(SEED.format(count=99_999, project=one))
        now_ms, log = wall_ms(), SilentLog()
        watch = FilingWatch(storage.filings, FilingRules(), log)
        await watch.review(now_ms)
        assert (watch.status.people, watch.status.state) == (99_999, FilingState.NEAR)
        assert await storage.filings.filing() is None
        person = await make_member(storage, one)
        reference = await storage.galleries.reference(one, person)
        await storage.galleries.enrol(one, [template(person, reference, b"FACE")])
        await watch.review(now_ms)
        assert (watch.status.people, watch.status.state) == (100_000, FilingState.DUE)
        begun = await storage.filings.filing()
        assert begun is not None
        assert (begun.people, begun.reached_ms, begun.filed_ms) == (100_000, now_ms, None)
        await storage.galleries.remove(one, person)
        await watch.review(now_ms + 1)
        assert await storage.filings.filing() == begun
        assert not await storage.filings.begin(100_001, now_ms + 2), "it begins once"
        assert await storage.filings.filed(by="op", filed_as="F-1", at_ms=now_ms + 3)
        assert not await storage.filings.filed(by="op", filed_as="F-2", at_ms=now_ms + 4)
        done = await storage.filings.filing()
        assert done is not None
        assert (done.filed_ms, done.filed_as) == (now_ms + 3, "F-1")
        told = [(line.entry.action, line.entry.actor) for line in await storage.audit.latest(5)]
        assert told[0] == ("FILING_DONE", "op")
        assert ("FILING_DUE", "gateway") in told

    run(main())
