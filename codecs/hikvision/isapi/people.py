"""People of a terminal: put there, removed with all that is theirs, listed.

What a terminal could not take is refused before anything is sent. A removal always names whom:
without a list a terminal removes everybody.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone

from gateway.codecs.errand import Call, Terms, pause
from gateway.codecs.hikvision.documents import Values
from gateway.codecs.hikvision.isapi.abilities import Ability, read_abilities
from gateway.codecs.hikvision.isapi.paging import Listing, Page, pages
from gateway.codecs.hikvision.isapi.talk import (
    Ended,
    Work,
    change,
    fetch,
    members,
    put_json,
    read,
    refuse,
)
from gateway.codecs.hikvision.values import number, text

from gateway.domain.commands import Outcome
from gateway.domain.people import ALL_DOORS, AskPeople, PersonDelete, PersonListed, PersonPut

USERS = "/ISAPI/AccessControl/UserInfo"
DETAIL = "/ISAPI/AccessControl/UserInfoDetail"
LISTING = Listing(f"{USERS}/Search?format=json", "UserInfoSearchCond", "UserInfoSearch", "UserInfo")
MOST_NUMBER = 32
"""Bytes of an employeeNo (certain)."""
MOST_LISTED = 100_000
ALWAYS = ("2000-01-01T00:00:00", "2037-12-31T23:59:59")
"""Where no day is named: terminals want both, and none after 2037 (inferred)."""
LOOKS, LOOK_SECONDS = 30, 2.0
"""How often and how soon a removal is looked after; the maker names no time."""
_ANYTHING = Ability()


def put_person(order: PersonPut, terms: Terms) -> Work[str]:
    """Have a terminal know a person as told; return what it added to its yes."""
    abilities, most = yield from _abilities()
    values = _values(order, int(terms.settings.get("utc_offset_minutes", 480)))
    _check(values, abilities)
    if order.templates or order.faces or order.irises or order.cards:
        raise refuse("unsupported", "people travel without cards and templates; send the picture")
    yield from _check_room(str(order.person), most, terms)
    if "setUp" in abilities.get("supportFunction", _ANYTHING).options:
        return (yield from change(_call("PUT", "SetUp", values))).said
    try:
        return (yield from change(_call("POST", "Record", values))).said
    except Ended as ended:
        if ended.code != "person_exists":
            raise
    return (yield from change(_call("PUT", "Modify", values))).said


def delete_person(order: PersonDelete, terms: Terms) -> Work[str]:
    """Remove a person with cards and faces, and wait until it is gone."""
    del terms
    whom = [{"employeeNo": str(order.person)}]
    detail = {"mode": "byEmployeeNo", "EmployeeNoList": whom}
    target = f"{DETAIL}/Delete?format=json"
    try:
        yield from change(put_json(target, "UserInfoDetail", detail, repeatable=True))
    except Ended as ended:
        if ended.code != "unsupported":
            raise
        condition = {"EmployeeNoList": whom}
        target = f"{USERS}/Delete?format=json"
        call = put_json(target, "UserInfoDelCond", condition, repeatable=True)
        return (yield from change(call)).said
    return (yield from _await_removal())


def list_people(order: AskPeople, terms: Terms) -> Work[tuple[tuple[PersonListed, ...], int]]:
    """Return everybody, and how many there are according to the terminal."""
    del order
    found: list[PersonListed] = []
    totals = [0]

    def take(page: Page) -> Work[None]:
        totals.append(page.total)
        found.extend(map(_listed, page.rows))
        yield from ()

    yield from pages(LISTING, {}, terms, take, MOST_LISTED)
    return tuple(found), max(totals)


def _await_removal() -> Work[str]:
    for _ in range(LOOKS):
        told = yield from read(f"{DETAIL}/DeleteProcess?format=json", "UserInfoDetailDeleteProcess")
        status = text(told.get("status"))
        if status == "success":
            return ""
        if status == "failed":
            raise refuse("device_refused", "the removal failed")
        yield from pause(LOOK_SECONDS)
    raise Ended(Outcome.UNANSWERED, "slow", "the removal does not end")


def _abilities() -> Work[tuple[Mapping[str, Ability], int | None]]:
    answer = yield from fetch(f"{USERS}/capabilities?format=json")
    told = members(answer, "UserInfo")
    return read_abilities(answer, "UserInfo"), number(told.get("maxRecordNum"))


def _check(values: Values, abilities: Mapping[str, Ability]) -> None:
    for name, least_bound in (("employeeNo", MOST_NUMBER), ("name", None)):
        size, most = len(str(values[name]).encode()), abilities.get(name, _ANYTHING).most
        bound = min(one for one in (most, least_bound, size) if one is not None)
        if size > bound:
            raise refuse("bad_value", f"{name} has {size} bytes, the terminal takes {bound}")


def _check_room(person: str, most: int | None, terms: Terms) -> Work[None]:
    """Refuse somebody new where there is no room for anybody."""
    if most is None:
        return
    told = yield from read(f"{USERS}/Count?format=json", "UserInfoCount")
    if (number(told.get("userNumber")) or 0) < most:
        return
    known: list[Values] = []

    def take(page: Page) -> Work[None]:
        known.extend(page.rows)
        yield from ()

    wanted = {"EmployeeNoList": [{"employeeNo": person}]}
    yield from pages(LISTING, wanted, terms, take, MOST_LISTED)
    if not any(text(one.get("employeeNo")) == person for one in known):
        raise refuse("store_full", f"the terminal has {most} people and takes no more")


def _call(method: str, action: str, values: Values) -> Call:
    call = put_json(f"{USERS}/{action}?format=json", "UserInfo", values, repeatable=True)
    return Call(
        method=method,
        target=call.target,
        content_type=call.content_type,
        body=call.body,
        repeatable=True,
    )


def _values(order: PersonPut, utc_offset_minutes: int) -> Values:
    zone = timezone(timedelta(minutes=utc_offset_minutes))

    def local(at_ms: int, otherwise: str) -> str:
        at = datetime.fromtimestamp(at_ms // 1000, UTC).astimezone(zone)
        return at.strftime("%Y-%m-%dT%H:%M:%S") if at_ms else otherwise

    doors = [1] if order.doors == ALL_DOORS else _numbers(order.doors)
    return {
        "employeeNo": str(order.person),
        "name": order.name,
        "userType": "normal",
        "Valid": {
            "enable": True,
            "beginTime": local(order.valid_from_ms, ALWAYS[0]),
            "endTime": min(local(order.valid_to_ms, ALWAYS[1]), ALWAYS[1]),
            "timeType": "local",
        },
        "doorRight": ",".join(map(str, doors)),
        "RightPlan": [
            {"doorNo": door, "planTemplateNo": str(order.schedule or 1)} for door in doors
        ],
    }


def _numbers(doors: int) -> list[int]:
    return [bit + 1 for bit in range(32) if doors >> bit & 1]


def _listed(row: Values) -> PersonListed:
    return PersonListed(
        person=text(row.get("employeeNo"), 64),
        name=text(row.get("name")),
        faces=number(row.get("numOfFace")) or 0,
    )
