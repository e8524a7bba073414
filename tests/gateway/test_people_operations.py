"""What operators do with people, on a real database; the matcher alone is played."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Awaitable
from dataclasses import replace
from typing import Any

import pytest
from gateway.storage.opening import Storage

from gateway.domain.enrolments import CheckedIris, EnrolmentResult
from gateway.domain.errors import GatepostError
from gateway.domain.ids import PersonId, ProjectId
from gateway.domain.workers import VerificationMode
from tests.support.people import id_number, make_projects, template
from tests.support.people_desks import ACCEPTED, CONSENT, DAY, PHOTO, REFUSED, Desk, OnStorage


async def code_of(asked: Awaitable[object]) -> str:
    with pytest.raises(GatepostError) as caught:
        await asked
    assert caught.value.place
    assert caught.value.remedy
    return caught.value.code


def test_a_person_is_added_once_and_shown_masked(on_storage: OnStorage) -> None:
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

    on_storage(test)


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
    on_storage: OnStorage, changes: dict[str, Any], code: str
) -> None:
    async def test(storage: Storage) -> None:
        desk = Desk(storage)
        assert await code_of(desk.add(**changes)) == code
        assert await desk.count() == 0

    on_storage(test)


def test_an_engagement_that_meets_another_is_refused(on_storage: OnStorage) -> None:
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

    on_storage(test)


def test_a_photo_that_cannot_be_looked_at_stores_nothing(
    on_storage: OnStorage,
) -> None:
    async def test(storage: Storage) -> None:
        photo: dict[str, Any] = {"photo": b64encode(PHOTO).decode()}
        agreed: dict[str, Any] = {**photo, "consents": [CONSENT]}
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

    on_storage(test)


def test_an_accepted_photo_is_enrolled_and_kept(on_storage: OnStorage) -> None:
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
            "same_face_as": None,
            "same_face_score": None,
            "searched": False,
            "city": None,
            "infrared": False,
        }
        shown = await desk.calls["person.show"](person=added["person"])
        assert shown["photos"] == 1
        later = await desk.add(photo=encoded)  # the consent is in the ledger
        assert later["photo"]["accepted"]

    on_storage(test)


def test_what_an_operator_answers_for_is_asked_for_and_written_down(on_storage: OnStorage) -> None:
    async def test(storage: Storage) -> None:
        desk = Desk(storage)
        desk.answer = EnrolmentResult(accepted=True, waived=("eyes", "same_face"), searched=True)
        added = await desk.add(
            consents=[CONSENT],
            photo=b64encode(PHOTO).decode(),
            overrides=["same_face", "card_photo"],
        )
        assert desk.asked[0][-2:] == ("card_photo", "same_face")
        assert desk.log.named("people.overridden") == [
            {"person": added["person"], "codes": "same_face", "by": "op"}
        ]

    on_storage(test)


def test_a_refused_photo_leaves_the_person_and_no_picture(
    on_storage: OnStorage,
) -> None:
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

    on_storage(test)


async def _enrolled(desk: Desk) -> tuple[int, ProjectId]:
    """Add somebody with a template."""
    person = PersonId((await desk.add(consents=[CONSENT]))["person"])
    projects = (await desk.storage.directory.load()).projects.values()
    (site,) = [one.id for one in projects if one.code == "P1"]
    reference = await desk.storage.galleries.reference(site, person)
    await desk.storage.galleries.enrol(site, [template(person, reference, b"face")])
    desk.told.clear()
    return person, site


def test_dismissal_tells_whoever_holds_the_gallery(on_storage: OnStorage) -> None:
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
        confused = int(id_number(1)[:17])
        with pytest.raises(GatepostError, match=r"person\.unknown") as caught:
            await calls["person.show"](person=confused)
        assert str(confused) not in str(caught.value)

    on_storage(test)


def test_withdrawal_tells_everybody_and_consent_begins_anew(
    on_storage: OnStorage,
) -> None:
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

    on_storage(test)


def test_a_card_is_stored_with_the_person_and_shown_masked(on_storage: OnStorage) -> None:
    async def test(storage: Storage) -> None:
        desk = Desk(storage)
        card = {"nation": "汉", "address": "样省样市", "valid_to": "长期"}
        added = await desk.add(card=card)
        assert added["card"] == {"nation": "**", "address": "样**", "valid_to": "长期"}
        assert (await desk.add())["card"] == added["card"]
        assert await code_of(desk.add(card={"birth": "1970-01-01"})) == "card.birth"

    on_storage(test)


def test_an_infrared_picture_and_irises_are_kept_beside_the_photo(on_storage: OnStorage) -> None:
    async def test(storage: Storage) -> None:
        desk = Desk(storage)
        desk.answer = replace(ACCEPTED, infrared=True)
        pictures: dict[str, Any] = {
            name: b64encode(data).decode()
            for name, data in (("photo", PHOTO), ("infrared", b"IR"), ("iris_left", b"EYE"))
        }
        added = await desk.add(consents=[CONSENT], **pictures)
        assert desk.asked[0][-1] == b"IR"
        assert desk.asked[1][2:] == (b"EYE",)
        left = added["irises"].pop("iris_left")
        assert (left["accepted"], left["code"], added["irises"]) == (True, None, {})
        shown = await desk.calls["person.show"](person=added["person"])
        assert shown["pictures"] == ["infrared", "iris_left", "photo"]
        desk.answer = replace(ACCEPTED, infrared=False)
        desk.iris = CheckedIris(report=None, refused=("picture.format",))
        again = await desk.add(2, consents=[CONSENT], **pictures)
        assert again["irises"]["iris_left"]["refused"] == ["picture.format"]
        shown = await desk.calls["person.show"](person=again["person"])
        assert shown["pictures"] == ["photo"], "what is unfit is not kept"

    on_storage(test)


def test_a_picture_in_infrared_needs_one_in_visible_light(on_storage: OnStorage) -> None:
    async def test(storage: Storage) -> None:
        desk = Desk(storage)
        infrared = b64encode(b"IR").decode()
        assert await code_of(desk.add(infrared=infrared)) == "person.picture"
        assert await code_of(desk.add(iris_left=infrared)) == "enrolment.no_consent"
        assert await desk.count() == 0

    on_storage(test)
