"""Who a terminal knows: UserInfo, and the removal of people with all that is theirs."""

from __future__ import annotations

from typing import Any

from gateway.codecs.hikvision.documents import Values
from gateway.codecs.hikvision.isapi_device.asked import Asked, Reply
from gateway.codecs.hikvision.isapi_device.habits import Habits
from gateway.codecs.hikvision.isapi_device.reading import page, person_of, persons_of, within
from gateway.codecs.hikvision.isapi_device.statuses import Unwilling, done, lack, said

MOST_PEOPLE = 1500
"""A small unit's; the capabilities say it."""
MOST_NAME = 128
"""Bytes of a name."""
KINDS = ("normal", "visitor", "blackList")
PLAIN = ("employeeNo", "name", "userType", "Valid", "doorRight", "RightPlan")


class People:
    """The user store."""

    def __init__(self, habits: Habits, most: int = MOST_PEOPLE) -> None:
        self._habits = habits
        self._most = most
        self.known: dict[str, Values] = {}
        self.faces: dict[str, bytes] = {}
        """JPEGs by person; here, for they go with their person."""

    def capabilities(self, request: Asked) -> Reply:
        """Say how many people there may be and how they are told."""
        del request
        about: dict[str, Any] = {
            "supportFunction": {"@opt": ["post", "delete", "put", "get", "setUp"]},
            "maxRecordNum": self._most,
            "employeeNo": {"@min": 1, "@max": 32},
            "name": {"@min": 0, "@max": MOST_NAME},
            "userType": {"@opt": list(KINDS)},
            "UserInfoSearchCond": {"maxResults": {"@min": 1, "@max": self._habits.page}},
            "UserInfoDelCond": {"maxSize": self._habits.page},
        }
        return said({"UserInfo": about}, self._habits)

    def add(self, request: Asked) -> Reply:
        """Add somebody; an error if it is there."""
        person, values = self._told(request)
        if person in self.known:
            raise Unwilling("employeeNoAlreadyExist", "employeeNo")
        return self._keep(person, values)

    def set_up(self, request: Asked) -> Reply:
        """Add somebody or change it."""
        return self._keep(*self._told(request))

    def modify(self, request: Asked) -> Reply:
        """Change somebody who is there."""
        person, values = self._told(request)
        if person not in self.known:
            raise Unwilling("employeeNoNotExist", "employeeNo")
        return self._keep(person, values)

    def search(self, request: Asked) -> Reply:
        """List people, in pages."""
        wanted = within(request, "UserInfoSearchCond")
        persons = persons_of(wanted)
        found = [one for one in self.known.values() if self._fits(one, persons)]
        head, here = page(wanted, found, self._habits.page, self._habits.nothing)
        if here:
            head["UserInfo"] = [self._shown(one) for one in here]
        return said({"UserInfoSearch": head}, self._habits)

    def count(self, request: Asked) -> Reply:
        """Say how many people there are."""
        del request
        return said({"UserInfoCount": {"userNumber": len(self.known)}}, self._habits)

    def delete(self, request: Asked) -> Reply:
        """Remove people; a list that is missing means everybody, as on a real unit."""
        self._remove(persons_of(within(request, "UserInfoDelCond")))
        return done(self._habits)

    def delete_all_of(self, request: Asked) -> Reply:
        """Remove people with cards and faces; how far it is, `progress` says."""
        wanted = within(request, "UserInfoDetail")
        mode = wanted.get("mode")
        if mode not in ("all", "byEmployeeNo"):
            raise lack("mode") if mode is None else Unwilling("badParameters", "mode")
        persons = persons_of(wanted)
        if mode == "byEmployeeNo" and persons is None:
            raise lack("EmployeeNoList")
        self._remove(None if mode == "all" else persons)
        return done(self._habits)

    def progress(self, request: Asked) -> Reply:
        """Say how far the removal is."""
        del request
        return said({"UserInfoDetailDeleteProcess": {"status": "success"}}, self._habits)

    def _told(self, request: Asked) -> tuple[str, Values]:
        values = within(request, "UserInfo")
        person = person_of(values)
        if len(str(values.get("name", "")).encode()) > MOST_NAME:
            raise Unwilling("badParameters", "name")
        if values.get("userType", KINDS[0]) not in KINDS:
            raise Unwilling("badParameters", "userType")
        valid = values.get("Valid", {})
        if not isinstance(valid, dict) or (valid and not valid.keys() >= {"beginTime", "endTime"}):
            raise lack("Valid")
        return person, values

    def _keep(self, person: str, values: Values) -> Reply:
        if person not in self.known and len(self.known) >= self._most:
            raise Unwilling("beyondARGSRangeLimit", "UserInfo")
        told = {name: values[name] for name in PLAIN if name in values}
        self.known[person] = {**self.known.get(person, {}), **told, "employeeNo": person}
        return done(self._habits)

    def _remove(self, persons: list[str] | None) -> None:
        for person in list(self.known) if persons is None else persons:
            self.known.pop(person, None)
            self.faces.pop(person, None)

    @staticmethod
    def _fits(one: Values, persons: list[str] | None) -> bool:
        return persons is None or one["employeeNo"] in persons

    def _shown(self, one: Values) -> Values:
        has = int(one["employeeNo"] in self.faces)
        return {**one, "numOfCard": 0, "numOfFace": has}
