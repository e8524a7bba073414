"""STATUS: what a terminal says of its own health, 26 bytes (YLS/1 16.3)."""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct

from gateway.codecs.yls.body import Body, Refused, put
from gateway.codecs.yls.registers import CRITICAL, FAULT_BITS, Result, Tlv, bit_names

from gateway.domain.events import DeviceStatus
from gateway.domain.times import ClockQuality

STATUS = Struct(">IIIHHHhBBI")
_PREFIXES = (
    b"\x80\x70" + STATUS.size.to_bytes(2, "big"),
    b"\x00\x70" + STATUS.size.to_bytes(2, "big"),
)
_WHOLE = 4 + STATUS.size
_NO_FAULTS: frozenset[str] = frozenset()
_CLOCKS = (ClockQuality.UNSET, ClockQuality.FREE_RUNNING, ClockQuality.SYNCHRONISED)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusReport:
    """What a device puts into STATUS, in wire units."""

    uptime_s: int = 0
    persons: int = 0
    cpu_permille: int = 0
    free_ram_kib: int = 0
    free_store_permille: int = 1000
    temperature_decidegrees: int = 250
    time_quality: int = 2
    """0 unset, 1 free running, 2 synchronised."""
    power: int = 0
    """0 mains, 1 battery, 2 low battery."""
    faults: int = 0

    def encode(self, unacknowledged: int) -> bytes:
        """Return the STATUS element."""
        value = STATUS.pack(
            self.uptime_s,
            self.persons,
            unacknowledged,
            self.cpu_permille,
            self.free_ram_kib,
            self.free_store_permille,
            self.temperature_decidegrees,
            self.time_quality,
            self.power,
            self.faults,
        )
        return put(Tlv.STATUS, value, critical=True)


def read_status(body: bytes) -> DeviceStatus | None:
    """Return the status in a body, None where it has none; raises Refused."""
    if len(body) == _WHOLE and body.startswith(_PREFIXES):
        return _decode(body, 4)
    fields = Body(body)
    if Tlv.STATUS not in fields:
        return None
    value = fields.bytes(Tlv.STATUS)
    if len(value) < STATUS.size:
        raise Refused(Result.BAD_LENGTH)
    return _decode(value, 0)


def _decode(data: bytes, offset: int) -> DeviceStatus:
    uptime, persons, waiting, _cpu, _ram, store, temperature, clock, power, faults = (
        STATUS.unpack_from(data, offset)
    )
    return DeviceStatus(
        uptime_s=uptime,
        persons=persons,
        unacknowledged=waiting,
        free_store=store / 1000,
        temperature_c=temperature / 10,
        clock=_CLOCKS[clock] if clock < len(_CLOCKS) else ClockQuality.UNKNOWN,
        on_battery=power != 0,
        faults=bit_names(faults, FAULT_BITS) if faults else _NO_FAULTS,
    )


assert STATUS.size == 26 and Tlv.STATUS | CRITICAL == 0x8070  # noqa: PT018
