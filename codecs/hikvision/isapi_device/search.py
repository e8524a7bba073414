"""Search in the events a terminal remembers: AcsEvent.

The terminal gives as many as it likes, whatever was asked for, and no error (certain).
"""

from __future__ import annotations

from typing import Any

from gateway.codecs.hikvision.device_memory import EventMemory
from gateway.codecs.hikvision.documents import Values
from gateway.codecs.hikvision.isapi_device.asked import Asked, Reply
from gateway.codecs.hikvision.isapi_device.habits import Habits
from gateway.codecs.hikvision.isapi_device.reading import count_of, page, within
from gateway.codecs.hikvision.isapi_device.statuses import Unwilling, said
from gateway.codecs.hikvision.values import number, time_ms

UTC_MINUTES = 0
SAME = (
    "cardNo",
    "cardType",
    "cardReaderNo",
    "doorNo",
    "employeeNoString",
    "name",
    "serialNo",
    "userType",
    "currentVerifyMode",
    "attendanceStatus",
    "mask",
    "helmet",
    "currTemperature",
    "thermometryUnit",
)
"""Members that a result has like the event itself, in the order in which they are written."""
ALL_KINDS = 0


class Search:
    """The event search."""

    def __init__(self, memory: EventMemory, habits: Habits) -> None:
        self._memory = memory
        self._habits = habits

    def capabilities(self, request: Asked) -> Reply:
        """Say what can be searched by."""
        del request
        about: dict[str, Any] = {
            "AcsEventCond": {
                "searchID": {"@min": 1, "@max": 36},
                "searchResultPosition": {"@min": 0, "@max": 100_000},
                "maxResults": {"@min": 1, "@max": self._habits.page},
                "beginSerialNo": {"@min": 1, "@max": 100_000},
                "endSerialNo": {"@min": 1, "@max": 100_000},
            }
        }
        return said({"AcsEvent": about}, self._habits)

    def find(self, request: Asked) -> Reply:
        """Answer with one page of results."""
        wanted = within(request, "AcsEventCond")
        found = self._found(wanted)
        if wanted.get("timeReverseOrder") in (True, "true"):
            found.reverse()
        head, here = page(wanted, found, self._habits.page, self._habits.nothing)
        if here:
            head["InfoList"] = here
        return said({"AcsEvent": head}, self._habits)

    def count(self, request: Asked) -> Reply:
        """Say how many there would be."""
        found = self._found(within(request, "AcsEventTotalNumCond"))
        return said({"AcsEventTotalNum": {"totalNum": len(found)}}, self._habits)

    def _found(self, wanted: Values) -> list[Values]:
        fits = _Wanted(wanted)
        return [_result(values) for values in _events(self._memory) if fits(values)]


class _Wanted:
    """The conditions of a search."""

    def __init__(self, wanted: Values) -> None:
        self._major, self._minor = count_of(wanted, "major"), count_of(wanted, "minor")
        self._first = _bound(wanted, "beginSerialNo", 0)
        self._last = _bound(wanted, "endSerialNo", 1 << 62)
        self._from = _moment(wanted, "startTime", 0)
        self._to = _moment(wanted, "endTime", 1 << 62)

    def __call__(self, values: Values) -> bool:
        inner = values[values["eventType"]]
        serial = number(inner.get("serialNo"))
        at = time_ms(values["dateTime"], UTC_MINUTES) or 0
        return (
            self._major in (ALL_KINDS, inner.get("majorEventType"))
            and self._minor in (ALL_KINDS, inner.get("subEventType"))
            and serial is not None
            and self._first <= serial <= self._last
            and self._from <= at <= self._to
        )


def _events(memory: EventMemory) -> list[Values]:
    return [one.values for one in memory if b"AccessControllerEvent" in one.text]


def _result(values: Values) -> Values:
    inner = values[values["eventType"]]
    head = {
        "major": inner.get("majorEventType"),
        "minor": inner.get("subEventType"),
        "time": values["dateTime"],
    }
    return {**head, **{name: inner[name] for name in SAME if name in inner}}


def _bound(wanted: Values, name: str, otherwise: int) -> int:
    return count_of(wanted, name) if name in wanted else otherwise


def _moment(wanted: Values, name: str, otherwise: int) -> int:
    if name not in wanted:
        return otherwise
    found = time_ms(wanted[name], UTC_MINUTES)
    if found is None:
        raise Unwilling("badParameters", name)
    return found
