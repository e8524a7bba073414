"""Doors, relays, screen and settings of a terminal, and the orders they take (YLS/1 14).

The terminal's side: a model of the mechanics, for the simulator and as a reference. An order is
carried out at most once; what repeats it is answered from the session's cache and never gets here.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from gateway.codecs.yls.body import RESULT_OK, Body, Refused, put, put_number
from gateway.codecs.yls.config import read_values, write_values
from gateway.codecs.yls.registers import Result, Tlv
from gateway.codecs.yls.texts import MOST_PROMPT, read_text

from gateway.domain.commands import LONGEST_VALID_MS, DoorAction, DoorState

ACTIONS = {one.value: one for one in DoorAction}
_OPENING = frozenset({DoorAction.PULSE, DoorAction.HOLD_OPEN, DoorAction.EVACUATE})
_CLOSING = frozenset({DoorAction.CLOSE, DoorAction.HOLD_LOCKED})


@dataclass(slots=True)
class Door:
    """One door with its lock and its sensor."""

    state: DoorState = DoorState.CLOSED
    stuck: bool = False
    """The bolt does not move: an order to move it is a DOOR_FAULT."""
    locked_with: int | None = None
    """The other door of an air lock; both may not be open."""
    pulses: int = 0
    """How often the lock was released for somebody."""
    evacuating: bool = False
    """The local fire input is active: the door is open whatever anybody orders."""


@dataclass(slots=True)
class Panel:
    """The mechanics of one terminal."""

    doors: dict[int, Door] = field(default_factory=lambda: {1: Door()})
    relays: dict[int, bool] = field(default_factory=lambda: {1: False})
    shown: list[str] = field(default_factory=list)
    """Texts that were on the screen, oldest first."""
    config: dict[int, bytes] = field(default_factory=dict)
    writable: frozenset[int] | None = None
    """Keys that may be changed; None allows any."""

    def door(self, body: bytes, now_ms: int) -> bytes:
        """Carry out DOOR_CTRL and say what the sensor saw; raises Refused."""
        fields = Body(body)
        door = self.doors.get(fields.number(Tlv.DOOR, 1))
        action = _action(fields)
        check_expiry(fields, now_ms)
        if door is None:
            raise Refused(Result.OUT_OF_RANGE)
        self._move(door, action)
        return RESULT_OK + put_number(Tlv.DOOR_STATE, door.state.value, 1)

    def relay(self, body: bytes, now_ms: int) -> bytes:
        """Carry out RELAY; raises Refused."""
        fields = Body(body)
        number = fields.number(Tlv.RELAY, 1)
        action = _action(fields)
        check_expiry(fields, now_ms)
        if number not in self.relays:
            raise Refused(Result.OUT_OF_RANGE)
        self.relays[number] = action in _OPENING and action is not DoorAction.PULSE
        return RESULT_OK

    def prompt(self, body: bytes) -> bytes:
        """Carry out PROMPT; raises Refused."""
        fields = Body(body)
        text = read_text(fields, Tlv.PROMPT, MOST_PROMPT)
        if not text and Tlv.VOICE not in fields:
            raise Refused(Result.MISSING_TLV)
        self.shown.append(text)
        return RESULT_OK

    def read_config(self, body: bytes) -> bytes:
        """Carry out CONFIG_GET: the values asked for, or all; raises Refused."""
        asked = [key for key, _ in read_values(Body(body).bytes(Tlv.CONFIG))]
        if any(key not in self.config for key in asked):
            raise Refused(Result.OUT_OF_RANGE)
        values = [(key, self.config[key]) for key in asked or sorted(self.config)]
        return RESULT_OK + put(Tlv.CONFIG, write_values(values), critical=True)

    def write_config(self, body: bytes) -> bytes:
        """Carry out CONFIG_SET, all of it or nothing, and return the values before."""
        wanted = read_values(Body(body).bytes(Tlv.CONFIG))
        for key, _ in wanted:
            if key not in self.config or (self.writable is not None and key not in self.writable):
                raise Refused(Result.OUT_OF_RANGE)
        before = [(key, self.config[key]) for key, _ in wanted]
        self.config.update(wanted)
        return RESULT_OK + put(Tlv.CONFIG, write_values(before), critical=True)

    def _move(self, door: Door, action: DoorAction) -> None:
        if door.evacuating and action in _CLOSING:
            raise Refused(Result.INTERLOCK)
        if action in _OPENING and action is not DoorAction.EVACUATE:
            other = self.doors.get(door.locked_with) if door.locked_with is not None else None
            if other is not None and other.state is not DoorState.CLOSED:
                raise Refused(Result.INTERLOCK)
        if door.stuck:
            raise Refused(Result.DOOR_FAULT)
        if action is DoorAction.PULSE:
            door.pulses += 1
        door.evacuating |= action is DoorAction.EVACUATE
        door.state = DoorState.OPEN if action in _OPENING else DoorState.CLOSED


def check_expiry(fields: Body, now_ms: int) -> None:
    """Refuse an order that is too old, or that would stay good for too long."""
    expires = fields.number(Tlv.CMD_EXPIRE, 8)
    if expires < now_ms:
        raise Refused(Result.EXPIRED)
    if expires > now_ms + LONGEST_VALID_MS:
        raise Refused(Result.OUT_OF_RANGE)


def _action(fields: Body) -> DoorAction:
    action = ACTIONS.get(fields.number(Tlv.ACTION, 1))
    if action is None:
        raise Refused(Result.OUT_OF_RANGE)
    return action
