"""Bodies of requests to a terminal, read as strictly as real units read them."""

from __future__ import annotations

from typing import Any

from gateway.codecs.hikvision.documents import Values, read_document
from gateway.codecs.hikvision.isapi_device.asked import Asked
from gateway.codecs.hikvision.isapi_device.statuses import Unwilling, lack
from gateway.codecs.hikvision.refused import Refused
from gateway.codecs.hikvision.values import number, text

MOST_NUMBER = 32
"""Bytes of an employeeNo (certain)."""


def document(request: Asked) -> Values:
    """Return the body's members; raises Unwilling for what is no JSON or XML, whichever it is."""
    try:
        return read_document(request.body, request.kind)
    except Refused as refused:
        json_ = request.query.get("format") == "json"
        raise Unwilling("badJsonFormat" if json_ else "badXmlFormat", refused.code) from None


def within(request: Asked, name: str) -> Values:
    """Return the object of that name; raises Unwilling."""
    found = document(request).get(name)
    if not isinstance(found, dict):
        raise lack(name)
    return found


def person_of(values: Values, name: str = "employeeNo") -> str:
    """Return the number of a person; raises Unwilling."""
    told = values.get(name)
    if told is None or told == "":
        raise lack(name)
    found = text(told, 4 * MOST_NUMBER)
    if not found or len(found.encode()) > MOST_NUMBER:
        raise Unwilling("badParameters", name)
    return found


def persons_of(values: Values) -> list[str] | None:
    """Return the numbers of an EmployeeNoList; None where there is no such list: everybody."""
    found = values.get("EmployeeNoList")
    if found is None:
        return None
    if not isinstance(found, list):
        raise Unwilling("badParameters", "EmployeeNoList")
    return [person_of(one if isinstance(one, dict) else {}) for one in found]


def count_of(values: Values, name: str, least: int = 0) -> int:
    """Return a number that must be there; raises Unwilling."""
    if name not in values:
        raise lack(name)
    found = number(values[name])
    if found is None or found < least:
        raise Unwilling("badParameters", name)
    return found


def page(values: Values, found: list[Any], most: int, nothing: str) -> tuple[Values, list[Any]]:
    """Return what a search answers before its results, and those of the page asked for."""
    search = text(values.get("searchID"))
    if not search:
        raise lack("searchID")
    start = count_of(values, "searchResultPosition")
    size = min(count_of(values, "maxResults", 1), most)
    here = found[start : start + size]
    more = start + len(here) < len(found)
    head: Values = {
        "searchID": search,
        "responseStatusStrg": "MORE" if more and here else "OK" if here else nothing,
        "numOfMatches": len(here),
        "totalMatches": len(found),
    }
    return head, here
