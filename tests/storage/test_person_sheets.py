"""Somebody in clear, for one order: name, engagement, consents and photo of one moment."""

from __future__ import annotations

from typing import Any

from gateway.storage.opening import Storage

from gateway.domain.ids import PersonId
from gateway.domain.workers import Engagement, PersonSheet, Subject
from tests.support.people import GIVEN, NAME, consent, make_member, make_projects

PHOTO = b"\xff\xd8PHOTO-OF-SOMEBODY" * 3000
LATER = GIVEN + 1_000


def test_a_sheet_has_what_is_true_at_its_moment(storage: Storage, run: Any) -> None:
    async def main() -> None:
        project, other = await make_projects(storage)
        person = await make_member(storage, project)
        sheets, bio = storage.sheets, frozenset({Subject.BIO_NETWORK})
        on = Engagement(person=person, project=project, from_ms=GIVEN)
        bare = PersonSheet(name=NAME, engagement=on, agreed=bio)
        assert await sheets.sheet(person, project, LATER) == bare
        await storage.photos.keep(person, b"\xff\xd8infrared", source="infrared", now_ms=GIVEN)
        assert await sheets.sheet(person, project, LATER) == bare
        await storage.photos.keep(person, PHOTO, source="photo", now_ms=GIVEN)
        await storage.workers.consent(consent(person, Subject.FACE_LOCAL))
        both = bio | {Subject.FACE_LOCAL}
        full = PersonSheet(name=NAME, engagement=on, agreed=both, photo=PHOTO)
        assert await sheets.sheet(person, project, LATER) == full
        assert NAME not in repr(full)
        assert "PHOTO" not in repr(full)
        for where, when in ((other, LATER), (project, GIVEN - 1)):
            found = await sheets.sheet(person, where, when)
            assert found is not None
            assert found.engagement is None

    run(main())


def test_withdrawal_and_dismissal_are_in_the_next_sheet(storage: Storage, run: Any) -> None:
    async def main() -> None:
        project, _ = await make_projects(storage)
        person = await make_member(storage, project)
        await storage.photos.keep(person, PHOTO, source="photo", now_ms=GIVEN)
        await storage.workers.withdraw(person, Subject.BIO_NETWORK, LATER)
        await storage.workers.dismiss(person, project, LATER)
        found = await storage.sheets.sheet(person, project, LATER)
        assert found == PersonSheet(name=NAME, engagement=None, agreed=frozenset())

    run(main())


def test_nobody_has_no_sheet_nor_has_who_was_erased(storage: Storage, run: Any) -> None:
    async def main() -> None:
        project, _ = await make_projects(storage)
        person = await make_member(storage, project)
        assert await storage.sheets.sheet(PersonId(person + 1), project, LATER) is None
        async with storage.database.use() as connection:
            await connection.execute("delete from person_key where class = 'identity'")
        assert await storage.sheets.sheet(person, project, LATER) is None

    run(main())
