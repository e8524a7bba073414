from __future__ import annotations

import json

import pytest
from gateway.codecs.plain import Json, agrees, build, plain

from gateway.domain.events import DeviceStatus, LoginProved, StoredSeries
from gateway.domain.ids import Receipt, Serial
from gateway.domain.requests import (
    Accept,
    Admit,
    CredentialGiven,
    Farewell,
    HeldSeries,
    Parting,
    Refusal,
    Refuse,
    TakeBlob,
)
from gateway.domain.times import ClockQuality
from gateway.domain.vocabulary import Means
from tests.codecs.fixtures import Flagged


def test_an_event_as_json() -> None:
    event = LoginProved(
        serial=Serial("A"),
        capabilities=frozenset({"qr", "card"}),
        stores=(StoredSeries(series=1, first=2, last=3),),
    )
    assert plain(event) == {
        "serial": "A",
        "model": "",
        "firmware": "",
        "capabilities": ["card", "qr"],
        "stores": [{"series": 1, "first": 2, "last": 3}],
        "quirks": [],
        "unproven": False,
        "fetches": False,
    }
    assert json.loads(json.dumps(plain(event))) == plain(event)


def test_members_and_bytes() -> None:
    assert plain(Means.FACE | Means.CARD) == "FACE|CARD"
    assert plain(Means(0)) == "NONE"
    assert plain(ClockQuality.SYNCHRONISED) == "SYNCHRONISED"
    assert plain(b"\x00\xff") == "00ff"
    assert plain(DeviceStatus(free_store=0.0, on_battery=False)) == {
        "uptime_s": None,
        "persons": None,
        "unacknowledged": None,
        "free_store": 0.0,
        "temperature_c": None,
        "clock": "UNKNOWN",
        "on_battery": False,
        "faults": [],
    }
    with pytest.raises(TypeError, match="object has no place"):
        plain(object())


@pytest.mark.parametrize(
    "request_",
    [
        CredentialGiven(secret=None),
        CredentialGiven(secret=b"\x01\x02"),
        Admit(
            session=1,
            heartbeat_s=30,
            held=(HeldSeries(series=1, upto=2, ranges=((4, 5), (7, 7))),),
        ),
        Refuse(reason=Refusal.LOCKED_OUT, retry_after_s=60),
        Refuse(reason=Refusal.REVOKED),
        Accept(receipt=Receipt(7)),
        TakeBlob(receipt=Receipt(1), prefix=b"", have_all=True),
        Farewell(reason=Parting.DRAINING),
    ],
)
def test_requests_come_back(request_: object) -> None:
    named = plain(request_)
    assert isinstance(named, dict)
    assert build(type(request_), named) == request_


def test_flags_come_back() -> None:
    assert build(Flagged, {"means": "FACE|CARD"}) == Flagged(means=Means.FACE | Means.CARD)
    assert build(Flagged, {"means": "NONE", "share": 1}) == Flagged(means=Means.NONE, share=1.0)
    with pytest.raises(ValueError, match=r"'NOSE\|FACE' is none of"):
        build(Flagged, {"means": "NOSE|FACE"})


@pytest.mark.parametrize(
    ("kind", "named", "said"),
    [
        (Accept, {"reciept": 1}, "no field 'reciept'"),
        (Accept, {"receipt": "1"}, "'1' is no int"),
        (Accept, {"receipt": True}, "True is no int"),
        (Accept, {}, "missing"),
        (CredentialGiven, {"secret": "0g"}, "non-hexadecimal"),
        (Refuse, {"reason": "BORED"}, "'BORED' is none of"),
        (Admit, {"session": 1, "heartbeat_s": 1, "held": [{"series": 1}]}, "missing"),
    ],
)
def test_what_cannot_be_built_says_why(kind: type, named: dict[str, Json], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        build(kind, named)


@pytest.mark.parametrize(
    ("actual", "named", "verdict"),
    [
        ({"a": 1, "b": 2}, {"a": 1}, True),
        ({"a": 1}, {"a": 1, "b": None}, False),
        ({"a": {"b": 0, "c": 1}}, {"a": {"b": 0}}, True),
        ({"a": 0}, {"a": False}, False),
        ({"a": False}, {"a": False}, True),
        ({"a": None}, {"a": 0}, False),
        ([1, 2], [1], False),
        ([{"a": 1, "b": 2}], [{"b": 2}], True),
        ("", None, False),
    ],
)
def test_only_what_is_named_must_agree(actual: Json, named: Json, verdict: bool) -> None:
    assert agrees(actual, named) is verdict
