"""Galleries at rest: who may have a template, what destroys it, and streaming it all back."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterable
from typing import Any

import pytest
from gateway.storage.document import DirectoryDocument, ProjectEntry
from gateway.storage.months import wall_ms
from gateway.storage.opening import Storage
from gateway.storage.person_keys import BIOMETRIC, lock_people, person_sealers
from gateway.storage.photos import photo_place
from gateway.storage.pool import Turn

from gateway.domain.enrolments import Enrolled
from gateway.domain.errors import StoreRefused
from gateway.domain.ids import PersonId, ProjectId
from gateway.domain.matching import Reference, Trait
from gateway.domain.workers import Engagement, Subject, VerificationMode
from tests.support.people import GIVEN, consent, make_member, make_projects, template

DAY = 86_400_000


async def members(storage: Storage, project: ProjectId) -> list[Enrolled]:
    found: list[Enrolled] = []
    async for batch in storage.galleries.members(project):
        found += batch
    return sorted(found, key=lambda one: (one.person, one.template.data))


async def erasures(storage: Storage) -> list[tuple[str, str]]:
    """What the audit trail says was erased, newest first."""
    entries = [line.entry for line in await storage.audit.latest(50)]
    return [(one.subject, one.detail) for one in entries if one.action.endswith("_ERASE")]


def datas(found: Iterable[Enrolled]) -> list[bytes]:
    return [one.template.data for one in found]


async def enrolled(storage: Storage, project: ProjectId, sequence: int = 1) -> PersonId:
    person = await make_member(storage, project, sequence)
    await put(storage, project, person, b"FACE")
    return person


async def put(
    storage: Storage, project: ProjectId, person: PersonId, *data: bytes, **changes: object
) -> None:
    reference = await storage.galleries.reference(project, person)
    entries = [template(person, reference, one, **changes) for one in data]
    await storage.galleries.enrol(project, entries)


def test_each_gallery_has_a_secret_of_its_own_for_good(storage: Storage, run: Any) -> None:
    async def main() -> None:
        one, other = await make_projects(storage)
        secret = await storage.galleries.secret(one)
        assert len(secret) == 32
        assert await storage.galleries.secret(one) == secret
        assert await storage.galleries.secret(other) != secret
        with pytest.raises(StoreRefused):
            await storage.galleries.secret(ProjectId(99))

    run(main())


def test_a_reference_is_random_and_outlives_the_templates(
    storage: Storage, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> None:
        one, other = await make_projects(storage)
        person = await enrolled(storage, one)
        reference = await storage.galleries.reference(one, person)
        assert 0 <= reference < 2**63
        assert await storage.galleries.reference(other, person) != reference
        await storage.workers.withdraw(person, Subject.BIO_NETWORK, wall_ms())
        drawn = iter([int(reference), 5])
        monkeypatch.setattr(secrets, "randbits", lambda _: next(drawn))
        stranger = await make_member(storage, one, 2)
        assert await storage.galleries.reference(one, stranger) == 5, "never given twice"
        assert await storage.galleries.reference(one, person) == reference
        with pytest.raises(StoreRefused):
            await storage.galleries.enrol(one, [template(stranger, Reference(6), b"x")])

    run(main())


def test_templates_come_back_as_they_went_in(storage: Storage, run: Any) -> None:
    async def main() -> None:
        one, other = await make_projects(storage)
        person = await make_member(storage, one)
        reference = await storage.galleries.reference(one, person)
        face = template(person, reference, b"f" * 512)
        eyes = [template(person, reference, bytes([n]) * 2048, trait=Trait.IRIS) for n in (1, 2)]
        await storage.galleries.enrol(one, [face, *eyes])
        assert await members(storage, one) == [*eyes, face]
        assert await members(storage, other) == []

    run(main())


def test_what_the_same_source_gave_before_is_replaced(storage: Storage, run: Any) -> None:
    async def main() -> None:
        one, _ = await make_projects(storage)
        person = await enrolled(storage, one)
        await put(storage, one, person, b"FACE2")
        await put(storage, one, person, b"GATE", source="YLS-00000001")
        await put(storage, one, person, b"NEWER", algorithm=2)
        await put(storage, one, person, b"EYE", trait=Trait.IRIS)
        assert datas(await members(storage, one)) == [b"EYE", b"FACE2", b"GATE", b"NEWER"]
        assert await storage.galleries.remove(one, person) == 4
        assert await storage.galleries.remove(one, person) == 0
        assert await erasures(storage) == [
            (f"person {person}", f"project {one}, 4 templates destroyed")
        ]

    run(main())


def test_a_change_says_what_people_have_now(storage: Storage, run: Any) -> None:
    async def main() -> None:
        one, _ = await make_projects(storage)
        person = await enrolled(storage, one)
        await enrolled(storage, one, 2)
        reference = await storage.galleries.reference(one, person)
        eye = template(person, reference, b"EYE", trait=Trait.IRIS)
        assert datas(await storage.galleries.enrol(one, [eye])) == [b"FACE", b"EYE"]
        newer = template(person, reference, b"NEWER")
        assert datas(await storage.galleries.enrol(one, [newer])) == [b"EYE", b"NEWER"]

    run(main())


def test_who_is_enrolled_anew_is_never_without_a_template(storage: Storage, run: Any) -> None:
    async def main() -> None:
        one, _ = await make_projects(storage)
        person = await enrolled(storage, one)
        enough = asyncio.Event()

        async def write() -> int:
            number = 0
            while number < 50 or not enough.is_set():
                await put(storage, one, person, str(number).encode())
                number += 1
            return number

        writing = asyncio.create_task(write())
        for _ in range(50):
            assert len(await members(storage, one)) == 1
        enough.set()
        last = await writing - 1
        assert datas(await members(storage, one)) == [str(last).encode()]

    run(main())


def test_nobody_has_a_template_without_consent_engagement_and_mode(
    storage: Storage, run: Any
) -> None:
    async def main() -> None:
        one, other = await make_projects(storage)
        person = await enrolled(storage, one)
        silent = await make_member(storage, one, 2, agrees=False)
        local = await make_member(storage, one, 3, agrees=False)
        await storage.workers.consent(consent(local, Subject.FACE_LOCAL))
        for refused in (silent, local):
            with pytest.raises(StoreRefused, match="without consent"):
                await put(storage, one, refused, b"x")
        with pytest.raises(StoreRefused, match="engagement"):
            await put(storage, other, person, b"x")
        await storage.workers.dismiss(person, one, wall_ms() - 1)
        with pytest.raises(StoreRefused, match="engagement"):
            await put(storage, one, person, b"x")
        await make_projects(storage, VerificationMode.DEVICE_ONLY)
        with pytest.raises(StoreRefused, match="leaves verification"):
            await put(storage, one, person, b"x")
        assert await members(storage, one) == []

    run(main())


def test_one_who_may_not_keeps_all_of_a_batch_out(storage: Storage, run: Any) -> None:
    async def main() -> None:
        one, _ = await make_projects(storage)
        good = await make_member(storage, one, 1)
        bad = await make_member(storage, one, 2, agrees=False)
        entries = [
            template(person, await storage.galleries.reference(one, person), b"x")
            for person in (good, bad)
        ]
        with pytest.raises(StoreRefused):
            await storage.galleries.enrol(one, entries)
        assert await members(storage, one) == []

    run(main())


def test_withdrawal_destroys_templates_photos_and_the_key(storage: Storage, run: Any) -> None:
    async def main() -> None:
        one, other = await make_projects(storage)
        person = await enrolled(storage, one)
        await storage.workers.engage(Engagement(person=person, project=other, from_ms=GIVEN))
        await put(storage, other, person, b"FACE")
        stays = await enrolled(storage, one, 2)
        await storage.photos.keep(person, b"PHOTO", source="photo", now_ms=wall_ms())
        async with storage.database.use() as connection:
            keys = "select id from person_key where person = $1 and class = 'biometric'"
            key = await connection.fetchval(keys, person)
            await storage.workers.withdraw(person, Subject.FACE_LOCAL, wall_ms())
            assert await connection.fetchval(keys, person) == key
            await storage.workers.withdraw(person, Subject.BIO_NETWORK, wall_ms() - 1)
            assert await connection.fetchval(keys, person) is None
        assert [member.person for member in await members(storage, one)] == [stays]
        assert await members(storage, other) == []
        found = await storage.people.person(person)
        assert found is not None
        assert (found.templates, found.pictures) == (0, [])
        with pytest.raises(StoreRefused):
            await storage.photos.keep(person, b"PHOTO", source="photo", now_ms=wall_ms())
        await storage.workers.consent(consent(person, given_ms=wall_ms()))
        await put(storage, one, person, b"AGAIN")
        async with storage.database.use() as connection:
            assert await connection.fetchval(keys, person) != key

    run(main())


def test_dismissal_destroys_the_templates_of_that_project_alone(storage: Storage, run: Any) -> None:
    async def main() -> None:
        one, other = await make_projects(storage)
        person = await enrolled(storage, one)
        await storage.workers.engage(Engagement(person=person, project=other, from_ms=GIVEN))
        await put(storage, other, person, b"OTHER")
        await storage.workers.dismiss(person, one, wall_ms())
        assert await members(storage, one) == []
        assert datas(await members(storage, other)) == [b"OTHER"]

    run(main())


def test_a_project_that_returns_to_its_terminals_keeps_no_template(
    storage: Storage, run: Any
) -> None:
    async def main() -> None:
        one, other = await make_projects(storage)
        await enrolled(storage, one)
        await make_projects(storage, None)  # not named: stays as it is
        assert datas(await members(storage, one)) == [b"FACE"]
        entry = ProjectEntry(
            code="P1", name="P1", area="990000", verification=VerificationMode.DEVICE_ONLY
        )
        for _ in range(2):
            await storage.directory.import_directory(DirectoryDocument(projects=(entry,)))
        assert await members(storage, one) == []
        assert await erasures(storage) == [
            ("projects that are device_only now", "1 templates destroyed")
        ]
        projects = (await storage.directory.load()).projects
        assert projects[one].verification_mode is VerificationMode.DEVICE_ONLY
        assert projects[other].verification_mode is VerificationMode.CENTRAL_GALLERY

    run(main())


def test_a_renewal_replaces_secret_and_templates_together(storage: Storage, run: Any) -> None:
    async def main() -> None:
        one, _ = await make_projects(storage)
        person, gone = await enrolled(storage, one, 1), await enrolled(storage, one, 2)
        before = await storage.galleries.secret(one)
        old = await members(storage, one)
        await storage.workers.withdraw(gone, Subject.BIO_NETWORK, wall_ms() - 1)
        new = [template(entry.person, entry.reference, b"NEW") for entry in old]
        bad = template(person, Reference(7), b"NEW")
        with pytest.raises(StoreRefused):
            await storage.galleries.renew(one, bytes(32), [*new, bad])
        assert await storage.galleries.secret(one) == before
        assert datas(await members(storage, one)) == [b"FACE"]
        await storage.galleries.renew(one, b"s" * 32, new)
        assert await storage.galleries.secret(one) == b"s" * 32
        found = await members(storage, one)
        assert [(one.person, one.template.data) for one in found] == [(person, b"NEW")]
        async with storage.database.use() as connection:
            assert await connection.fetchval("select version from gallery") == 2

    run(main())


def test_photos_are_kept_sealed_and_go_when_their_time_is_up(storage: Storage, run: Any) -> None:
    async def main() -> None:
        one, _ = await make_projects(storage)
        person = await make_member(storage, one)
        keep = storage.photos.keep
        await keep(person, b"OLD", source="photo", now_ms=GIVEN)
        await keep(person, b"PHOTO", source="photo", now_ms=GIVEN + 1)
        await keep(person, b"OTHER", source="YLS-00000001", now_ms=GIVEN + 2)
        async with storage.database.transaction() as connection:
            keyring = storage.photos._keyring
            sealers = await person_sealers(connection, keyring, BIOMETRIC, [person])
            rows = await connection.fetch("select * from enrolment_photo order by kept_ms")
            opened = [sealers[person].open(photo_place(row["id"]), row["sealed"]) for row in rows]
        assert opened == [b"PHOTO", b"OTHER"]
        assert await storage.photos.erase_before(GIVEN + 1) == 0
        assert await storage.photos.erase_before(GIVEN + 2) == 1
        assert await erasures(storage) == [("photos kept long enough", "1 photos destroyed")]
        found = await storage.people.person(person)
        assert found is not None
        assert len(found.pictures) == 1

    run(main())


def test_templates_of_those_who_left_lapse(storage: Storage, run: Any) -> None:
    async def main() -> None:
        one, _ = await make_projects(storage)
        left, stays, back = [await make_member(storage, one, n) for n in (1, 2, 3)]
        for person in (left, stays, back):
            await put(storage, one, person, b"FACE")
        end = wall_ms()
        async with storage.database.use() as connection:
            await connection.execute(
                "update engagement set to_ms = $1 where person = any($2::bigint[])",
                end,
                [left, back],
            )
        await storage.workers.engage(Engagement(person=back, project=one, from_ms=end + DAY))
        assert await storage.galleries.erase_lapsed(end - 1) == set()
        assert await storage.galleries.erase_lapsed(end) == {(one, left)}
        assert await erasures(storage) == [("people who left", "1 templates destroyed")]
        assert [member.person for member in await members(storage, one)] == [stays, back]

    run(main())


async def _blocked(storage: Storage) -> bool:
    async with storage.database.use() as connection:
        waiting = "select exists (select from pg_locks where not granted)"
        return bool(await connection.fetchval(waiting))


@pytest.mark.parametrize(
    "meanwhile",
    [
        "update consent set withdrawn_ms = given_ms",
        "update engagement set to_ms = from_ms + 1",
        "update project set verification_mode = 'device_only'",
    ],
)
def test_who_loses_the_right_while_a_template_is_made_gets_none(
    storage: Storage, run: Any, meanwhile: str
) -> None:
    async def main() -> None:
        one, _ = await make_projects(storage)
        person = await make_member(storage, one)
        await storage.galleries.reference(one, person)
        async with storage.database.transaction(turn=Turn.SLOW) as connection:
            await lock_people(connection, [person])
            await connection.execute(meanwhile)
            enrolling = asyncio.create_task(put(storage, one, person, b"LATE"))
            while not await _blocked(storage):
                assert not enrolling.done(), "it waits for what the other one does"
        with pytest.raises(StoreRefused):
            await enrolling
        assert await members(storage, one) == []

    run(main())
