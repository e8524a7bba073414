"""People, engagements and consents at rest."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from gateway.storage.crypto import Hasher
from gateway.storage.opening import Storage

from gateway.domain.enrolments import NewPerson
from gateway.domain.errors import GatepostError, StoreRefused
from gateway.domain.id_cards import CardDetails
from gateway.domain.identity_numbers import lookup_text
from gateway.domain.ids import PersonId, ProjectId
from gateway.domain.workers import Engagement, Subject
from tests.support.people import (
    GIVEN,
    NAME,
    consent,
    id_number,
    make_member,
    make_projects,
    template,
)

DAY = 86_400_000
NOBODY = PersonId(4_000_000_000)


CARD = CardDetails(nation="01", address="样省样市")


def _new(sequence: int = 1, name: str = NAME, card: CardDetails | None = None) -> NewPerson:
    return NewPerson(id_type="01", id_number=id_number(sequence), name=name, card=card)


def test_the_hash_by_which_numbers_are_found_keeps_its_vector() -> None:
    text = lookup_text("01", " ９９００００199001010017 ")
    assert Hasher(bytes(range(32))).digest(text).hex() == (
        "09651e55fb8bd2e33f643adacf0383eeb3e1431f77ce912edc89439941711639"
    )


def test_a_person_is_registered_once_and_found_however_written(storage: Storage, run: Any) -> None:
    async def main() -> None:
        workers = storage.workers
        person = await workers.register(_new())
        assert 1 <= person < 2**32
        wide = id_number(1).translate({ord("0") + n: 0xFF10 + n for n in range(10)})
        assert await workers.find("01", f" {wide} ") == person
        assert await workers.find("08", id_number(1)) is None, "another paper, another person"
        assert await workers.find("01", id_number(2)) is None
        again = NewPerson(id_type="01", id_number=wide, name="Renamed")
        assert await workers.register(again) == person
        found = await storage.people.person(person)
        assert found is not None
        assert (found.number, found.name) == ("990000********" + id_number(1)[-4:], "R**")
        assert await workers.register(_new(2)) == person + 1, "no number was used up meanwhile"
        assert await storage.people.person(NOBODY) is None

    run(main())


def test_two_who_register_the_same_person_get_one(storage: Storage, run: Any) -> None:
    async def main() -> None:
        numbers = await asyncio.gather(*(storage.workers.register(_new()) for _ in range(4)))
        assert len(set(numbers)) == 1

    run(main())


def test_the_number_is_found_after_a_start_with_the_same_keys(
    storage: Storage, tmp_path: Any, run: Any
) -> None:
    from gateway.storage.keyring import open_keyring
    from gateway.storage.people import PostgresWorkerStore

    async def main() -> None:
        person = await storage.workers.register(_new())
        keyring = await open_keyring(storage.database, tmp_path / "keys" / "master.key")
        later = PostgresWorkerStore(storage.database, keyring)
        assert await later.find("01", id_number(1)) == person

    run(main())


def test_engagements_of_one_person_on_one_project_never_overlap(storage: Storage, run: Any) -> None:
    async def main() -> None:
        one, other = await make_projects(storage)
        person = await storage.workers.register(_new())

        def interval(start: int, end: int | None, project: ProjectId = one) -> Engagement:
            to_ms = None if end is None else GIVEN + end
            return Engagement(person=person, project=project, from_ms=GIVEN + start, to_ms=to_ms)

        await storage.workers.engage(interval(0, 100))
        await storage.workers.engage(interval(100, 200))
        await storage.workers.engage(interval(50, None, other))
        for clash in (interval(199, None), interval(-1, 1), interval(10, 20), interval(-9, None)):
            with pytest.raises(StoreRefused):
                await storage.workers.engage(clash)
        with pytest.raises(StoreRefused):
            await storage.workers.engage(interval(300, 300))
        with pytest.raises(StoreRefused):
            await storage.workers.engage(Engagement(person=NOBODY, project=one, from_ms=0))
        assert storage.database.available

    run(main())


def test_people_are_those_engaged_now_or_later_with_what_they_agreed_to(
    storage: Storage, run: Any
) -> None:
    async def main() -> None:
        one, other = await make_projects(storage)
        workers = storage.workers
        here = await make_member(storage, one, 1)
        later = await workers.register(_new(2))
        past = await workers.register(_new(3))
        await make_member(storage, other, 4)
        future = Engagement(person=later, project=one, from_ms=GIVEN + 4000 * DAY)
        await workers.engage(future)
        await workers.engage(Engagement(person=past, project=one, from_ms=1, to_ms=2))
        await workers.consent(consent(here, Subject.FACE_LOCAL))
        await workers.consent(consent(later, given_ms=GIVEN + 4000 * DAY))
        people, engagements = await workers.people(one)
        assert {one.id: one.agreed for one in people} == {
            here: {Subject.BIO_NETWORK, Subject.FACE_LOCAL},
            later: frozenset(),
        }
        assert list(engagements) == [
            Engagement(person=here, project=one, from_ms=GIVEN),
            future,
        ]

    run(main())


def test_dismissal_ends_the_engagement_and_it_may_begin_again(storage: Storage, run: Any) -> None:
    async def main() -> None:
        one, _ = await make_projects(storage)
        workers = storage.workers
        person = await make_member(storage, one)
        await workers.dismiss(person, one, GIVEN + 5)
        assert (await workers.people(one))[0] == []
        again = Engagement(person=person, project=one, from_ms=GIVEN + 5)
        await workers.engage(again)
        await workers.dismiss(person, one, GIVEN + 5)  # on the millisecond it began: it never was
        found = await storage.people.person(person)
        assert found is not None
        assert [(e.from_ms, e.to_ms) for e in found.engagements] == [(GIVEN, GIVEN + 5)]

    run(main())


def test_the_ledger_keeps_every_entry_and_each_only_once(storage: Storage, run: Any) -> None:
    async def main() -> None:
        one, _ = await make_projects(storage)
        workers = storage.workers
        person = await make_member(storage, one)
        await workers.consent(consent(person))
        await workers.withdraw(person, Subject.BIO_NETWORK, GIVEN + 7)
        people, _ = await workers.people(one)
        assert people[0].agreed == frozenset()
        await workers.consent(consent(person))  # the old entry sent once more revives nothing
        people, _ = await workers.people(one)
        assert people[0].agreed == frozenset()
        await workers.consent(consent(person, given_ms=GIVEN + 9))
        people, _ = await workers.people(one)
        assert people[0].agreed == {Subject.BIO_NETWORK}
        await workers.withdraw(person, Subject.BIO_NETWORK, GIVEN + 11)
        found = await storage.people.person(person)
        assert found is not None
        assert [(c.given_ms, c.withdrawn_ms) for c in found.consents] == [
            (GIVEN, GIVEN + 7),
            (GIVEN + 9, GIVEN + 11),
        ]
        with pytest.raises(StoreRefused):
            await workers.consent(consent(NOBODY))

    run(main())


def test_an_erased_identity_is_shown_as_nothing_and_not_written_anew(
    storage: Storage, run: Any
) -> None:
    async def main() -> None:
        person = await storage.workers.register(_new())
        async with storage.database.use() as connection:
            await connection.execute("delete from person_key")
        found = await storage.people.person(person)
        assert found is not None
        assert (found.number, found.name) == ("", "")
        with pytest.raises(StoreRefused, match="erased on purpose"):
            await storage.workers.register(_new(name="Other"))

    run(main())


def test_a_number_moved_to_another_person_does_not_open(storage: Storage, run: Any) -> None:
    async def main() -> None:
        one, other = [await storage.workers.register(_new(n)) for n in (1, 2)]
        async with storage.database.use() as connection:
            await connection.execute(
                "update person set id_number = (select id_number from person where id = $1)"
                " where id = $2",
                one,
                other,
            )
        with pytest.raises(GatepostError, match=r"key\.mismatch"):
            await storage.people.person(other)

    run(main())


def test_every_change_is_in_the_audit_trail_by_number(storage: Storage, run: Any) -> None:
    async def main() -> None:
        one, _ = await make_projects(storage)
        workers = storage.workers
        person = await make_member(storage, one)
        reference = await storage.galleries.reference(one, person)
        await storage.galleries.enrol(one, [template(person, reference, b"FACE")])
        await workers.register(_new())  # changes nothing
        await workers.consent(consent(person))  # neither does this
        await workers.register(_new(name="Renamed"), by="clerk")
        await workers.register(_new(name="Renamed", card=CARD), by="clerk")
        await workers.register(_new(name="Renamed", card=CARD), by="clerk")
        await workers.register(_new(name="Renamed"), by="clerk")
        await storage.photos.keep(person, b"PHOTO", source="photo", now_ms=GIVEN)
        await workers.withdraw(person, Subject.BIO_NETWORK, GIVEN + 1, by="clerk")
        await workers.dismiss(person, one, GIVEN + 2, by="clerk")
        lines = [line.entry for line in await storage.audit.latest(20)][::-1]
        assert {line.subject for line in lines} == {f"person {person}"}
        assert [(line.actor, line.action, line.detail) for line in lines] == [
            ("gateway", "PERSON_ADD", ""),
            ("gateway", "ENGAGE", f"project {one}"),
            ("gateway", "CONSENT", "bio_network"),
            ("clerk", "PERSON_RENAME", ""),
            ("clerk", "PERSON_CARD", ""),
            ("clerk", "WITHDRAW", "bio_network, 1 templates and 1 photos destroyed"),
            ("clerk", "DISMISS", f"project {one}, 0 templates destroyed"),
        ]

    run(main())


def test_what_a_card_says_stays_until_a_later_one_says_otherwise(
    storage: Storage, run: Any
) -> None:
    async def main() -> None:
        workers = storage.workers
        one = await workers.register(_new(card=CARD))
        await workers.register(_new(card=CardDetails(valid_to="长期")))
        found = await storage.people.person(one)
        assert found is not None
        assert found.card == {"nation": "**", "address": "样**", "valid_to": "长期"}
        other = await workers.register(_new(2))
        nothing = await storage.people.person(other)
        assert nothing is not None
        assert nothing.card == {}

    run(main())
