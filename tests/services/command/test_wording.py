"""Orders in words: what is refused before it is queued, and what comes back."""

from __future__ import annotations

import json

import pytest

from gateway.domain.commands import (
    CommandOutcome,
    DoorAction,
    DoorCommand,
    DoorState,
    Outcome,
    ReadConfig,
    ShowPrompt,
    WriteConfig,
)
from gateway.domain.errors import GatepostError
from gateway.domain.ids import Ticket
from gateway.domain.maintenance import DescriptionOutcome, Provision, Questions
from gateway.domain.people import Enrol, PeopleListed, PersonListed
from gateway.domain.vocabulary import Means
from gateway.services.command.wording import KINDS, Args, build, in_words

GOOD: dict[str, Args] = {
    "door": {"door": 1, "action": "pulse", "duration_ms": 3000},
    "relay": {"relay": 2, "action": "hold_open"},
    "reboot": {},
    "prompt": {"text": "请稍候"},
    "config_read": {"keys": ["0101", "ffff"]},
    "config_write": {"values": {"0101": "00", "0002": ""}},
    "enrol": {"person": 17, "means": ["face", "iris"], "seconds": 30},
    "search": {"first": 1866, "last": 1868},
    "people": {},
    "person_put": {"person": 17, "face": True},
    "firmware": {"file": "/srv/image.dav", "digest": "5c" * 32},
    "person_remove": {"person": 17},
    "status": {},
    "describe": {"topic": "clock"},
    "clock": {},
    "provision": {"host": "192.0.2.5", "port": 7790},
}


def test_every_kind_is_built_from_json_and_carries_its_ticket() -> None:
    assert GOOD.keys() == KINDS.keys()
    for kind, args in GOOD.items():
        order = build(kind, json.loads(json.dumps(args)), Ticket(7))
        assert order.ticket == 7


def test_words_become_what_travels() -> None:
    assert build("door", GOOD["door"], Ticket(1)) == DoorCommand(
        ticket=Ticket(1), door=1, action=DoorAction.PULSE, duration_ms=3000
    )
    captured = build("enrol", GOOD["enrol"], Ticket(1))
    assert captured == Enrol(ticket=Ticket(1), person=17, means=Means.FACE | Means.IRIS, seconds=30)
    assert build("config_read", {}, Ticket(1)) == ReadConfig(ticket=Ticket(1), keys=())
    written = build("config_write", GOOD["config_write"], Ticket(1))
    assert written == WriteConfig(ticket=Ticket(1), values=((0x0101, b"\0"), (2, b"")))
    shown = build("prompt", {"text": "x" * 64, "voice": 3}, Ticket(1))
    assert shown == ShowPrompt(ticket=Ticket(1), text="x" * 64, voice=3)


@pytest.mark.parametrize(
    ("kind", "args", "names"),
    [
        ("door", {"action": "pulse"}, "door"),
        ("door", {"door": 0, "action": "pulse"}, "door"),
        ("door", {"door": True, "action": "pulse"}, "door"),
        ("door", {"door": "1", "action": "pulse"}, "door"),
        ("door", {"door": 1, "action": "explode"}, "explode"),
        ("door", {"door": 1, "action": "pulse", "duration_ms": -1}, "duration_ms"),
        ("relay", {"relay": 256, "action": "pulse"}, "relay"),
        ("prompt", {"text": ""}, "text"),
        ("prompt", {"text": "请" * 22}, "text"),
        ("enrol", {"means": ["face"], "seconds": 30}, "person"),
        ("enrol", {"person": 0, "means": ["face"], "seconds": 30}, "person"),
        ("enrol", {"person": 17, "means": [], "seconds": 30}, "means"),
        ("enrol", {"person": 17, "means": ["card"], "seconds": 30}, "means"),
        ("enrol", {"person": 17, "means": ["face"], "seconds": 601}, "seconds"),
        ("person_put", {"face": True}, "person"),
        ("firmware", {"file": "image.dav", "digest": "5c" * 32}, "absolute"),
        ("firmware", {"file": "/image.dav", "digest": "5c"}, "SHA-256"),
        ("person_remove", {"person": 2**32}, "person"),
        ("config_read", {"keys": "0101"}, "keys"),
        ("config_read", {"keys": ["12345"]}, "12345"),
        ("config_read", {"keys": ["zz"]}, "zz"),
        ("config_write", {"values": {}}, "values"),
        ("config_write", {"values": {"0101": "00" * 256}}, "255"),
        ("config_write", {"values": {"0101": "0"}}, "hex"),
        ("describe", {"topic": "weather"}, "weather"),
        ("provision", {"host": "a b", "port": 1}, "host"),
        ("provision", {"host": "", "port": 1}, "host"),
        ("provision", {"host": "gw", "port": 0}, "port"),
        ("provision", {"host": "gw", "port": 1, "questions": "maybe"}, "maybe"),
        ("provision", {"host": "gw", "port": 1, "patience_s": 11}, "patience_s"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_place(kind: str, args: Args, names: str) -> None:
    with pytest.raises(GatepostError) as caught:
        build(kind, args, Ticket(1))
    assert caught.value.code == "command.malformed"
    assert caught.value.place == f"command {kind}"
    assert names in caught.value.message


def test_how_a_terminal_is_set_up_is_said_in_words() -> None:
    said = {"host": "gw.example", "port": 443, "secure": True, "questions": "called_back"}
    assert build("provision", {**said, "patience_s": 3, "replace": True}, Ticket(1)) == Provision(
        ticket=Ticket(1),
        host="gw.example",
        port=443,
        secure=True,
        questions=Questions.CALLED_BACK,
        patience_s=3,
        replace=True,
    )


def test_facts_and_the_terminals_own_words_are_told() -> None:
    done = DescriptionOutcome(
        ticket=Ticket(1), outcome=Outcome.DONE, code="ok", facts=(("model", "X"),), said="fine"
    )
    assert in_words(done) == {"said": "fine", "model": "X"}
    bare = CommandOutcome(ticket=Ticket(1), outcome=Outcome.REFUSED, code="busy", said="upgrading")
    assert in_words(bare) == {"said": "upgrading"}


def test_an_unknown_kind_is_answered_with_those_there_are() -> None:
    with pytest.raises(GatepostError, match="door") as caught:
        build("open_sesame", {}, Ticket(1))
    assert caught.value.code == "command.unknown_kind"


def test_nothing_that_moves_may_be_repeated_and_all_of_it_is_audited() -> None:
    moving = {"door", "relay", "reboot", "firmware"}
    assert {kind for kind, one in KINDS.items() if not one.repeatable} == moving
    assert moving <= {kind for kind, one in KINDS.items() if one.audited}


def test_what_an_order_is_about() -> None:
    assert KINDS["door"].about({"door": 2, "action": "close"}) == "door 2"
    about = KINDS["config_write"].about
    assert about({"values": {"2": "00", "1": "01"}}) == about({"values": {"1": "", "2": ""}})
    assert KINDS["config_read"].about({}) == ""
    put, remove = KINDS["person_put"], KINDS["person_remove"]
    assert put.about({"person": 17, "face": False}) == remove.about({"person": 17})
    assert put.about({"person": 17}) != remove.about({"person": 18})


def test_what_a_terminal_said_in_words() -> None:
    said = CommandOutcome(
        ticket=Ticket(1),
        outcome=Outcome.DONE,
        code="ok",
        door=DoorState.HELD_TOO_LONG,
        config=((0x0101, b"\x01\x02"),),
    )
    assert in_words(said) == {"door": "held_too_long", "config": {"0101": "0102"}}
    assert in_words(CommandOutcome(ticket=Ticket(1), outcome=Outcome.DONE, code="ok")) == {}


def test_a_range_that_is_none_is_no_search() -> None:
    with pytest.raises(GatepostError, match="must not be less"):
        build("search", {"first": 2, "last": 1}, Ticket(1))


def test_what_is_stored_of_a_list_of_people_has_no_names() -> None:
    known = PersonListed(person="10027", name="Ana Ruiz", faces=1)
    listed = PeopleListed(
        ticket=Ticket(1), outcome=Outcome.DONE, code="ok", people=(known,), total=1
    )
    assert in_words(listed) == {"people": [{"person": "10027", "faces": 1}], "total": 1}
