"""What a terminal does when the gateway asks: which part of the station takes what.

Owns the dispatch and the terminal's own errands. Knows no frames; an answer is repeated from the
cache of the session, so nothing here is ever carried out twice for one request.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import NamedTuple, Protocol

from gateway.codecs.yls import clock
from gateway.codecs.yls.body import RESULT_OK, Body, put_result
from gateway.codecs.yls.device_events import DeviceEvent, DoorMoved, RangeAsked
from gateway.codecs.yls.outgoing import Outgoing
from gateway.codecs.yls.panel import check_expiry
from gateway.codecs.yls.registers import Bye, Command, Result, Tlv
from gateway.codecs.yls.station import Station
from gateway.codecs.yls.store import RecordStore

from gateway.domain.times import Instant


class Chore(Protocol):
    """A request of the terminal's own and what its answer means."""

    command: Command
    secret: bool
    """Holds biometric data: on a link that does not encrypt by itself it goes out encrypted."""

    def body(self, now: Instant) -> bytes:
        """Write the request; called when it leaves."""

    def answered(self, fields: Body, now: Instant) -> list[DeviceEvent]:
        """Read the gateway's answer; raises Refused."""


class Order(NamedTuple):
    """A request of the gateway."""

    body: bytes
    now: Instant
    protected: bool
    """Link or frame guards biometric data and keys."""
    events: list[DeviceEvent]


class Duties:
    """The station in one session."""

    __slots__ = ("_max_frame", "_outgoing", "_records", "_station", "chores", "parting")

    def __init__(
        self, station: Station, records: RecordStore, outgoing: Outgoing, max_frame: int
    ) -> None:
        self._station = station
        self._records = records
        self._outgoing = outgoing
        self._max_frame = max_frame
        self.chores: deque[Chore] = deque()
        """Requests of ours that wait for the window."""
        self.parting: Bye | None = None
        """Set when the answer is the last thing this session says."""

    def take(
        self, command: int, body: bytes, now: Instant, *, protected: bool
    ) -> tuple[bytes, list[DeviceEvent]]:
        """Carry out a request; return the body of the answer. Raises Refused."""
        handler = _HANDLERS.get(command)
        if handler is None:
            return put_result(Result.UNKNOWN_CMD), []
        order = Order(body, now, protected, [])
        return handler(self, order), order.events

    def _clock(self, order: Order) -> bytes:
        return clock.answer(order.body, order.now)

    def _reopen(self, order: Order) -> bytes:
        fields = Body(order.body, frozenset({Tlv.REC_GAP}))
        any_held = False
        fields.bytes(Tlv.REC_GAP, 12)
        for kind, value in fields.items:
            if kind == Tlv.REC_GAP and len(value) == 12:
                epoch, first, last = (int.from_bytes(value[at : at + 4], "big") for at in (0, 4, 8))
                held = self._records.reopen(epoch, first, last)
                any_held |= held
                self._outgoing.reopened(epoch, first, last)
                asked = RangeAsked(epoch=epoch, first=first, last=last, held=held)
                order.events.append(asked)
        return RESULT_OK if any_held else put_result(Result.REC_GAP)

    def _door(self, order: Order) -> bytes:
        reply = self._station.panel.door(order.body, order.now.wall)
        door = Body(order.body).number(Tlv.DOOR, 1)
        order.events.append(DoorMoved(door=door, action=Body(order.body).number(Tlv.ACTION, 1)))
        return reply

    def _relay(self, order: Order) -> bytes:
        return self._station.panel.relay(order.body, order.now.wall)

    def _reboot(self, order: Order) -> bytes:
        check_expiry(Body(order.body), order.now.wall)
        self.parting = Bye.REBOOT
        return RESULT_OK

    def _prompt(self, order: Order) -> bytes:
        return self._station.panel.prompt(order.body)

    def _config_get(self, order: Order) -> bytes:
        return self._station.panel.read_config(order.body)

    def _config_set(self, order: Order) -> bytes:
        return self._station.panel.write_config(order.body)


_HANDLERS: dict[int, Callable[[Duties, Order], bytes]] = {
    Command.TIME_SYNC: Duties._clock,
    Command.REC_RANGE_REQ: Duties._reopen,
    Command.DOOR_CTRL: Duties._door,
    Command.RELAY: Duties._relay,
    Command.REBOOT: Duties._reboot,
    Command.CONFIG_GET: Duties._config_get,
    Command.CONFIG_SET: Duties._config_set,
    Command.PROMPT: Duties._prompt,
}
