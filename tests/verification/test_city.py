"""The city-wide gallery at a real gateway: told to operators, kept apart, and never at a gate."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from gateway.codecs.yls.device_events import Decided

from gateway.domain.vocabulary import Decision
from tests.support.faces import portrait
from tests.support.gateways import Gateway, Site, running
from tests.verification.askers import asking
from tests.verification.gates import (
    SERIAL,
    SETTINGS,
    gatepost,
    granted,
    id_number,
    place,
    prepared_site,
    ready,
    told_number,
)

REASON = ("--reason", "a wage nobody claims")


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with prepared_site(f"{SETTINGS}\n[city_gallery]\nenabled = true\n") as site:
        yield site


@pytest.fixture(scope="module")
def gateway(site: Site) -> Iterator[Gateway]:
    with running(site) as gateway:
        place(gateway)
        yield gateway


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    (folder / "consent.txt").write_text("I agree.")
    (folder / "city.txt").write_text("I agree to the city.")
    (folder / "decision.txt").write_text("There shall be a gallery.")
    return folder


@pytest.fixture
def city(gateway: Gateway, site: Site, folder: Path) -> Iterator[Site]:
    """A gallery that is decided on, and ended with everybody in it."""
    del gateway
    code, said = gatepost(
        site, "city", "decide", "--area", "990000", "--text", str(folder / "decision.txt"),
        "--decided-by", "Sample office",
    )  # fmt: skip
    assert code == 0, said
    yield site
    code, said = gatepost(site, "city", "end", "--reason", "the test is over")
    assert code == 0, said
    assert site.query("select 1 from city_template") == []
    assert site.query("select 1 from person_key where class = 'city'") == []


def enrol(
    site: Site, folder: Path, number: int, face: tuple[int, int], project: str, *more: str
) -> tuple[int, str]:
    """Enrol a picture of an ORL person under a number; return the person's and what was said."""
    photo = folder / "photo.jpg"
    photo.write_bytes(portrait(*face))
    code, said = gatepost(
        site, "person", "add", "--id-number", id_number(number), "--name", "样本",
        "--project", project, "--consent", "bio_network", "--consent-text",
        str(folder / "consent.txt"), "--how", "signature", "--photo", str(photo), *more,
    )  # fmt: skip
    assert code == 0, said
    return told_number(said), said


def citizen(
    site: Site, folder: Path, number: int, face: tuple[int, int], project: str = "P1"
) -> tuple[int, str]:
    return enrol(site, folder, number, face, project, "--city-consent", str(folder / "city.txt"))


def dispute(site: Site, folder: Path, face: tuple[int, int]) -> list[int]:
    """Ask whom a picture resembles."""
    photo = folder / "disputed.jpg"
    photo.write_bytes(portrait(*face))
    code, said = gatepost(site, "person", "dispute", str(photo), *REASON, "--json")
    assert code == 0, said
    found = json.loads(said)
    assert all(one["score"] >= 0.55 for one in found)
    return [one["person"] for one in found]


def duplicates(site: Site, *more: str) -> list[dict[str, Any]]:
    code, said = gatepost(site, "person", "duplicates", "--json", *(more or REASON))
    assert code == 0, said
    found: list[dict[str, Any]] = json.loads(said)
    return found


def test_a_setting_alone_makes_no_gallery(gateway: Gateway, site: Site, folder: Path) -> None:
    number, said = citizen(site, folder, 1, (11, 1))
    assert "city-wide" not in said
    assert site.query("select 1 from city_template") == []
    for words in (("dispute", str(folder / "photo.jpg")), ("duplicates",)):
        code, said = gatepost(site, "person", *words, *REASON)
        assert (code, "[city.off]" in said) == (1, True), said
    code, said = gatepost(site, "city", "show")
    assert (code, said.startswith("No decision is in force")) == (0, True)
    assert gateway.figure("gatepost_city_people") == 0
    assert number


def test_one_face_under_two_numbers_of_two_projects_is_told_and_not_merged(
    city: Site, folder: Path, gateway: Gateway
) -> None:
    first, said = citizen(city, folder, 2, (12, 1), "P1")
    assert "Warning" not in said
    assert "The city-wide gallery has it as well." in said
    second, said = citizen(city, folder, 3, (12, 2), "P2")
    assert "The photo was enrolled" in said
    assert "Warning [city_double]" in said
    (case,) = duplicates(city)
    assert case["people"] == sorted([first, second])
    assert case["score"] > 0.55
    assert f"case {case['reference']}: person {case['people'][0]}" in said
    gateway.await_logged("city.warned", person=second, code="city_double")
    held = city.query("select person from city_template order by person")
    assert [row["person"] for row in held] == sorted([first, second]), "two people, as before"
    settled = ("settle", str(case["reference"]), "--as", "different", "--reason", "brothers")
    code, said = gatepost(city, "person", *settled)
    assert code == 0, said
    assert duplicates(city) == []
    (known,) = duplicates(city, "--known")
    assert (known["reference"], known["verdict"]) == (case["reference"], "different")
    _, said = citizen(city, folder, 3, (12, 3), "P2")
    assert "Warning" not in said, "settled is settled"


def test_another_face_under_a_known_number_is_told(city: Site, folder: Path) -> None:
    number, _ = citizen(city, folder, 4, (13, 1), "P1")
    other, said = citizen(city, folder, 4, (14, 1), "P2")
    assert other == number
    assert "Warning [city_unlike]" in said


def test_who_agreed_to_the_project_alone_is_not_in_the_city(city: Site, folder: Path) -> None:
    _, said = enrol(city, folder, 5, (15, 1), "P1")
    assert "city-wide" not in said
    assert city.query("select 1 from city_template") == []
    assert dispute(city, folder, (15, 1)) == []
    # Nor is a face of theirs compared with the city: nobody is told of whoever has it there.
    citizen(city, folder, 6, (15, 2), "P2")
    code, said = gatepost(
        city, "person", "add", "--id-number", id_number(5), "--name", "样本", "--project", "P1",
        "--photo", str(folder / "photo.jpg"),
    )  # fmt: skip
    assert code == 0, said
    assert "city" not in said


def test_a_dispute_is_answered_and_accounted_for_and_opens_no_gate(
    city: Site, folder: Path, gateway: Gateway
) -> None:
    number, _ = citizen(city, folder, 7, (16, 1), "P2")
    assert dispute(city, folder, (16, 2)) == [number]
    assert dispute(city, folder, (30, 1)) == []
    assert gateway.figure("gatepost_city_people") == 1
    (first, second) = city.query(
        "select action, detail from audit where action = 'CITY_DISPUTE' order by seq desc limit 2"
    )
    assert first["detail"] == "a wage nobody claims; told of nobody"
    assert second["detail"].startswith(f"a wage nobody claims; told of {number} (")
    with asking(SERIAL, city.port) as gate:
        ready(gate)
        for claim in (0, number):
            said = gate.by_picture(portrait(16, 1), claim=claim)
            assert isinstance(said, Decided)
            assert said.decision in (Decision.STRANGER, Decision.NOT_ON_ROSTER)


def test_withdrawing_takes_the_template_there_at_once_and_leaves_the_gate(
    city: Site, folder: Path
) -> None:
    number, _ = citizen(city, folder, 8, (17, 1))
    stays, _ = citizen(city, folder, 9, (18, 1))
    assert dispute(city, folder, (17, 1)) == [number]
    code, said = gatepost(city, "person", "withdraw", str(number), "city_gallery")
    assert (code, "is destroyed" in said) == (0, True), said
    assert dispute(city, folder, (17, 1)) == []
    assert dispute(city, folder, (18, 1)) == [stays]
    held = city.query("select person from city_template")
    assert [row["person"] for row in held] == [stays]
    with asking(SERIAL, city.port) as gate:
        ready(gate)
        assert granted(gate.by_picture(portrait(17, 1)), number)
    code, said = gatepost(city, "person", "dismiss", str(stays), "--project", "P1")
    assert code == 0, said
    assert dispute(city, folder, (18, 1)) == []


def test_a_renewal_changes_what_is_stored_and_not_what_is_found(city: Site, folder: Path) -> None:
    number, _ = citizen(city, folder, 10, (19, 1))
    assert dispute(city, folder, (19, 2)) == [number]
    (before,) = city.query("select sealed from city_template")
    code, said = gatepost(city, "city", "renew", "--reason", "a disk was lost")
    assert (code, said) == (0, "Renewed: 1 templates went through another secret.\n")
    (after,) = city.query("select sealed from city_template")
    assert after["sealed"] != before["sealed"]
    assert city.query("select version from city_gallery")[0]["version"] == 2
    assert dispute(city, folder, (19, 2)) == [number]
    code, said = gatepost(city, "city", "show")
    assert "1 people have templates in it." in said


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("person", "dispute", "PHOTO", "--reason", " "), "city.reason"),
        (("person", "settle", "4711", "--as", "same", "--reason", "x"), "city.case_unknown"),
        (("city", "decide", "--area", "9", "--text", "PHOTO", "--decided-by", "x"), "city.area"),
        (
            ("city", "decide", "--area", "990000", "--text", "PHOTO", "--decided-by", "x"),
            "city.decided",
        ),
    ],
)
def test_what_is_wrong_is_said(city: Site, folder: Path, words: tuple[str, ...], code: str) -> None:
    photo = folder / "photo.jpg"
    photo.write_bytes(portrait(1, 1))
    done, said = gatepost(city, *(str(photo) if one == "PHOTO" else one for one in words))
    assert (done, f"[{code}]" in said) == (1, True), said


def test_a_picture_nobody_is_in_is_refused_by_name(city: Site, folder: Path) -> None:
    photo = folder / "empty.jpg"
    photo.write_bytes(b"\xff\xd8nobody")
    code, said = gatepost(city, "person", "dispute", str(photo), *REASON)
    assert (code, "[picture." in said) == (1, True), said
