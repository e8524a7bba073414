"""Doors and restarts: what must not be done twice, so each is the last call of its errand."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.codecs.errand import Call, Terms
from gateway.codecs.hikvision.isapi.abilities import Ability, read_abilities
from gateway.codecs.hikvision.isapi.talk import Ended, Work, attempt, change, put_xml, refuse

from gateway.domain.commands import DoorAction, DoorCommand, Outcome, Reboot

DOORS = "/ISAPI/AccessControl/RemoteControl/door"
REBOOT = "/ISAPI/System/reboot"
WORDS = {
    DoorAction.PULSE: "open",
    DoorAction.CLOSE: "close",
    DoorAction.HOLD_OPEN: "alwaysOpen",
    DoorAction.HOLD_LOCKED: "alwaysClose",
    DoorAction.SCHEDULE: "resume",
}
"""Certain but for ``resume``, which is only asked of a terminal that lists it."""
_INFERRED = ("resume",)
_UNKNOWN = Ability()


def move_door(order: DoorCommand, terms: Terms) -> Work[str]:
    """Move a door; return what the terminal added to its yes."""
    word = WORDS.get(order.action)
    if word is None:
        raise refuse("unsupported", f"no such order: {order.action.name.lower()}")
    if order.duration_ms is not None:
        raise refuse("unsupported", "how long is set in the terminal, not by an order")
    abilities, at = yield from _abilities()
    listed = abilities.get("cmd", _UNKNOWN).options
    if word not in listed if listed else word in _INFERRED:
        raise refuse("unsupported", f"it lists {', '.join(listed) or 'no orders'}")
    if not abilities.get("doorNo", _UNKNOWN).takes_number(order.door):
        raise refuse("bad_value", f"it has no door {order.door}")
    left = terms.now.mono + order.valid_ms / 1000 - at
    if left <= 0:
        raise Ended(Outcome.NOT_SENT, "expired")
    call = put_xml(f"{DOORS}/{order.door}", "RemoteControlDoor", {"cmd": word}, seconds=left)
    return (yield from change(call)).said


def _abilities() -> Work[tuple[Mapping[str, Ability], float]]:
    """Return what can be ordered, and when we knew; nothing where a terminal does not tell."""
    call = Call(method="GET", target=f"{DOORS}/capabilities", repeatable=True)
    answer, why = yield from attempt(call)
    if why is None:
        return read_abilities(answer, "RemoteControlDoor"), answer.at.mono
    if why.code != "unsupported":
        raise refuse(why.code, why.said)
    return {}, answer.at.mono


def restart(order: Reboot, terms: Terms) -> Work[str]:
    """Restart the terminal."""
    del order, terms
    return (yield from change(Call(method="PUT", target=REBOOT))).said
