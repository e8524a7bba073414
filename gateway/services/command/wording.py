"""Orders in words: the JSON that is stored and typed by people, and the requests that travel."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TypeVar

from gateway.domain.commands import (
    CommandOutcome,
    CommandRequest,
    DoorAction,
    DoorCommand,
    OutcomeBase,
    ReadConfig,
    Reboot,
    RelayCommand,
    ShowPrompt,
    WriteConfig,
)
from gateway.domain.errors import GatepostError
from gateway.domain.ids import Ticket
from gateway.domain.maintenance import (
    AskStatus,
    Describe,
    DescriptionOutcome,
    Provision,
    Questions,
    SearchOutcome,
    SearchRecords,
    SendFirmware,
    SetClock,
    StatusOutcome,
    Topic,
)
from gateway.domain.people import (
    AskPeople,
    Enrol,
    PeopleListed,
    PersonDelete,
    SendPerson,
)
from gateway.domain.vocabulary import Means

CAPTURED = {"face": Means.FACE, "iris": Means.IRIS}
MOST_SECONDS = 600
"""How long somebody may stand before a terminal to be captured."""
MOST_NUMBER = (1 << 32) - 1
"""Largest number of a record or of a series."""
MOST_PERSON = (1 << 32) - 1
"""Largest number of a person."""
DIGEST_BYTES = 32
MOST_VALUE = 255
"""Bytes of one setting of a terminal."""

Args = Mapping[str, object]
Order = (
    CommandRequest
    | AskStatus
    | Describe
    | SearchRecords
    | SetClock
    | Provision
    | AskPeople
    | Enrol
    | SendFirmware
    | SendPerson
    | PersonDelete
)
E = TypeVar("E", bound=Enum)
HOST = re.compile(r"[A-Za-z0-9.:-]{1,64}\Z")
"""What a terminal can be told as our name or address; 64 is the maker's length for both."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What is the same for all orders of a kind."""

    build: Callable[[Ticket, Args], Order]
    about: Callable[[Args], str]
    """The subject: see `gateway.domain.command_queue.NewCommand.subject`."""
    repeatable: bool
    audited: bool


def build(kind: str, args: Args, ticket: Ticket) -> Order:
    """Return the request to send; raises GatepostError ``command.malformed`` with the place."""
    known = kind_of(kind)
    try:
        return known.build(ticket, args)
    except (KeyError, TypeError, ValueError) as error:
        raise GatepostError(
            "command.malformed",
            f"{error.args[0]!s} is missing." if isinstance(error, KeyError) else f"{error}.",
            place=f"command {kind}",
            remedy="See `gatepost command --help`.",
        ) from error


def kind_of(kind: str) -> Kind:
    """Look a kind up; raises GatepostError ``command.unknown_kind``."""
    if kind not in KINDS:
        raise GatepostError(
            "command.unknown_kind",
            f"there is no such order; there are {', '.join(sorted(KINDS))}.",
            place=f"command {kind}",
        )
    return KINDS[kind]


def in_words(outcome: OutcomeBase) -> dict[str, object]:
    """Return what a terminal said beside its result code."""
    found = _found(outcome)
    return {"said": outcome.said, **found} if outcome.said else found


def _found(outcome: OutcomeBase) -> dict[str, object]:
    if isinstance(outcome, CommandOutcome):
        said: dict[str, object] = {}
        if outcome.door is not None:
            said["door"] = outcome.door.name.lower()
        if outcome.config:
            said["config"] = {f"{key:04x}": data.hex() for key, data in outcome.config}
        return said
    if isinstance(outcome, StatusOutcome):
        return {"stores": [list(store) for store in outcome.stores]}
    if isinstance(outcome, DescriptionOutcome):
        return dict(outcome.facts)
    if isinstance(outcome, SearchOutcome):
        return {"found": outcome.found}
    if isinstance(outcome, PeopleListed):
        # Without their names: what is stored of orders is no place for those.
        people = [{"person": one.person, "faces": one.faces} for one in outcome.people]
        return {"people": people, "total": outcome.total}
    return {}


def _number(args: Args, name: str, most: int, least: int = 0) -> int:
    found = args[name]
    if not isinstance(found, int) or isinstance(found, bool) or not least <= found <= most:
        raise ValueError(f"{name} must be a number of {least} … {most}, not {found!r}")
    return found


def _maybe(args: Args, name: str, most: int) -> int | None:
    return None if args.get(name) is None else _number(args, name, most)


def _action(args: Args) -> DoorAction:
    name = str(args["action"])
    if name.upper() not in DoorAction.__members__:
        known = ", ".join(action.name.lower() for action in DoorAction)
        raise ValueError(f"action is one of {known}, not {name!r}")
    return DoorAction[name.upper()]


def _door(ticket: Ticket, args: Args) -> Order:
    return DoorCommand(
        ticket=ticket,
        door=_number(args, "door", 255, 1),
        action=_action(args),
        duration_ms=_maybe(args, "duration_ms", 6_553_500),
    )


def _relay(ticket: Ticket, args: Args) -> Order:
    return RelayCommand(
        ticket=ticket,
        relay=_number(args, "relay", 255, 1),
        action=_action(args),
        duration_ms=_maybe(args, "duration_ms", 6_553_500),
    )


def _reboot(ticket: Ticket, args: Args) -> Order:
    del args
    return Reboot(ticket=ticket)


def _prompt(ticket: Ticket, args: Args) -> Order:
    text = str(args["text"])
    if not text or len(text.encode()) > 64:
        raise ValueError("text must have 1 … 64 bytes of UTF-8")
    return ShowPrompt(
        ticket=ticket,
        text=text,
        voice=_maybe(args, "voice", 65_535),
        duration_ms=_maybe(args, "duration_ms", 6_553_500),
    )


def _key(text: object) -> int:
    key = int(str(text), 16)
    if not 0 <= key <= 0xFFFF:
        raise ValueError(f"a key has at most four hexadecimal digits, not {text!r}")
    return key


def _value(text: object) -> bytes:
    data = bytes.fromhex(str(text))
    if len(data) > MOST_VALUE:
        raise ValueError(f"a value has at most {MOST_VALUE} bytes, not {len(data)}")
    return data


def _keys(args: Args) -> tuple[int, ...]:
    found = args.get("keys", [])
    if not isinstance(found, list):
        raise TypeError("keys must be a list")
    return tuple(_key(one) for one in found)


def _values(args: Args) -> tuple[tuple[int, bytes], ...]:
    found = args["values"]
    if not isinstance(found, dict) or not found:
        raise ValueError("values must name at least one key")
    return tuple((_key(key), _value(data)) for key, data in found.items())


def _config_read(ticket: Ticket, args: Args) -> Order:
    return ReadConfig(ticket=ticket, keys=_keys(args))


def _config_write(ticket: Ticket, args: Args) -> Order:
    return WriteConfig(ticket=ticket, values=_values(args))


def _enrol(ticket: Ticket, args: Args) -> Order:
    named = args["means"]
    if not isinstance(named, list) or not named or not {*named} <= CAPTURED.keys():
        raise ValueError(f"means are some of {', '.join(CAPTURED)}")
    means = Means(0)
    for name in named:
        means |= CAPTURED[name]
    return Enrol(
        ticket=ticket,
        person=_person(args),
        means=means,
        seconds=_number(args, "seconds", MOST_SECONDS, 5),
    )


def _status(ticket: Ticket, args: Args) -> Order:
    del args
    return AskStatus(ticket=ticket)


def _member(args: Args, name: str, kind: type[E]) -> E:
    found = str(args[name])
    if found not in [one.value for one in kind]:
        known = ", ".join(one.value for one in kind)
        raise ValueError(f"{name} is one of {known}, not {found!r}")
    return kind(found)


def _describe(ticket: Ticket, args: Args) -> Order:
    return Describe(ticket=ticket, topic=_member(args, "topic", Topic))


def _clock(ticket: Ticket, args: Args) -> Order:
    del args
    return SetClock(ticket=ticket)


def _provision(ticket: Ticket, args: Args) -> Order:
    host = str(args["host"])
    if not HOST.match(host):
        raise ValueError(f"host must be a name or an address, not {host!r}")
    return Provision(
        ticket=ticket,
        host=host,
        port=_number(args, "port", 65_535, 1),
        secure=args.get("secure") is True,
        questions=None if args.get("questions") is None else _member(args, "questions", Questions),
        patience_s=_number(args, "patience_s", 10, 1) if "patience_s" in args else 5,
        whoever=args.get("whoever") is True,
        replace=args.get("replace") is True,
    )


def _search(ticket: Ticket, args: Args) -> Order:
    first, last = _number(args, "first", MOST_NUMBER, 1), _number(args, "last", MOST_NUMBER, 1)
    if last < first:
        raise ValueError("last must not be less than first")
    series = _number(args, "series", MOST_NUMBER) if "series" in args else 0
    return SearchRecords(ticket=ticket, series=series, first=first, last=last)


def _people(ticket: Ticket, args: Args) -> Order:
    del args
    return AskPeople(ticket=ticket)


def _person(args: Args) -> int:
    return _number(args, "person", MOST_PERSON, 1)


def _person_put(ticket: Ticket, args: Args) -> Order:
    return SendPerson(ticket=ticket, person=_person(args), face=args.get("face") is not False)


def _person_remove(ticket: Ticket, args: Args) -> Order:
    return PersonDelete(ticket=ticket, person=_person(args), revision=int(ticket))


def _about_person(args: Args) -> str:
    """Name the person, so that of sending and removing the newer one counts."""
    return f"person {args['person']}"


def _firmware(ticket: Ticket, args: Args) -> Order:
    file, digest = str(args["file"]), bytes.fromhex(str(args["digest"]))
    if not file.startswith("/"):
        raise ValueError(f"file must be an absolute path, not {file!r}")
    if len(digest) != DIGEST_BYTES:
        raise ValueError(f"digest must be a SHA-256, not {len(digest)} bytes")
    return SendFirmware(ticket=ticket, file=file, digest=digest)


def _keys_written(args: Args) -> str:
    return "config " + " ".join(f"{key:04x}" for key, _ in sorted(_values(args)))


KINDS: dict[str, Kind] = {
    "door": Kind(
        build=_door, about=lambda args: f"door {args['door']}", repeatable=False, audited=True
    ),
    "relay": Kind(
        build=_relay, about=lambda args: f"relay {args['relay']}", repeatable=False, audited=True
    ),
    "reboot": Kind(build=_reboot, about=lambda _: "reboot", repeatable=False, audited=True),
    "prompt": Kind(build=_prompt, about=lambda _: "prompt", repeatable=True, audited=False),
    "config_read": Kind(build=_config_read, about=lambda _: "", repeatable=True, audited=False),
    "config_write": Kind(build=_config_write, about=_keys_written, repeatable=True, audited=True),
    "enrol": Kind(build=_enrol, about=lambda _: "enrol", repeatable=True, audited=True),
    "describe": Kind(build=_describe, about=lambda _: "", repeatable=True, audited=False),
    "clock": Kind(build=_clock, about=lambda _: "clock", repeatable=True, audited=True),
    "provision": Kind(build=_provision, about=lambda _: "provision", repeatable=True, audited=True),
    "search": Kind(build=_search, about=lambda _: "", repeatable=True, audited=False),
    "people": Kind(build=_people, about=lambda _: "people", repeatable=True, audited=False),
    "person_put": Kind(build=_person_put, about=_about_person, repeatable=True, audited=True),
    "person_remove": Kind(build=_person_remove, about=_about_person, repeatable=True, audited=True),
    "firmware": Kind(build=_firmware, about=lambda _: "firmware", repeatable=False, audited=True),
    "status": Kind(build=_status, about=lambda _: "status", repeatable=True, audited=False),
}
"""Every order an operator may give. Only what moves nothing may be repeated after a crash: writing
the same settings twice leaves the same settings."""
