"""People and faces of a simulated terminal, and what it says to those it does not take."""

from __future__ import annotations

from typing import Any

import pytest
from gateway.codecs.hikvision.isapi_device.habits import Habits
from gateway.codecs.hikvision.isapi_device.people import MOST_PEOPLE
from gateway.codecs.http.multipart import LONGEST_BOUNDARY

from tests.codecs.hikvision.isapi.bench import Answered, Bench
from tests.support.jpegs import jpeg

USERS = "/ISAPI/AccessControl/UserInfo"
FACES = "/ISAPI/Intelligent/FDLib"
JPEG = jpeg()


def user(person: Any = "10027", **more: Any) -> dict[str, Any]:
    valid = {"enable": True, "beginTime": "2026-01-01T00:00:00", "endTime": "2035-12-31T23:59:59"}
    told = {"employeeNo": person, "name": "Ana Ruiz", "userType": "normal", "Valid": valid}
    return {"UserInfo": {**told, **more}}


def add(bench: Bench, *persons: str) -> None:
    for person in persons:
        assert bench.ask("POST", f"{USERS}/Record?format=json", user(person)).status == 200


def upload(
    bench: Bench,
    how: tuple[str, str] = ("POST", "FaceDataRecord"),
    *,
    person: str = "10027",
    picture: bytes = JPEG,
    quote: str = '"',
    told: str = '"faceLibType":"blackFD","FDID":"1"',
) -> Answered:
    lines = (
        "--b",
        f"Content-Disposition: form-data; name={quote}FaceDataRecord{quote}",
        "Content-Type: application/json",
        "",
        f'{{{told},"FPID":"{person}"}}',
        "--b",
        f"Content-Disposition: form-data; name={quote}img{quote}; filename={quote}f.jpg{quote}",
        "Content-Type: image/jpeg",
        "",
        "",
    )
    body = "\r\n".join(lines).encode() + picture + b"\r\n--b--\r\n"
    kind = "multipart/form-data; boundary=b"
    return bench.ask(how[0], f"{FACES}/{how[1]}?format=json", body, kind)


def test_people_are_added_once_changed_listed_in_pages_counted_and_removed() -> None:
    bench = Bench(Habits(page=2))
    add(bench, "1", "2", "3")
    again = bench.ask("POST", f"{USERS}/Record?format=json", user("2"))
    assert (again.status, again.sub) == (400, "employeeNoAlreadyExist")
    assert again.json["errorCode"] == 0x60006020
    assert bench.ask("PUT", f"{USERS}/SetUp?format=json", user("2", name="B")).status == 200
    condition = {"searchID": "a", "searchResultPosition": 0, "maxResults": 30}
    told = bench.ask("POST", f"{USERS}/Search?format=json", {"UserInfoSearchCond": condition}).json
    found = told["UserInfoSearch"]
    assert (found["responseStatusStrg"], found["totalMatches"]) == ("MORE", 3)
    assert [one["name"] for one in found["UserInfo"]] == ["Ana Ruiz", "B"]
    gone = {"UserInfoDelCond": {"EmployeeNoList": [{"employeeNo": "1"}]}}
    assert bench.ask("PUT", f"{USERS}/Delete?format=json", gone).status == 200
    assert bench.ask("GET", f"{USERS}/Count?format=json").json["UserInfoCount"]["userNumber"] == 2


@pytest.mark.parametrize(
    ("method", "path", "body", "sub"),
    [
        ("PUT", "Modify", user("9"), "employeeNoNotExist"),
        ("POST", "Record", user(None), "MessageParametersLack"),
        ("POST", "Record", user(""), "MessageParametersLack"),
        ("POST", "Record", user("1" * 33), "badParameters"),
        ("POST", "Record", user(name="x" * 129), "badParameters"),
        ("POST", "Record", user(userType="king"), "badParameters"),
        ("POST", "Record", user(Valid={"enable": True}), "MessageParametersLack"),
        ("POST", "Record", {"Person": {}}, "MessageParametersLack"),
        ("PUT", "Record", user(), "methodNotAllowed"),
    ],
)
def test_who_cannot_be_kept_is_refused_in_the_makers_words(
    method: str, path: str, body: dict[str, Any], sub: str
) -> None:
    assert Bench().ask(method, f"{USERS}/{path}?format=json", body).sub == sub


def test_a_full_store_takes_nobody_else_and_still_changes_whom_it_has() -> None:
    bench = Bench()
    for number in range(MOST_PEOPLE):
        bench.terminal.people.known[str(number)] = {"employeeNo": str(number)}
    full = bench.ask("POST", f"{USERS}/Record?format=json", user("new"))
    assert full.sub == "beyondARGSRangeLimit"
    assert bench.ask("PUT", f"{USERS}/SetUp?format=json", user("7")).status == 200


def test_a_removal_without_a_list_removes_everybody_as_on_a_real_unit() -> None:
    bench = Bench()
    add(bench, "1", "2")
    detail = f"{USERS}Detail/Delete?format=json"
    lack = bench.ask("PUT", detail, {"UserInfoDetail": {"mode": "byEmployeeNo"}})
    assert lack.sub == "MessageParametersLack"
    assert len(bench.terminal.people.known) == 2
    assert bench.ask("PUT", detail, {"UserInfoDetail": {"mode": "all"}}).status == 200
    assert bench.terminal.people.known == {}


def test_a_face_is_added_once_replaced_and_goes_with_its_person() -> None:
    bench = Bench()
    add(bench, "10027")
    assert upload(bench).status == 200
    again = upload(bench)
    assert (again.status, again.sub) == (400, "deviceUserAlreadyExistFace")
    assert upload(bench, ("PUT", "FDSetUp"), picture=jpeg(note="later")).status == 200
    assert bench.terminal.people.faces["10027"] == jpeg(note="later")
    gone = {"UserInfoDetail": {"mode": "byEmployeeNo", "EmployeeNoList": [{"employeeNo": "10027"}]}}
    assert bench.ask("PUT", f"{USERS}Detail/Delete?format=json", gone).status == 200
    assert bench.terminal.people.faces == {}


@pytest.mark.parametrize(
    ("more", "sub"),
    [
        ({"person": "9"}, "employeeNoNotExist"),
        ({"picture": b"<html>"}, "SubpicAnalysisModelingError"),
        ({"picture": JPEG[:-20]}, "SubpicAnalysisModelingError"),
        ({"picture": JPEG + bytes(200 * 1024)}, "badJsonFormat"),
        ({"told": '"FDID":"1"'}, "MessageParametersLack"),
        ({"told": '"faceLibType":"blackFD","FDID":"2"'}, "badParameters"),
    ],
)
def test_a_face_that_cannot_be_taken_is_refused_in_the_makers_words(
    more: dict[str, Any], sub: str
) -> None:
    bench = Bench()
    add(bench, "10027")
    assert upload(bench, **more).sub == sub
    assert bench.terminal.people.faces == {}


def test_some_firmware_wants_the_names_of_parts_bare() -> None:
    bench = Bench(Habits(bare_names=True))
    add(bench, "10027")
    assert upload(bench).sub == "badJsonFormat"
    assert upload(bench, quote="").status == 200


def test_a_body_without_usable_parts_is_refused() -> None:
    bench = Bench()
    kind = f"multipart/form-data; boundary={'b' * (LONGEST_BOUNDARY + 1)}"
    answer = bench.ask("POST", f"{FACES}/FaceDataRecord?format=json", b"--b\r\n", kind)
    assert answer.sub == "badJsonFormat"
