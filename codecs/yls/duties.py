"""What a terminal does when the gateway asks: which part of the station takes what.

Owns the dispatch and the terminal's own errands. Knows no frames; an answer is repeated from the
cache of the session, so nothing here is ever carried out twice for one request.
"""

from __future__ import annotations

from collections.abc import Callable
from struct import Struct
from typing import NamedTuple

from gateway.codecs.yls import clock
from gateway.codecs.yls.body import RESULT_OK, Body, Refused, put, put_number, put_result
from gateway.codecs.yls.bus import read_address
from gateway.codecs.yls.chores import Chore, StatePeople, TellFirmware, Upload
from gateway.codecs.yls.device_events import (
    DeviceEvent,
    DoorMoved,
    EnrolmentAsked,
    KeyReceived,
    ObjectReceived,
    PeopleChanged,
    RangeAsked,
)
from gateway.codecs.yls.firmware import FirmwareBank
from gateway.codecs.yls.keys import read_key, read_qr_keys
from gateway.codecs.yls.limits import BLOB_LIMITS, CHUNK_OVERHEAD
from gateway.codecs.yls.login_device import put_store
from gateway.codecs.yls.objects import Receiving
from gateway.codecs.yls.outgoing import Outgoing
from gateway.codecs.yls.panel import check_expiry
from gateway.codecs.yls.people import PeopleStore
from gateway.codecs.yls.registers import Blob, Bye, Command, Result, Tlv
from gateway.codecs.yls.station import Station
from gateway.codecs.yls.store import RecordStore
from gateway.codecs.yls.transfer import NO_OWNER

from gateway.domain.maintenance import KeyKind
from gateway.domain.times import Instant

_SPAN = Struct(">QQ")
SEALED = 28
"""Bytes of a sealed frame with an empty body."""
TEMPLATES = frozenset(
    {Blob.FACE_PHOTO, Blob.FACE_TEMPLATE, Blob.IRIS_TEMPLATE, Blob.FINGER_TEMPLATE}
)
"""Objects that are kept for people only."""


class Order(NamedTuple):
    """A request of the gateway."""

    body: bytes
    now: Instant
    protected: bool
    """Link or frame guards biometric data and keys."""
    events: list[DeviceEvent]


class Duties:
    """The station in one session."""

    __slots__ = (
        "_chores",
        "_max_frame",
        "_outgoing",
        "_receiving",
        "_records",
        "_seen",
        "_station",
        "parting",
        "serial",
        "status",
    )

    def __init__(
        self,
        station: Station,
        records: RecordStore,
        outgoing: Outgoing,
        serial: str,
        max_frame: int,
    ) -> None:
        self.serial = serial
        self._station = station
        self._records = records
        self._outgoing = outgoing
        self._max_frame = max_frame
        self._receiving = Receiving(station.objects, max_frame)
        self._chores: list[tuple[float, Chore]] = []
        self._seen: Instant | None = None
        self.status: Callable[[], bytes] = bytes
        """Returns the STATUS element."""
        self.parting: Bye | None = None
        """Set when the answer is the last thing this session says."""

    def begin(self) -> None:
        """Say what the gateway wants to know after login."""
        if self._station.people is not None:
            self.add(StatePeople(state=self._station.people.state()))
        bank = self._station.firmware
        if bank is not None:
            bank.confirmed()
            if bank.result is not None:
                version, applied, reason = bank.result
                self.add(TellFirmware(version=version, applied=applied, reason=reason))

    def tick(self, now: Instant) -> None:
        """Leave for an upgrade when its time has come."""
        self._seen = now
        bank = self._station.firmware
        if bank is not None and bank.due(now.wall):
            self.parting = Bye.UPGRADE

    def add(self, chore: Chore, due: float = 0.0) -> None:
        """Send a request of ours as soon as the window allows, but not before ``due``."""
        self._chores.append((due, chore))

    def next(self, now: float) -> Chore | None:
        """Return and forget the next request of ours."""
        for at, (due, chore) in enumerate(self._chores):
            if due <= now:
                del self._chores[at]
                return chore
        return None

    def deadline(self, after: float) -> float | None:
        """When a request of ours that has to wait may go on, or an upgrade begins."""
        waiting = [due for due, _ in self._chores if due > after]
        bank, seen = self._station.firmware, self._seen
        if bank is not None and bank.installing is not None and seen is not None:
            waiting.append(seen.mono + max(0, bank.start_ms - seen.wall) / 1000)
        return min(waiting, default=None)

    @property
    def idle(self) -> bool:
        """Nothing of our own waits to be sent."""
        return not self._chores

    def answered(self, chore: Chore, fields: Body, now: Instant) -> list[DeviceEvent]:
        """Take the answer to a request of ours; raises Refused."""
        events, again = chore.answered(fields, now)
        if again is not None:
            self.add(chore, again)
        elif isinstance(chore, TellFirmware) and self._station.firmware is not None:
            self._station.firmware.result = None
        return events

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

    def _person_put(self, order: Order) -> bytes:
        people = self._people()
        whole = self._station.objects.whole
        reply = people.put(order.body, whole.__contains__, protected=order.protected)
        return self._changed(reply, order)

    def _person_del(self, order: Order) -> bytes:
        return self._changed(self._people().delete(order.body), order)

    def _changed(self, reply: bytes, order: Order) -> bytes:
        if reply.startswith(RESULT_OK):
            people = self._people()
            self._station.objects.sweep(TEMPLATES, people.used())
            order.events.append(PeopleChanged(count=len(people), revision=people.revision))
        return reply

    def _person_digest(self, order: Order) -> bytes:
        return self._people().buckets(order.body, self._max_frame - SEALED)

    def _enroll(self, order: Order) -> bytes:
        fields = Body(order.body)
        person, method = fields.number(Tlv.PERSON_NO, 4), fields.number(Tlv.METHOD, 2)
        seconds = fields.number(Tlv.DURATION, 2, 600) // 10
        order.events.append(EnrolmentAsked(person=person, method=method, seconds=seconds))
        return RESULT_OK

    def _people(self) -> PeopleStore:
        if self._station.people is None:
            raise Refused(Result.UNKNOWN_CMD)
        return self._station.people

    def _blob_open(self, order: Order) -> bytes:
        fields = Body(order.body)
        if fields.number(Tlv.BLOB_TYPE, 1) == Blob.FIRMWARE:
            bank = self._station.firmware
            if bank is None or not bank.wants(fields.bytes(Tlv.SHA256, 32)):
                raise Refused(Result.FORBIDDEN)
        return self._receiving.open(order.body, protected=order.protected)

    def _blob_data(self, order: Order) -> bytes:
        return self._receiving.data(order.body, protected=order.protected)

    def _blob_close(self, order: Order) -> bytes:
        reply, found = self._receiving.close(order.body)
        if found is not None:
            order.events.append(ObjectReceived(kind=found[0], digest=found[1]))
        return reply

    def _blob_status(self, order: Order) -> bytes:
        return self._receiving.status(order.body)

    def _blob_abort(self, order: Order) -> bytes:
        return self._receiving.abort(order.body)

    def _blob_pull(self, order: Order) -> bytes:
        found = self._station.objects.whole.get(Body(order.body).bytes(Tlv.SHA256, 32))
        if found is None:
            raise Refused(Result.BLOB_UNKNOWN)
        self.add(Upload(found[0], found[1], NO_OWNER, self._max_frame - CHUNK_OVERHEAD))
        return RESULT_OK

    def _rec_status(self, order: Order) -> bytes:  # noqa: ARG002
        stores = b"".join(map(put_store, self._records.stores()))
        return RESULT_OK + stores + self.status()

    def _log_pull(self, order: Order) -> bytes:
        first, last = _SPAN.unpack(Body(order.body).bytes(Tlv.LOG_RANGE, _SPAN.size))
        lines = self._station.log_between(first, last)[-BLOB_LIMITS[Blob.LOG] :]
        if not lines:
            raise Refused(Result.BLOB_UNKNOWN)
        upload = Upload(Blob.LOG, lines, NO_OWNER, self._max_frame - CHUNK_OVERHEAD)
        self.add(upload)
        named = put(Tlv.SHA256, upload.digest, critical=True)
        return RESULT_OK + named + put_number(Tlv.BLOB_SIZE, len(lines), 4, critical=True)

    def _fw_offer(self, order: Order) -> bytes:
        return self._bank().offer(order.body)

    def _fw_apply(self, order: Order) -> bytes:
        bank = self._bank()
        reply = bank.apply(order.body, self._station.objects.whole, order.now.wall)
        self.tick(order.now)
        return reply

    def _bank(self) -> FirmwareBank:
        if self._station.firmware is None:
            raise Refused(Result.UNKNOWN_CMD)
        return self._station.firmware

    def _key_update(self, order: Order) -> bytes:
        kind, key_id, key = read_key(order.body, protected=order.protected)
        if kind is KeyKind.GROUP:
            self._station.group_keys = {key_id: key}
        order.events.append(KeyReceived(kind=kind.value, key_id=key_id, key=key))
        return RESULT_OK

    def _set_address(self, order: Order) -> bytes:
        self._station.address = read_address(order.body, self.serial)
        return RESULT_OK

    def _qr_keys(self, order: Order) -> bytes:
        self._station.qr_keys = read_qr_keys(order.body, protected=order.protected)
        return RESULT_OK


_HANDLERS: dict[int, Callable[[Duties, Order], bytes]] = {
    Command.TIME_SYNC: Duties._clock,
    Command.REC_RANGE_REQ: Duties._reopen,
    Command.PERSON_PUT: Duties._person_put,
    Command.PERSON_DEL: Duties._person_del,
    Command.PERSON_DIGEST: Duties._person_digest,
    Command.ENROLL: Duties._enroll,
    Command.BLOB_OPEN: Duties._blob_open,
    Command.BLOB_DATA: Duties._blob_data,
    Command.BLOB_CLOSE: Duties._blob_close,
    Command.BLOB_STATUS: Duties._blob_status,
    Command.BLOB_ABORT: Duties._blob_abort,
    Command.BLOB_PULL: Duties._blob_pull,
    Command.REC_STATUS: Duties._rec_status,
    Command.LOG_PULL: Duties._log_pull,
    Command.FW_OFFER: Duties._fw_offer,
    Command.FW_APPLY: Duties._fw_apply,
    Command.KEY_UPDATE: Duties._key_update,
    Command.QR_KEYS: Duties._qr_keys,
    Command.SET_ADDR: Duties._set_address,
    Command.DOOR_CTRL: Duties._door,
    Command.RELAY: Duties._relay,
    Command.REBOOT: Duties._reboot,
    Command.CONFIG_GET: Duties._config_get,
    Command.CONFIG_SET: Duties._config_set,
    Command.PROMPT: Duties._prompt,
}
