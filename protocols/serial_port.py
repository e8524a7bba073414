"""A serial port as a Twisted transport: Twisted's SerialPort with what a gateway needs beside it.

It aborts, it counts, it tells when everything is sent, its write queue is bounded, and closing it
never waits for the line.
"""

# ruff: noqa: N802, N815 - Twisted calls these methods by these names.

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from gateway.protocols.serial_device import LINE_ERRORS, discard_unsent, read_errors, unsent
from gateway.protocols.streams import StreamProtocol
from twisted.internet.error import ConnectionAborted
from twisted.internet.fdesc import readFromFD
from twisted.internet.interfaces import IReactorFDSet
from twisted.internet.serialport import SerialPort as TwistedSerialPort
from twisted.python.failure import Failure


@dataclass(slots=True)
class PortCounts:
    """What happened on one port since the gateway started, whatever was plugged into it."""

    opened: int = 0
    """Times the device could be opened."""
    open: bool = False
    bytes_in: int = 0
    bytes_out: int = 0
    unsent: int = 0
    """Bytes that were thrown away because the port went, or the peer took nothing."""
    errors: dict[str, int] = field(default_factory=lambda: dict.fromkeys(LINE_ERRORS, 0))
    """By kind; stays 0 where the driver does not count."""


def _prepared(device: Any, **settings: object) -> Any:
    """Take the device as it was opened; see `gateway.protocols.serial_device`."""
    del settings
    return device


_Base: Any = TwistedSerialPort
"""Twisted's serial transports have no types that could be checked."""


class SerialPort(_Base):  # type: ignore[misc]
    """An open port. Its protocol sees bytes as the driver hands them over, in pieces of any size.

    What is written while the port has more than ``write_bytes`` unsent pauses the producer.
    """

    _serialFactory = staticmethod(_prepared)

    def __init__(
        self,
        protocol: StreamProtocol,
        device: Any,
        reactor: IReactorFDSet,
        counts: PortCounts,
        write_bytes: int,
    ) -> None:
        """``device`` is what `gateway.protocols.serial_device.open_device` returned."""
        self.bufferSize = write_bytes
        self.counts = counts
        self._lost = False
        self._drained = 0
        self._when_sent: Callable[[], None] | None = None
        self._errors = read_errors(device.fd)
        counts.opened += 1
        counts.open = True
        super().__init__(protocol, device, reactor)

    def flushInput(self) -> None:
        """Do nothing: the device was emptied when it was opened, and may be gone already."""

    flushOutput = flushInput

    # What the reactor calls.

    def doRead(self) -> Any:
        """Pass bytes on; a port that is gone reads as the end of the stream or as an error."""
        return readFromFD(self.fileno(), self._deliver)  # type: ignore[no-untyped-call]

    def writeSomeData(self, data: bytes) -> Any:
        """Hand bytes to the driver, and count those it took."""
        taken = super().writeSomeData(data)
        if isinstance(taken, int):
            self.counts.bytes_out += taken
            self._drained += taken
        return taken

    def doWrite(self) -> Any:
        """Send what waits, and tell who wanted to know that nothing waits any more."""
        result = super().doWrite()
        told, waiting = self._when_sent, self.queued
        if told is not None and not waiting:
            self._when_sent = None
            told()
        return result

    def connectionLost(self, reason: Failure) -> None:
        """Close the device without waiting for the line, then tell the protocol."""
        if self._lost:
            return
        self._lost = True
        counts, fd = self.counts, self._serial.fd
        counts.unsent += self.queued + unsent(fd)
        counts.open = False
        self.count_errors()
        discard_unsent(fd)
        super().connectionLost(reason)

    # What protocols call.

    def write(self, data: bytes) -> None:
        """Send bytes: at once if nothing waits, which spares two turns of the reactor."""
        if data and self.connected and not self.queued:
            taken = self.writeSomeData(data)
            if isinstance(taken, int):  # a failure shows again when the reactor tries
                data = data[taken:]
        if data:
            super().write(data)

    @property
    def queued(self) -> int:
        """Bytes that the driver did not take yet."""
        return len(self.dataBuffer) - self.offset + self._tempDataLen

    @property
    def settled(self) -> bool:
        """Nothing waits, neither here nor in the driver."""
        return self._lost or not (self.queued or unsent(self._serial.fd))

    def drained(self) -> int:
        """Return how many bytes the driver took altogether."""
        return self._drained

    def when_sent(self, tell: Callable[[], None]) -> None:
        """Call ``tell`` once the driver has everything; not at all if the port is lost before."""
        if self.queued:
            self._when_sent = tell
        else:
            asyncio.get_running_loop().call_soon(tell)

    def discard(self) -> None:
        """Throw away whatever is not on the line yet; the port stays open."""
        self.counts.unsent += self.queued + unsent(self._serial.fd)
        self._tempDataBuffer.clear()
        self._tempDataLen = self.offset = 0
        self.dataBuffer = b""
        self._when_sent = None
        self.stopWriting()
        discard_unsent(self._serial.fd)

    def abortConnection(self) -> None:
        """Close at once; unsent bytes are lost. The protocol hears of it a moment later."""
        self.stopReading()
        self.stopWriting()
        failure = Failure(ConnectionAborted())  # type: ignore[no-untyped-call]
        asyncio.get_running_loop().call_soon(self.connectionLost, failure)

    def count_errors(self) -> None:
        """Bring the driver's counts up to date."""
        fd, before = self._serial.fd, self._errors
        now = read_errors(fd) if fd is not None else None
        if now is None or before is None:
            return
        for kind, count in now.items():
            # A driver that was loaded anew counts from zero.
            self.counts.errors[kind] += count - before[kind] if count >= before[kind] else count
        self._errors = now

    def _deliver(self, data: bytes) -> None:
        self.counts.bytes_in += len(data)
        self.protocol.dataReceived(data)
