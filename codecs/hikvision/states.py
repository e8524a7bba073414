"""Codes that tell of the terminal and its door instead of a person.

Keyed by major and minor together: 0x400 is a short circuit, power, a remote opening or nothing,
depending on the major. Certain are major 5 and what the maker's code list has of the others; those
of major 1 and 2 marked "header" come from the maker's public header file, and only the list's
neighbours in it speak for them (inferred).
"""

from __future__ import annotations

from typing import NamedTuple

from gateway.domain.vocabulary import FaultSeverity

_INFO, _MINOR = FaultSeverity.INFO, FaultSeverity.MINOR
_MAJOR, _CRITICAL = FaultSeverity.MAJOR, FaultSeverity.CRITICAL


class State(NamedTuple):
    """What became of the terminal."""

    text: str
    severity: FaultSeverity = FaultSeverity.INFO
    ends: int = 0
    """Minor of the fault that this one ends, in the same major; 0 where it ends none."""
    duress: bool = False


ALARMS = {
    0x400: State("zone short circuit", _MAJOR),  # header
    0x401: State("zone broken", _MAJOR),  # header
    0x402: State("zone abnormal", _MAJOR),  # header
    0x403: State("zone restored", _INFO, 0x400),  # header
    0x404: State("terminal opened (tamper)", _CRITICAL),
    0x405: State("terminal closed again", _INFO, 0x404),  # header
    0x406: State("reader opened (tamper)", _CRITICAL),
    0x407: State("reader closed again", _INFO, 0x406),  # header
    0x408: State("event input", _MINOR),  # header
    0x409: State("event input ended", _INFO, 0x408),  # header
    0x40A: State("duress", _CRITICAL, duress=True),
    0x40B: State("offline record store nearly full", _MAJOR),  # header
    0x40C: State("too many failed attempts", _MINOR),
    0x40D: State("memory card full", _MAJOR),  # header
}
EXCEPTIONS = {
    0x23: State("disk full", _MAJOR),  # header
    0x24: State("disk fault", _MAJOR),  # header
    0x26: State("address used twice", _MAJOR),  # header
    0x27: State("network lost", _MINOR),
    0x3A: State("RS-485 device lost", _MAJOR),  # header
    0x3B: State("RS-485 device back", _INFO, 0x3A),  # header
    0x400: State("power on"),
    0x401: State("power off", _MINOR),
    0x402: State("restarted by its watchdog", _MINOR),  # header
    0x403: State("battery low", _MAJOR),  # header
    0x404: State("battery restored", _INFO, 0x403),  # header
    0x405: State("mains lost", _MAJOR),  # header
    0x406: State("mains back", _INFO, 0x405),  # header
    0x407: State("network back", _INFO, 0x27),
    0x408: State("flash memory fault", _MAJOR),  # header
    0x409: State("reader lost", _MAJOR),  # header
    0x40A: State("reader back", _INFO, 0x409),  # header
}
OPERATIONS = {
    0x70: State("remote login"),
    0x71: State("remote logout"),
    0x79: State("remote arming"),
    0x7A: State("remote disarming"),
    0x7B: State("remote reboot"),
    0x7E: State("remote upgrade"),
    0x400: State("door opened remotely"),
    0x401: State("door closed remotely"),
    0x402: State("door set open remotely"),
    0x403: State("door set closed remotely"),
    0x404: State("clock set by hand"),
    0x405: State("clock set by NTP"),
}
DOOR = {
    0x13: State("remain-open begins"),
    0x14: State("remain-open ends"),
    0x15: State("door unlocked"),
    0x16: State("door locked"),
    0x17: State("exit button pressed"),
    0x18: State("exit button released"),
    0x19: State("door contact open"),
    0x1A: State("door contact closed"),
    0x1B: State("door forced open", _MAJOR),
    0x1C: State("door held open", _MINOR),
    0x1F: State("remain-closed begins"),
    0x20: State("remain-closed ends"),
    0x25: State("door bell"),
    0x5C: State("lock failed to open", _MAJOR),
    0x5D: State("lock opened too late", _MINOR),
    0x85: State("tailgating", _MINOR),
    0xD6: State("unlock record"),
    0xDA: State("a group passes"),
}

STATES: dict[tuple[int, int], State] = {
    (major, minor): state
    for major, table in ((1, ALARMS), (2, EXCEPTIONS), (3, OPERATIONS), (5, DOOR))
    for minor, state in table.items()
}
