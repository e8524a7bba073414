"""What operators do with people, on a real database; the matcher alone is played."""

from __future__ import annotations

import asyncio
import hashlib
import json
from base64 import b64encode
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from gateway.storage.opening import Storage, open_storage
from gateway.storage.supervisor import EmbeddedServer

from gateway.domain.enrolments import EnrolmentResult
from gateway.domain.errors import GatepostError
from gateway.domain.ids import PersonId, ProjectId
from gateway.domain.quality import Finding, PictureReport
from gateway.domain.workers import VerificationMode
from gateway.people_enrolment import PeopleRuntime
from gateway.people_operations import PeopleOperations
from tests.support import postgres
from tests.support.people import GIVEN, id_number, make_projects, template
from tests.support.sessions import SilentLog

DAY = 86_400_000
PHOTO = b"\xff\xd8somebody"
CONSENT = {
    "subject": "bio_network",
    "text_version": "v1",
    "text_digest": hashlib.sha256(b"text").hexdigest(),
    "how": "signature",
    "taken_by": "clerk",
}
ACCEPTED = EnrolmentResult(
    accepted=True, waived=("iris_radius",), card_score=0.6, card_threshold=0.4
)
REFUSED = EnrolmentResult(
    accepted=False,
    report=PictureReport(
        format="jpeg",
        width=480,
        height=640,
        faces=1,
        findings=(
            Finding(code="eyes", rule="R-062", measured=50.0, limit=">= 64 px", met=False),
            Finding(code="faces", rule="R-068", measured=1, limit="1", met=True),
        ),
    ),
    refused=("eyes",),
)


class Desk:
    """The operations over a real store, with a matcher that answers as it is told."""

    def __init__(self, storage: Storage, *, running: bool = True, matcher: bool = True) -> None:
        self.storage = storage
        self.log = SilentLog()
        self.answer: EnrolmentResult | GatepostError = ACCEPTED
        self.asked: list[tuple[object, ...]] = []
        self.told: list[tuple[object, ...]] = []
        self.now = GIVEN + DAY
        runtime = PeopleRuntime(enrolments=self if matcher else None, watch=self, log=self.log)
        self.calls = PeopleOperations(
            storage, runtime if running else None, lambda: self.now
        ).calls()

    async def enrol_photo(
        self,
        person: PersonId,
        project: ProjectId,
        picture: bytes,
        *,
        source: str,
        card: bytes | None = None,
    ) -> EnrolmentResult:
        self.asked.append((person, project, picture, source, card))
        if isinstance(self.answer, GatepostError):
            raise self.answer
        return self.answer

    async def people_changed(self, project: ProjectId) -> None:
        self.told.append(("changed", project))

    async def templates_destroyed(self, project: ProjectId, person: PersonId) -> None:
        self.told.append(("destroyed", project, person))

    async def add(self, sequence: int = 1, **changes: Any) -> dict[str, Any]:
        given = {
            "id_number": id_number(sequence),
            "name": "样本甲",
            "project": "P1",
            "by": "op",
            **changes,
        }
        return dict(await self.calls["person.add"](**given))

    async def count(self) -> int:
        async with self.storage.database.use() as connection:
            return int(await connection.fetchval("select count(*) from person"))


Test = Callable[[Storage], Awaitable[None]]


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedServer]:
    with postgres.running_server() as started:
        yield started


@pytest.fixture
def run(server: EmbeddedServer, tmp_path: Path) -> Iterator[Callable[[Test], None]]:
    with postgres.fresh_database(server.dsn) as dsn:

        async def main(test: Test) -> None:
            storage = await open_storage(dsn, tmp_path / "keys" / "master.key")
            try:
                await make_projects(storage)
                await test(storage)
            finally:
                await storage.close()

        yield lambda test: asyncio.run(main(test))


async def code_of(asked: Awaitable[object]) -> str:
    with pytest.raises(GatepostError) as caught:
        await asked
    assert caught.value.place
    assert caught.value.remedy
    return caught.value.code


def test_a_person_is_added_once_and_shown_masked(run: Callable[[Test], None]) -> None:
    async def test(storage: Storage) -> None:
        desk = Desk(storage)
        first = await desk.add(consents=[CONSENT])
        assert first["new"]
        assert (first["name"], first["id_number"][:6]) == ("样**", "990000")
        assert first["engagements"] == [
            {"project": "P1", "from_ms": desk.now, "to_ms": None, "now": True}
        ]
        assert [one["subject"] for one in first["consents"]] == ["bio_network"]
        desk.now += DAY
        again = await desk.add(consents=[CONSENT])
        assert again == {**first, "new": False}
        (line,) = await desk.calls["person.list"](project="P1")
        assert (line["person"], line["engaged"], line["agreed"]) == (
            first["person"],
            True,
            ["bio_network"],
        )
        assert line["id_number"] == "9900" + "*" * 10 + id_number(1)[-4:]
        assert desk.log.named("people.changed")[0] == {
            "what": "add",
            "person": first["person"],
            "projects": ["P1"],
            "by": "op",
        }
        said = json.dumps([first, again, line, desk.log.lines], ensure_ascii=False)
        assert id_number(1) not in said
        assert "样本" not in said

    run(test)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"id_number": id_number(1)[:17]}, "identity.length"),
        ({"id_type": "99"}, "identity.type"),
        ({"name": " "}, "person.name"),
        ({"name": "样" * 22}, "person.name"),
        ({"name": "样\n本"}, "person.name"),
        ({"project": "P3"}, "project.unknown"),
        ({"from_ms": 2, "to_ms": 2}, "person.interval"),
        ({"consents": [{**CONSENT, "how": " "}]}, "person.consent"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_stored(
    run: Callable[[Test], None], changes: dict[str, Any], code: str
) -> None:
    async def test(storage: Storage) -> None:
        desk = Desk(storage)
        assert await code_of(desk.add(**changes)) == code
        assert await desk.count() == 0

    run(test)


def test_an_engagement_that_meets_another_is_refused(run: Callable[[Test], None]) -> None:
    async def test(storage: Storage) -> None:
        desk = Desk(storage)
        now = desk.now
        await desk.add(from_ms=now - DAY, to_ms=now + DAY)
        same = await desk.add(from_ms=now - DAY, to_ms=now + DAY)
        assert len(same["engagements"]) == 1
        assert len((await desk.add())["engagements"]) == 1, "engaged now is all that was asked"
        assert await code_of(desk.add(from_ms=now - DAY)) == "person.engaged"
        assert await code_of(desk.add(to_ms=now + 2 * DAY)) == "person.engaged"
        later = await desk.add(from_ms=now + DAY)
        assert len(later["engagements"]) == 2
        assert len((await desk.add(project="P2"))["engagements"]) == 3

    run(test)


def test_a_photo_that_cannot_be_looked_at_stores_nothing(run: Callable[[Test], None]) -> None:
    async def test(storage: Storage) -> None:
        photo = {"photo": b64encode(PHOTO).decode()}
        agreed = {**photo, "consents": [CONSENT]}
        stopped = Desk(storage, running=False)
        assert await code_of(stopped.add(**agreed)) == "enrolment.not_running"
        blind = Desk(storage, matcher=False)
        assert await code_of(blind.add(**agreed)) == "enrolment.no_matcher"
        desk = Desk(storage)
        assert await code_of(desk.add(**photo)) == "enrolment.no_consent"
        face = [{**CONSENT, "subject": "face_local"}]
        assert await code_of(desk.add(**photo, consents=face)) == "enrolment.no_consent"
        await make_projects(storage, VerificationMode.DEVICE_ONLY)
        assert await code_of(desk.add(**agreed)) == "enrolment.device_only"
        assert await desk.count() == 0
        assert desk.asked == []

    run(test)


def test_an_accepted_photo_is_enrolled_and_kept(run: Callable[[Test], None]) -> None:
    async def test(storage: Storage) -> None:
        desk = Desk(storage)
        encoded = b64encode(PHOTO).decode()
        added = await desk.add(
            consents=[CONSENT], photo=encoded, card_photo=b64encode(b"c").decode()
        )
        projects = (await storage.directory.load()).projects.values()
        (site,) = [one.id for one in projects if one.code == "P1"]
        assert desk.asked == [(added["person"], site, PHOTO, "photo", b"c")]
        assert added["photo"] == {
            "accepted": True,
            "refused": [],
            "waived": ["iris_radius"],
            "findings": [],
            "card_score": 0.6,
            "card_threshold": 0.4,
        }
        shown = await desk.calls["person.show"](person=added["person"])
        assert shown["photos"] == 1
        later = await desk.add(photo=encoded)  # the consent is in the ledger
        assert later["photo"]["accepted"]

    run(test)


def test_a_refused_photo_leaves_the_person_and_no_picture(run: Callable[[Test], None]) -> None:
    async def test(storage: Storage) -> None:
        desk = Desk(storage)
        desk.answer = REFUSED
        added = await desk.add(consents=[CONSENT], photo=b64encode(PHOTO).decode())
        assert (added["photo"]["accepted"], added["photo"]["refused"]) == (False, ["eyes"])
        assert added["photo"]["findings"] == [
            {"code": "eyes", "rule": "R-062", "measured": 50.0, "limit": ">= 64 px"}
        ]
        desk.answer = GatepostError("enrolment.busy", "too much to do.", remedy="Wait.")
        failed = await desk.add(photo=b64encode(PHOTO).decode())
        assert failed["photo"]["error"]["code"] == "enrolment.busy"
        shown = await desk.calls["person.show"](person=added["person"])
        assert (shown["photos"], shown["templates"]) == (0, 0)

    run(test)


async def _enrolled(desk: Desk) -> tuple[int, ProjectId]:
    """Add somebody with a template."""
    person = PersonId((await desk.add(consents=[CONSENT]))["person"])
    projects = (await desk.storage.directory.load()).projects.values()
    (site,) = [one.id for one in projects if one.code == "P1"]
    reference = await desk.storage.galleries.reference(site, person)
    await desk.storage.galleries.enrol(site, [template(person, reference, b"face")])
    desk.told.clear()
    return person, site


def test_dismissal_tells_whoever_holds_the_gallery(run: Callable[[Test], None]) -> None:
    async def test(storage: Storage) -> None:
        desk = Desk(storage)
        person, site = await _enrolled(desk)
        calls = desk.calls
        assert (await calls["person.show"](person=person))["templates"] == 1
        desk.now += 1
        shown = await calls["person.dismiss"](person=person, project="P1", by="op")
        assert (shown["templates"], shown["engagements"][0]["to_ms"]) == (0, desk.now)
        assert desk.told == [("destroyed", site, person), ("changed", site)]
        again = calls["person.dismiss"](person=person, project="P1", by="op")
        assert await code_of(again) == "person.not_engaged"
        assert await code_of(calls["person.show"](person=99)) == "person.unknown"

    run(test)


def test_withdrawal_tells_everybody_and_consent_begins_anew(run: Callable[[Test], None]) -> None:
    async def test(storage: Storage) -> None:
        desk = Desk(storage)
        person, site = await _enrolled(desk)
        calls = desk.calls
        await calls["person.withdraw"](person=person, subject="face_local", by="op")
        assert desk.told == [("changed", site)]
        desk.told.clear()
        desk.now += 1
        shown = await calls["person.withdraw"](person=person, subject="bio_network", by="op")
        assert (shown["templates"], shown["consents"][0]["in_force"]) == (0, False)
        assert desk.told == [("destroyed", site, person), ("changed", site)]
        desk.now += 1
        for _ in range(2):
            shown = await calls["person.consent"](person=person, consent=CONSENT, by="op")
        assert [one["in_force"] for one in shown["consents"]] == [False, True]

    run(test)
