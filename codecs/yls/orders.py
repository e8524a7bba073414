"""Orders to doors, relays and screens, and settings: written, and their answers read (YLS/1 14).

The gateway's side. Nothing that moves is ever repeated by itself: an order whose answer is missing
ends as "unanswered", and whoever gave it decides (YLS/1 14.3).
"""

from __future__ import annotations

from gateway.codecs.yls.body import Body, Refused, put, put_number
from gateway.codecs.yls.config import read_values, write_keys, write_values
from gateway.codecs.yls.registers import Command, Result, Tlv, result_name
from gateway.codecs.yls.texts import MOST_PROMPT, fit_text
from gateway.codecs.yls.wishes import Secrecy

from gateway.domain.commands import (
    LONGEST_VALID_MS,
    CommandOutcome,
    CommandRequest,
    DoorCommand,
    DoorState,
    Outcome,
    ReadConfig,
    Reboot,
    RelayCommand,
    ShowPrompt,
    WriteConfig,
)
from gateway.domain.events import Event
from gateway.domain.times import Instant

_DOOR_STATES = {int(one.value): one for one in DoorState}
_COMMANDS: dict[type, Command] = {
    DoorCommand: Command.DOOR_CTRL,
    RelayCommand: Command.RELAY,
    Reboot: Command.REBOOT,
    ReadConfig: Command.CONFIG_GET,
    WriteConfig: Command.CONFIG_SET,
    ShowPrompt: Command.PROMPT,
}


def ended(*, sent: bool) -> Outcome:
    """Say what the lack of an answer means."""
    return Outcome.UNANSWERED if sent else Outcome.NOT_SENT


def judged(result: int) -> Outcome:
    """Say what an answer means."""
    return Outcome.DONE if result == Result.OK else Outcome.REFUSED


class Order:
    """An order on its way; implements `gateway.codecs.yls.wishes.Errand`."""

    repeat = False
    secrecy = Secrecy.PLAIN

    def __init__(self, order: CommandRequest, given: Instant) -> None:
        """``given`` is when the order was given: from then on it grows old."""
        self._order = order
        self._given = given
        self.command = _COMMANDS[type(order)]

    def body(self, now: Instant) -> bytes:
        """See `Errand.body`; one that waited too long for the window is never sent."""
        order = self._order
        if isinstance(order, DoorCommand):
            return put_number(Tlv.DOOR, order.door, 1, critical=True) + self._moving(order, now)
        if isinstance(order, RelayCommand):
            return put_number(Tlv.RELAY, order.relay, 1, critical=True) + self._moving(order, now)
        if isinstance(order, Reboot):
            return self._expiry(order.valid_ms, now)
        if isinstance(order, ShowPrompt):
            return _prompt(order)
        if isinstance(order, ReadConfig):
            return put(Tlv.CONFIG, write_keys(order.keys), critical=True)
        return put(Tlv.CONFIG, write_values(order.values), critical=True)

    def answered(self, body: bytes, now: Instant) -> list[Event]:  # noqa: ARG002
        """See `Errand.answered`."""
        fields = Body(body)
        result = fields.number(Tlv.RESULT, 2)
        door = fields.number(Tlv.DOOR_STATE, 1) if Tlv.DOOR_STATE in fields else None
        config = read_values(fields.bytes(Tlv.CONFIG)) if Tlv.CONFIG in fields else ()
        return [
            CommandOutcome(
                ticket=self._order.ticket,
                outcome=judged(result),
                code=result_name(result),
                door=None if door is None else _DOOR_STATES.get(door, DoorState.UNKNOWN),
                config=config,
            )
        ]

    def unanswered(self, result: Result, *, sent: bool) -> list[Event]:
        """See `Errand.unanswered`."""
        ticket = self._order.ticket
        outcome = CommandOutcome(ticket=ticket, outcome=ended(sent=sent), code=result_name(result))
        return [outcome]

    def _moving(self, order: DoorCommand | RelayCommand, now: Instant) -> bytes:
        said = put_number(Tlv.ACTION, order.action.value, 1, critical=True)
        if order.duration_ms is not None:
            said += put_number(Tlv.DURATION, _tenths(order.duration_ms), 2, critical=True)
        return said + self._expiry(order.valid_ms, now)

    def _expiry(self, valid_ms: int, now: Instant) -> bytes:
        waited_ms = round((now.mono - self._given.mono) * 1000)
        left_ms = min(valid_ms, LONGEST_VALID_MS) - waited_ms
        if left_ms <= 0:
            raise Refused(Result.EXPIRED)
        return put_number(Tlv.CMD_EXPIRE, now.wall + left_ms, 8, critical=True)


def _prompt(order: ShowPrompt) -> bytes:
    said = put(Tlv.PROMPT, fit_text(order.text, MOST_PROMPT))
    if order.voice is not None:
        said += put_number(Tlv.VOICE, order.voice, 2)
    if order.duration_ms is not None:
        said += put_number(Tlv.DURATION, _tenths(order.duration_ms), 2)
    return said


def _tenths(milliseconds: int) -> int:
    return max(0, min(round(milliseconds / 100), 0xFFFF))
