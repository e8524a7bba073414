"""A serial device as the operating system gives it: opened for us alone, raw, and set as asked.

Everything that can fail happens here, before any protocol hears of the port: Twisted's SerialPort
would tell the protocol first and fail afterwards.
"""

from __future__ import annotations

import errno
import fcntl
import struct
import termios
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import serial

LINE_ERRORS = ("framing", "overrun", "parity", "break", "buffer")
"""What a driver counts: bad stop bits, characters the chip lost, parity, breaks, and characters
lost because nobody read them in time."""

TIOCGICOUNT = 0x545D
_COUNTS = struct.Struct("20i")
"""Linux' serial_icounter_struct: cts, dsr, rng, dcd, rx, tx, then LINE_ERRORS, then reserved."""

PARITIES = {"none": serial.PARITY_NONE, "even": serial.PARITY_EVEN, "odd": serial.PARITY_ODD}


@dataclass(frozen=True, slots=True, kw_only=True)
class PortSettings:
    """One port and how its line is driven; characters have 8 bits, for frames are binary."""

    path: str
    """Of the device; ``/dev/serial/by-id/…`` stays the same when an adapter is plugged anew."""
    speed: int = 115_200
    """Bits a second."""
    parity: str = "none"
    """A key of PARITIES."""
    stop_bits: int = 1
    hardware_flow: bool = False
    """RTS and CTS are wired and tell when to send."""
    low_latency: bool = True
    """Ask the driver to hand over each character at once, where it can."""
    write_bytes: int = 16_384
    """Unsent bytes above which a port is not read any more."""

    @property
    def mode(self) -> str:
        """The usual short form, such as ``115200 8N1``."""
        return f"{self.speed} 8{self.parity[0].upper()}{self.stop_bits}"


REMEDIES = {
    "missing": "Plug the adapter in; it is looked for again and again.",
    "denied": "Give the gateway's user the rights to the device (usually the group dialout).",
    "busy": "Another program has the port open; end it, or name another port.",
    "not_serial": "Name a serial device.",
    "unsupported": "Set what the adapter can do.",
    "failed": "Look at the system's log; the port is tried again and again.",
}
"""Why a port cannot be had, and what to do about it."""

_REASONS = {
    errno.ENOENT: "missing",
    errno.ENXIO: "missing",
    errno.ENODEV: "missing",
    errno.EACCES: "denied",
    errno.EPERM: "denied",
    errno.EBUSY: "busy",
    errno.EAGAIN: "busy",
    errno.ENOTTY: "not_serial",
    errno.EISDIR: "not_serial",
}


class PortUnavailable(Exception):
    """A port that cannot be had now; ``reason`` is a key of `REMEDIES`."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


def open_device(settings: PortSettings) -> Any:
    """Open and prepare a device; returns a ``serial.Serial``. Raises PortUnavailable.

    The lock is advisory (flock): it keeps out every program that asks for one, such as another
    gateway.
    """
    try:
        device = serial.Serial(
            settings.path,
            baudrate=settings.speed,
            parity=PARITIES[settings.parity],
            stopbits=settings.stop_bits,
            timeout=0,
            rtscts=settings.hardware_flow,
            exclusive=True,
        )
    except serial.SerialException as error:
        raise PortUnavailable(_reason(error), str(error)) from error
    except (termios.error, OSError, ValueError) as error:  # a speed or a mode the driver refuses
        raise PortUnavailable("unsupported", str(error)) from error
    try:
        _make_raw(device.fd)
        _verify(device.fd, settings)
        if settings.low_latency:
            _hurry(device)
    except BaseException as error:
        device.close()
        if isinstance(error, termios.error):
            raise PortUnavailable("failed", str(error)) from error
        raise
    return device


def read_errors(fd: int) -> Mapping[str, int] | None:
    """Return the driver's counts since it was loaded, or None where it keeps none."""
    try:
        answer = fcntl.ioctl(fd, TIOCGICOUNT, bytes(_COUNTS.size))
    except OSError:
        return None
    return dict(zip(LINE_ERRORS, _COUNTS.unpack(answer)[6:11], strict=True))


def unsent(fd: int) -> int:
    """Return the bytes that the driver has not put on the line yet; 0 once the port is gone."""
    try:
        answer = fcntl.ioctl(fd, termios.TIOCOUTQ, bytes(4))
    except OSError:
        return 0
    return int.from_bytes(answer, "little", signed=True)


def discard_unsent(fd: int) -> None:
    """Throw away what is not on the line yet.

    Closing a port otherwise waits up to half a minute for a peer that takes nothing, and the whole
    gateway with it.
    """
    if unsent(fd) > 0:  # on a pseudo-terminal it would take back what the other side has already
        with suppress(termios.error):
            termios.tcflush(fd, termios.TCOFLUSH)


def _reason(error: serial.SerialException) -> str:
    if error.errno is None:  # its settings could not be read: no terminal device
        return "not_serial"
    return _REASONS.get(error.errno, "failed")


def _make_raw(fd: int) -> None:
    """Finish what pyserial leaves open.

    With BRKINT a break would empty the buffers. With VMIN 0 a read of nothing returns no bytes,
    which is what a port that is gone looks like.
    """
    mode = termios.tcgetattr(fd)
    mode[0] &= ~(termios.BRKINT | termios.IGNPAR)
    mode[6][termios.VMIN] = 1
    termios.tcsetattr(fd, termios.TCSANOW, mode)


def _verify(fd: int, settings: PortSettings) -> None:
    """Refuse a driver that silently did not take the mode: bytes would arrive, all of them wrong.

    Raises PortUnavailable.
    """
    flags = termios.tcgetattr(fd)[2]
    parity = {"none": 0, "even": termios.PARENB, "odd": termios.PARENB | termios.PARODD}
    checks = {
        "8 data bits": flags & termios.CSIZE == termios.CS8,
        f"parity {settings.parity}": flags & (termios.PARENB | termios.PARODD)
        == parity[settings.parity],
        f"{settings.stop_bits} stop bits": bool(flags & termios.CSTOPB) == (settings.stop_bits > 1),
    }
    refused = [what for what, taken in checks.items() if not taken]
    if refused:
        raise PortUnavailable("unsupported", f"the driver does not take {', '.join(refused)}")


def _hurry(device: Any) -> None:
    """Do without the 16 ms that the commonest USB adapters collect characters for."""
    with suppress(ValueError, NotImplementedError):  # many drivers have no such mode
        device.set_low_latency_mode(True)
