"""``gatepost person`` as an operator types it: with a gateway without a matcher, and with none."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.test_mistakes import gatepost, refused
from tests.support.gateways import Gateway, Site, running
from tests.support.people import id_number
from tests.support.postgres import open_folder

SITE = """
[[areas]]
code = "990000"
name = "Sample county"
[[projects]]
code = "P1"
name = "Site"
area = "990000"
verification = "central_gallery"
[[projects]]
code = "P2"
name = "Site"
area = "990000"
"""


@pytest.fixture(scope="module")
def gateway() -> Iterator[Gateway]:
    with open_folder() as folder:
        site = Site(folder)
        with running(site) as started:
            (folder / "site.toml").write_text(SITE)
            (folder / "agreed.txt").write_text("I agree.")
            (folder / "face.jpg").write_bytes(b"\xff\xd8face")
            assert gatepost(folder, "directory", "import", "site.toml").returncode == 0
            yield started


@pytest.fixture
def folder(gateway: Gateway) -> Path:
    return gateway.site.config.parent


def add(folder: Path, sequence: int, *words: str) -> subprocess.CompletedProcess[str]:
    who = ("--id-number", id_number(sequence), "--name", "样本甲", "--project", "P1")
    return gatepost(folder, "person", "add", *who, *words)


def person(ran: subprocess.CompletedProcess[str]) -> str:
    assert (ran.returncode, ran.stderr) == (0, "")
    return ran.stdout.split("person ")[1].split(",")[0]


def test_the_life_of_a_person(folder: Path, gateway: Gateway) -> None:
    agreed = ("--consent", "bio_network", "--consent-text", "agreed.txt", "--how", "signature")
    added = add(folder, 1, *agreed, "--from", "2026-01-01")
    number = person(added)
    masked = "990000********" + id_number(1)[-4:]
    assert added.stdout == f"Registered: person {number}, 样** {masked}.\n"
    assert add(folder, 1, *agreed, "--from", "2026-01-01").stdout.startswith("Known: person ")
    shown = gatepost(folder, "person", "show", number).stdout
    assert f"person {number}: 样** {masked}\n" in shown
    assert "on P1: 2026-01-01 00:00 to open\n" in shown
    assert "bio_network: in force" in shown
    listed = json.loads(gatepost(folder, "person", "list", "--project", "P1", "--json").stdout)
    assert number in {str(one["person"]) for one in listed}
    withdrawn = gatepost(folder, "person", "withdraw", number, "bio_network")
    assert "offer a card" in withdrawn.stdout
    given = ("--consent-text", "agreed.txt", "--how", "signature", "--by", "clerk")
    assert gatepost(folder, "person", "consent", number, "bio_network", *given).returncode == 0
    shown = gatepost(folder, "person", "show", number).stdout
    assert "bio_network: withdrawn " in shown
    assert "to agreed (signature, taken by clerk)" in shown
    assert gatepost(folder, "person", "dismiss", number, "--project", "P1").returncode == 0
    again = gatepost(folder, "person", "dismiss", number, "--project", "P1")
    refused(again, "person.not_engaged", f"person {number} on project P1")
    changes = [line for line in gateway.lines() if line["event"] == "people.changed"]
    assert {"add", "withdraw", "consent", "dismiss"} <= {line["what"] for line in changes}


def test_the_number_is_asked_for_where_it_is_not_given(folder: Path) -> None:
    who = ("--name", "B", "--project", "P2")
    ran = gatepost(folder, "person", "add", *who, stdin=id_number(2) + "\n")
    assert "Registered: person " in ran.stdout


def test_a_photo_nobody_can_look_at_stores_nobody(folder: Path) -> None:
    agreed = ("--consent", "bio_network", "--consent-text", "agreed.txt", "--how", "signature")
    refused(add(folder, 3, *agreed, "--photo", "face.jpg"), "enrolment.no_matcher", "photo")
    assert add(folder, 3).stdout.startswith("Registered"), "nothing was stored before"


def test_mistakes_name_what_to_do_and_repeat_no_number(folder: Path) -> None:
    for ran, code, place in (
        (add(folder, 4, "--from", "soon"), "person.date", "--from"),
        (add(folder, 4, "--photo", "none.jpg"), "person.file", "--photo"),
        (gatepost(folder, "person", "show", "4000000000"), "person.unknown", "person 4000000000"),
        (gatepost(folder, "person", "list", "--project", "P9"), "project.unknown", "project"),
    ):
        said = refused(ran, code, place)
        assert id_number(4) not in said
    wrong = id_number(4)[:17] + ("0" if id_number(4)[17] != "0" else "1")
    who = ("--id-number", wrong, "--name", "A", "--project", "P1")
    said = refused(gatepost(folder, "person", "add", *who), "identity.check_digit", "id_number")
    assert wrong not in said
    for half in (("--consent", "bio_network"), ("--card-photo", "face.jpg")):
        assert add(folder, 4, *half).returncode == 2


def test_a_folder_is_imported_with_its_mistakes_told(folder: Path, gateway: Gateway) -> None:
    people = folder / "people"
    people.mkdir()
    (people / "people.csv").write_text(
        f"证件号码,姓名\n{id_number(5)},样本乙\n{id_number(6)[:17]},样本丙\n{id_number(7)},样本丁\n",
        encoding="utf-8-sig",
    )
    ran = gatepost(folder, "person", "import", "people", "--project", "P2")
    assert ran.returncode == 1
    assert ran.stderr.startswith("line 3, id_number: [identity.length] 17 characters")
    assert ran.stdout == "Stored 2 people, 2 of them new, and 0 photos; 1 mistakes.\n"
    logged = gateway.site.log.read_text(encoding="utf-8")
    assert not any(id_number(n) in logged for n in range(1, 8))
    assert "样本" not in logged


def test_without_a_gateway_the_database_is_opened_once(folder: Path) -> None:
    with open_folder() as elsewhere:
        quiet = {"GATEPOST_GATEWAY__DATA_DIR": str(elsewhere / "data")}
        none = gatepost(elsewhere, "person", "list", "--project", "P1", **quiet)
        refused(none, "database.none", str(elsewhere / "data"))
        site = str(folder / "site.toml")
        assert gatepost(elsewhere, "directory", "import", site, **quiet).returncode == 0
        (elsewhere / "people.csv").write_text(
            f"id_number,name,project\n{id_number(8)},A,P1\n{id_number(9)},B,P1\n"
        )
        ran = gatepost(elsewhere, "person", "import", ".", **quiet)
        assert (ran.returncode, ran.stderr.count("opening the database")) == (0, 1)
        assert ran.stdout == "Stored 2 people, 2 of them new, and 0 photos; 0 mistakes.\n"
        photo = ("--photo", str(folder / "face.jpg"))
        who = ("--id-number", id_number(9), "--name", "B", "--project", "P1")
        ran = gatepost(elsewhere, "person", "add", *who, *photo, **quiet)
        refused(ran, "enrolment.not_running", "photo")


def test_a_city_that_is_off_says_so(folder: Path) -> None:
    ran = gatepost(folder, "person", "dispute", "face.jpg", "--reason", "a wage nobody claims")
    refused(ran, "city.off", "city gallery")
    refused(gatepost(folder, "city", "end", "--reason", "x"), "city.off", "city gallery")
    ran = gatepost(folder, "person", "duplicates", "--known")
    assert (ran.returncode, ran.stdout) == (0, "0 pairs.\n")


def test_a_consent_to_the_city_is_one_of_its_own(folder: Path) -> None:
    words = ("--city-consent", "agreed.txt", "--how", "signature")
    number = person(add(folder, 60, *words))
    shown = gatepost(folder, "person", "show", number).stdout
    assert "city_gallery: in force" in shown
    assert "bio_network" not in shown
    ran = gatepost(folder, "person", "withdraw", number, "city_gallery")
    assert (ran.returncode, "is destroyed" in ran.stdout) == (0, True)
    ran = add(folder, 61, "--city-consent", "agreed.txt")
    assert (ran.returncode, "needs --how" in ran.stderr) == (2, True)


def test_nothing_is_to_be_filed_of_a_few_people(folder: Path, gateway: Gateway) -> None:
    ran = gatepost(folder, "person", "filing")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.startswith("0 people; a filing is due from 100000 on")
    refused(gatepost(folder, "person", "filing", "--filed", "F-1"), "filing.refused", "filing")
    assert gateway.figure("gatepost_face_people") == 0
    assert gateway.figure("gatepost_face_filing_due_seconds") == 0
