"""Faces of the people a terminal knows: FDLib, with the refusals that pictures meet.

Whether there is a face in a picture nobody looks: a picture that is no whole JPEG cannot be
modelled, and neither can one that is too small, as on real units (inferred).
"""

from __future__ import annotations

import re
from typing import Any

from gateway.codecs.hikvision.documents import Values, read_document
from gateway.codecs.hikvision.isapi_device.asked import Asked, Reply
from gateway.codecs.hikvision.isapi_device.habits import Habits
from gateway.codecs.hikvision.isapi_device.people import People
from gateway.codecs.hikvision.isapi_device.reading import document, page, person_of
from gateway.codecs.hikvision.isapi_device.statuses import Unwilling, done, lack, said
from gateway.codecs.hikvision.refused import Refused
from gateway.codecs.hikvision.values import text
from gateway.codecs.http.multipart import BadParts, Part, split
from gateway.codecs.http.parameters import parameters
from gateway.codecs.jpeg import judge

MOST_PICTURE = 200 * 1024
"""Bytes (inferred, several integrators)."""
LIBRARIES = {"blackFD": "1", "infraredFD": "2", "staticFD": "3"}
TOLD = ("FaceDataRecord", "faceURL", "FaceAppendData")
PICTURES = ("img", "FaceImage")
_QUOTED = re.compile(rb'(?i)content-disposition:[^\r\n]*name="')


class Faces:
    """The face library."""

    def __init__(self, people: People, habits: Habits) -> None:
        self._people = people
        self._habits = habits

    def capabilities(self, request: Asked) -> Reply:
        """Say what the library takes."""
        del request
        about: dict[str, Any] = {
            "FDNameMaxLen": 64,
            "faceLibType": "blackFD",
            "FDRecordDataMaxNum": 1500,
            "supportFDFunction": "post,delete,put,get,setUp",
            "isSupportFDSearch": True,
            "faceURLLen": 256,
            "FDMaxNum": 3,
            "FDArrayMaxNum": 1,
        }
        return said(about, self._habits)

    def add(self, request: Asked) -> Reply:
        """Add a face; an error if there is one."""
        person, picture = self._told(request)
        if person in self._people.faces:
            raise Unwilling("deviceUserAlreadyExistFace")
        return self._keep(person, picture)

    def set_up(self, request: Asked) -> Reply:
        """Add a face or change it."""
        return self._keep(*self._told(request))

    def modify(self, request: Asked) -> Reply:
        """Change a face that is there."""
        person, picture = self._told(request)
        if person not in self._people.faces:
            raise Unwilling("employeeNoNotExist", "FPID")
        return self._keep(person, picture)

    def search(self, request: Asked) -> Reply:
        """List whose faces there are, in pages."""
        wanted = document(request)
        person = text(wanted.get("FPID"))
        found = [one for one in self._people.faces if not person or one == person]
        head, here = page(wanted, found, self._habits.page, self._habits.nothing)
        head = {"statusCode": 1, "statusString": "OK", **head}
        if here:
            head["MatchList"] = [{"FPID": one} for one in here]
        return said(head, self._habits)

    def delete(self, request: Asked) -> Reply:
        """Remove faces; their people stay."""
        if request.query.get("FDID") is None or request.query.get("faceLibType") is None:
            raise lack("FDID")
        wanted = document(request).get("FPID")
        if not isinstance(wanted, list):
            raise lack("FPID")
        for one in wanted:
            person = person_of(one if isinstance(one, dict) else {}, "value")
            self._people.faces.pop(person, None)
        return done(self._habits)

    def count(self, request: Asked) -> Reply:
        """Say how many faces there are."""
        del request
        one = {"FDID": "1", "faceLibType": "blackFD", "recordDataNumber": len(self._people.faces)}
        return said({"FDRecordDataInfo": [one]}, self._habits)

    def _keep(self, person: str, picture: bytes) -> Reply:
        if person not in self._people.known:
            raise Unwilling("employeeNoNotExist", "FPID")
        if judge(picture) is not None:
            raise Unwilling("SubpicAnalysisModelingError")
        self._people.faces[person] = picture
        return done(self._habits)

    def _told(self, request: Asked) -> tuple[str, bytes]:
        told, picture = self._parts(request)
        for name in ("faceLibType", "FDID"):
            if not text(told.get(name)):
                raise lack(name)
        if LIBRARIES.get(text(told["faceLibType"])) != text(told["FDID"]):
            raise Unwilling("badParameters", "FDID")
        return person_of(told, "FPID"), picture

    def _parts(self, request: Asked) -> tuple[Values, bytes]:
        kind, named = parameters(request.kind)
        if kind != "multipart/form-data":
            if "faceURL" in document(request):
                raise Unwilling("notSupport", "faceURL")
            raise Unwilling("badJsonFormat", "faceURL")
        if self._habits.bare_names and _QUOTED.search(request.body):
            raise Unwilling("badJsonFormat", "faceURL")
        try:
            parts = split(request.body, named.get("boundary")).parts
        except BadParts:
            raise Unwilling("badJsonFormat", "faceURL") from None
        told, picture = self._named(parts, TOLD), self._named(parts, PICTURES)
        if told is None or picture is None:
            raise lack("img" if told else "FaceDataRecord")
        # Units blame the text for a picture that is too large (inferred).
        if len(picture.data) > MOST_PICTURE:
            raise Unwilling("badJsonFormat", "faceURL")
        try:
            return read_document(told.data, told.kind), picture.data
        except Refused:
            raise Unwilling("badJsonFormat", "faceURL") from None

    @staticmethod
    def _named(parts: tuple[Part, ...], names: tuple[str, ...]) -> Part | None:
        return next((part for part in parts if part.name in names), None)
