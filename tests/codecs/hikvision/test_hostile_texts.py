"""Malformed and hostile JSON and XML, and members that are not what they should be."""

from __future__ import annotations

import json
from typing import Any

import pytest
from gateway.codecs.hikvision.limits import MOST_EVENT

from gateway.domain.events import (
    Event,
    FaultReported,
    Misbehaved,
    PassageReported,
    UnknownMessage,
)
from gateway.domain.verification import VerifyRequested
from gateway.domain.vocabulary import Decision
from tests.codecs.hikvision.vectors import (
    EVENT_MS,
    EVENT_TIME,
    Talk,
    envelope,
    event,
    post,
)

XML = (
    '<?xml version="1.0" encoding="{encoding}"?><EventNotificationAlert version="2.0" xmlns="{ns}">'
    "<dateTime>2026-03-09T08:15:42+08:00</dateTime><eventType>AccessControllerEvent</eventType>"
    "<AccessControllerEvent><majorEventType>5</majorEventType><subEventType>75</subEventType>"
    "<serialNo>1866</serialNo><employeeNoString>{person}</employeeNoString>"
    "</AccessControllerEvent></EventNotificationAlert>"
)
XML_TYPE = "application/xml"


def xml(person: str = "10027", encoding: str = "UTF-8", ns: str = "urn:psialliance-org") -> str:
    return XML.format(encoding=encoding, ns=ns, person=person)


def codes(events: list[Event]) -> list[str]:
    return [one.code for one in events if isinstance(one, Misbehaved)]


def passage(events: list[Event]) -> PassageReported:
    return next(one for one in events if isinstance(one, PassageReported))


@pytest.mark.parametrize(
    ("body", "code"),
    [
        pytest.param(b"[]", "no_event", id="list"),
        pytest.param(b'"text"', "no_event", id="text"),
        pytest.param(b"null", "no_event", id="null"),
        pytest.param(b"{", "json", id="cut off"),
        pytest.param(b'{"eventType":"x",}', "json", id="comma"),
        pytest.param(b'{"a":NaN}', "json", id="NaN"),
        pytest.param(b'{"a":-Infinity}', "json", id="infinity"),
        pytest.param(b'{"a":' + b"9" * 400 + b"}", "json", id="400 digits"),
        pytest.param(b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "depth", id="deep"),
        pytest.param(b'{"a":' * 40 + b"1" + b"}" * 40, "depth", id="40 levels"),
        pytest.param(b'{"a":1,"a":2}', "json", id="twice"),
        pytest.param(
            event().replace(b'"serialNo"', b'"serialNo":1,"serialNo"'), "json", id="twice2"
        ),
        pytest.param(b'{"a":"\\ud800"}', "encoding", id="half a pair"),
        pytest.param(b'{"a":"\xff\xff"}', "encoding", id="no encoding"),
        pytest.param(b"{" + b" " * MOST_EVENT + b"}", "event_too_large", id="large"),
        pytest.param(b"{}", "event_type", id="no event type"),
        pytest.param(b'{"eventType":5}', "event_type", id="event type is a number"),
        pytest.param(b'{"eventType":""}', "event_type", id="empty event type"),
        pytest.param(b"<a><b></a>", "xml", id="tags"),
        pytest.param(b"<a>", "xml", id="no end"),
        pytest.param(b'<!DOCTYPE a SYSTEM "http://192.0.2.1/x"><a/>', "xml", id="doctype"),
        pytest.param(
            b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
            "xml",
            id="external",
        ),
        pytest.param(
            b'<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]><a>&c;</a>', "xml", id="laughs"
        ),
        pytest.param(b"<a>" * 40 + b"</a>" * 40, "depth", id="40 elements"),
        pytest.param(xml(encoding="UTF-7").encode(), "encoding", id="UTF-7"),
        pytest.param(xml(encoding="UTF-16").encode("utf-16"), "no_event", id="UTF-16"),
        pytest.param(b"\xff\xd8\xff\xe0", "no_event", id="a picture alone"),
    ],
)
def test_a_text_that_is_no_event_is_refused_and_the_connection_goes_on(
    body: bytes, code: str
) -> None:
    talk = Talk()
    assert codes(talk.say(post(body))) == [code]
    assert talk.status() == (413 if code == "event_too_large" else 400)
    if code != "event_too_large":
        assert passage(talk.say(post(event()))).number == 1866


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"\xef\xbb\xbf" + event(employeeNoString="10027"), id="byte order mark"),
        pytest.param(event(employeeNoString="10027", name="x" * 10_000), id="long name"),
        pytest.param(event(employeeNoString="10027", later={"a": [1, None]}), id="later member"),
        pytest.param(
            json.dumps(
                json.loads(event(employeeNoString="10027", name="王伟")), ensure_ascii=False
            ).encode("gb18030"),
            id="GBK",
        ),
        pytest.param(xml().encode(), id="oldest namespace"),
        pytest.param(xml(ns="http://www.isapi.org/ver20/XMLSchema").encode(), id="newest"),
        pytest.param(xml(ns="http://www.hikvision.com/ver20/XMLSchema").encode(), id="maker's"),
        pytest.param(xml(ns="").encode(), id="none"),
        pytest.param(b"\xef\xbb\xbf" + xml().encode(), id="XML with a byte order mark"),
        pytest.param(xml("<![CDATA[10027]]>").encode(), id="CDATA"),
        pytest.param(xml("10027<?php x?>").encode(), id="processing instruction"),
        pytest.param(xml(encoding="GB2312").encode("gb18030"), id="GB2312"),
    ],
)
def test_an_odd_text_that_is_an_event_is_taken(body: bytes) -> None:
    events = Talk().say(post(body, kind=XML_TYPE))
    assert (passage(events).claim, passage(events).number) == ("10027", 1866)


def test_an_encoding_that_contradicts_the_bytes_is_not_believed() -> None:
    body = xml("王伟", encoding="UTF-8").encode("gb18030")
    assert passage(Talk().say(post(body))).claim == "王伟"


def test_a_missing_object_makes_an_unknown_event_that_is_kept() -> None:
    body = b'{"dateTime":"2026-03-09T08:15:42+08:00","eventType":"AccessControllerEvent"}'
    unknown, kept = Talk().say(post(body))
    assert isinstance(unknown, UnknownMessage)
    assert isinstance(kept, FaultReported)
    assert kept.raw == body


@pytest.mark.parametrize(
    ("serial", "number"),
    [
        (1867, 1867),
        ("1867", 1867),
        (" 1867 ", 1867),
        (1867.0, 1867),
        (2_000_000_000, 2_000_000_000),
        (-1, None),
        (0, None),
        (2**31, None),
        (1867.5, None),
        (None, None),
        (True, None),
        ("", None),
        ("x", None),
        ([1867], None),
    ],
)
def test_serial_numbers_of_all_kinds(serial: Any, number: int | None) -> None:
    record = passage(Talk().say(post(event(serial=serial))))
    if number is None:
        assert record.series == 5
    else:
        assert (record.series, record.number) == (0, number)


def test_events_without_a_number_are_told_apart_by_what_they_say() -> None:
    one, again, other = (
        passage(Talk().say(post(event(serial=None, employeeNoString=person)))).identity
        for person in ("1", "1", "2")
    )
    assert one == again != other


@pytest.mark.parametrize(
    ("flag", "asks"),
    [
        (True, True),
        ("true", True),
        (1, True),
        ("1", True),
        (False, False),
        ("yes", False),
        (None, False),
        ({}, False),
    ],
)
def test_only_a_clear_yes_is_a_question(flag: Any, asks: bool) -> None:
    events = Talk().say(post(event(remoteCheck=flag)))
    assert isinstance(events[0], VerifyRequested) == asks


@pytest.mark.parametrize("minor", ["75", "0x4b", 75.0, "0x4B"])
def test_codes_of_all_kinds(minor: Any) -> None:
    assert passage(Talk().say(post(event(minor)))).decision is Decision.GRANTED


@pytest.mark.parametrize("minor", [4711, -75, "x", None, 75.5, True, 0x0F])
def test_a_code_nobody_knows_is_kept_and_never_an_acceptance(minor: Any) -> None:
    events = Talk().say(post(event(minor, employeeNoString="10027")))
    assert passage(events).decision is Decision.UNKNOWN


@pytest.mark.parametrize(
    ("members", "claim"),
    [
        ({"employeeNoString": "10027", "employeeNo": 5}, "10027"),
        ({"employeeNoString": "", "employeeNo": 5}, "5"),
        ({"employeeNoString": 10027}, "10027"),
        ({"employeeNoString": None}, None),
        ({"employeeNoString": True}, None),
        ({"employeeNoString": "a\0b"}, "ab"),
        ({}, None),
    ],
)
def test_who_it_was(members: dict[str, Any], claim: str | None) -> None:
    assert passage(Talk().say(post(event(**members)))).claim == claim


@pytest.mark.parametrize(
    ("time", "device_ms"),
    [
        (EVENT_TIME, EVENT_MS),
        ("2026-03-09T00:15:42Z", EVENT_MS),
        ("2026-03-09T08:15:42", EVENT_MS),
        ("2026-03-09 08:15:42+0800", EVENT_MS),
        ("2026-03-09T08:15:42.123+08:00", EVENT_MS),
        ("2026-03-08T24:00:00+08:00", EVENT_MS - 29_742_000),
        ("1970-01-01T08:00:00+08:00", 0),
        ("9999-12-31T23:59:59Z", 253_402_300_799_000),
        ("2026-13-09T08:15:42+08:00", 0),
        ("2026-03-09T24:00:01+08:00", 0),
        ("0001-01-01T00:00:00+14:00", -62_135_647_200_000),
        ("", 0),
        (None, 0),
        (1_773_015_342, 0),
    ],
)
def test_times_of_all_kinds(time: Any, device_ms: int) -> None:
    body = envelope("AccessControllerEvent", {"majorEventType": 5, "serialNo": 1}, time)
    assert passage(Talk().say(post(body))).device_ms == device_ms


def test_a_time_without_zone_is_of_the_site() -> None:
    body = envelope("AccessControllerEvent", {"majorEventType": 5}, "2026-03-09T08:15:42")
    record = passage(Talk(utc_offset_minutes=0).say(post(body)))
    assert record.device_ms == EVENT_MS + 8 * 3_600_000
