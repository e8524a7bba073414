"""Status, firmware, keys and bus addresses: the gateway's errands (YLS/1 4.3, 7.7, 8, 15, 17)."""

from __future__ import annotations

from collections.abc import Callable

from gateway.codecs.yls.body import Body, put, put_number
from gateway.codecs.yls.keys import write_key, write_qr_keys
from gateway.codecs.yls.manifest import Manifest
from gateway.codecs.yls.orders import ended, judged
from gateway.codecs.yls.registers import Command, Result, Tlv, result_name
from gateway.codecs.yls.status import read_status
from gateway.codecs.yls.wishes import Secrecy

from gateway.domain.commands import CommandOutcome
from gateway.domain.events import Event, Heartbeat
from gateway.domain.maintenance import (
    ApplyFirmware,
    AskStatus,
    AssignAddress,
    ChangeKey,
    FirmwareOffer,
    PutQrKeys,
    StatusOutcome,
    UpkeepRequest,
)
from gateway.domain.times import Instant

_COMMANDS: dict[type, Command] = {
    FirmwareOffer: Command.FW_OFFER,
    ApplyFirmware: Command.FW_APPLY,
    ChangeKey: Command.KEY_UPDATE,
    PutQrKeys: Command.QR_KEYS,
    AssignAddress: Command.SET_ADDR,
}
_SECRET = frozenset({Command.KEY_UPDATE, Command.QR_KEYS})


class Upkeep:
    """A request that is answered with a result and nothing else; implements `Errand`."""

    repeat = True

    def __init__(self, wish: UpkeepRequest, done: Callable[[UpkeepRequest], None]) -> None:
        """``done`` is called when the terminal did it."""
        self._wish = wish
        self._done = done
        self.command = _COMMANDS[type(wish)]
        self.secrecy = Secrecy.NEEDED if self.command in _SECRET else Secrecy.PLAIN

    def body(self, now: Instant) -> bytes:  # noqa: ARG002
        """See `Errand.body`."""
        wish = self._wish
        if isinstance(wish, FirmwareOffer):
            return manifest_of(wish).encode()
        if isinstance(wish, ApplyFirmware):
            return (
                put(Tlv.SHA256, wish.digest, critical=True)
                + put_number(Tlv.NOT_BEFORE, wish.not_before_ms, 8, critical=True)
                + put_number(Tlv.NOT_AFTER, wish.not_after_ms, 8, critical=True)
            )
        if isinstance(wish, ChangeKey):
            return write_key(wish.kind, wish.key_id, wish.key)
        if isinstance(wish, PutQrKeys):
            return write_qr_keys(wish.keys)
        assert isinstance(wish, AssignAddress)
        serial = put(Tlv.SN, wish.serial.encode(), critical=True)
        return serial + put_number(Tlv.BUS_ADDR, wish.address, 2, critical=True)

    def answered(self, body: bytes, now: Instant) -> list[Event]:  # noqa: ARG002
        """See `Errand.answered`."""
        result = Body(body).number(Tlv.RESULT, 2)
        if result == Result.OK:
            self._done(self._wish)
        ticket = self._wish.ticket
        return [CommandOutcome(ticket=ticket, outcome=judged(result), code=result_name(result))]

    def unanswered(self, result: Result, *, sent: bool) -> list[Event]:
        """See `Errand.unanswered`."""
        ticket = self._wish.ticket
        return [CommandOutcome(ticket=ticket, outcome=ended(sent=sent), code=result_name(result))]


class StatusQuestion:
    """The question for health and record store; health comes out as after a heartbeat."""

    command = Command.REC_STATUS
    repeat = True
    secrecy = Secrecy.PLAIN

    def __init__(self, wish: AskStatus) -> None:
        self._ticket = wish.ticket

    def body(self, now: Instant) -> bytes:  # noqa: ARG002
        """See `Errand.body`."""
        return b""

    def answered(self, body: bytes, now: Instant) -> list[Event]:  # noqa: ARG002
        """See `Errand.answered`."""
        fields = Body(body, frozenset({Tlv.REC_STORE}))
        result = fields.number(Tlv.RESULT, 2)
        stores = tuple(_store(v) for kind, v in fields.items if kind == Tlv.REC_STORE)
        outcome = StatusOutcome(
            ticket=self._ticket, outcome=judged(result), code=result_name(result), stores=stores
        )
        if Tlv.STATUS not in fields:
            return [outcome]
        status = read_status(put(Tlv.STATUS, fields.bytes(Tlv.STATUS)))
        return [Heartbeat(status=status), outcome]

    def unanswered(self, result: Result, *, sent: bool) -> list[Event]:
        """See `Errand.unanswered`."""
        code = result_name(result)
        return [StatusOutcome(ticket=self._ticket, outcome=ended(sent=sent), code=code)]


def manifest_of(offer: FirmwareOffer) -> Manifest:
    """Return what is offered as terminals see it."""
    return Manifest(
        version=offer.version,
        size=offer.size,
        digest=offer.digest,
        hardware_mask=offer.hardware_mask,
        least_version=offer.least_version,
        signature=offer.signature,
    )


def _store(value: bytes) -> tuple[int, int, int]:
    first = Body(put(Tlv.REC_STORE, value)).bytes(Tlv.REC_STORE, 12)
    series, low, high = (int.from_bytes(first[at : at + 4], "big") for at in (0, 4, 8))
    return series, low, high
