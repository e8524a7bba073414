"""Keeps one serial port open for as long as the gateway runs: opens it, and opens it again."""

# ruff: noqa: N802 - the door is closed as a Twisted listener is.

from __future__ import annotations

import asyncio

from gateway.protocols.retry import Retry
from gateway.protocols.serial_device import (
    REMEDIES,
    PortSettings,
    PortUnavailable,
    open_device,
)
from gateway.protocols.serial_line import SerialLine
from gateway.protocols.serial_port import PortCounts, SerialPort
from gateway.protocols.surroundings import Surroundings
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IReactorFDSet
from twisted.python.failure import Failure

STABLE_S = 10.0
"""A port that stays open so long (seconds) was no loose contact: the pauses begin anew."""

DRAIN_S = 2.0
"""How long the last bytes may take to leave when the gateway stops: 2 kB at 9600 bit/s."""

POLL_S = 0.02
"""Between two looks whether they have left; a driver cannot be waited for without blocking."""


class SerialDoor:
    """One port, and the line on it while it is open."""

    def __init__(
        self, shared: Surroundings, settings: PortSettings, reactor: IReactorFDSet, retry: Retry
    ) -> None:
        self.counts = PortCounts()
        self._shared = shared
        self._settings = settings
        self._reactor = reactor
        self._retry = retry
        self._port: SerialPort | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._opened_at = 0.0
        self._unsent = 0
        self._complained = ""
        self._stopped = False

    @property
    def path(self) -> str:
        """Path of the device."""
        return self._settings.path

    @property
    def open(self) -> bool:
        """The port is open."""
        return self._port is not None

    def start(self) -> None:
        """Open the port now if it can be had, else as soon as it can."""
        self._timer = None
        settings = self._settings
        try:
            device = open_device(settings)
        except PortUnavailable as error:
            self._complain(error)
            self._later()
            return
        self._complained = ""
        self._opened_at = self._shared.clock().mono
        line = SerialLine(self._shared, settings.path, self._gone)
        self._port = SerialPort(line, device, self._reactor, self.counts, settings.write_bytes)
        self._shared.log.info("serial.opened", port=settings.path, mode=settings.mode)

    def count_errors(self) -> None:
        """Bring `counts` up to date with what the driver counts."""
        if self._port is not None:
            self._port.count_errors()

    def stopListening(self) -> None:
        """Open the port no more; a connection on it may end in its own time."""
        self._stopped = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def close(self) -> None:
        """Close the port once its last bytes are on the line, or have had time enough."""
        port, loop = self._port, asyncio.get_running_loop()
        if port is None:
            return
        deadline = loop.time() + DRAIN_S
        while not port.settled and loop.time() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(POLL_S)
        port.connectionLost(Failure(ConnectionDone()))  # type: ignore[no-untyped-call]

    def _gone(self, reason: Failure) -> None:
        """Take note that the port is lost: unplugged, or closed by us."""
        self._port = None
        unsent, self._unsent = self.counts.unsent - self._unsent, self.counts.unsent
        if self._stopped:
            return
        self._shared.log.warning(
            "serial.lost",
            port=self._settings.path,
            reason=type(reason.value).__name__,
            unsent=unsent,
        )
        if self._shared.clock().mono - self._opened_at >= STABLE_S:
            self._retry.reset()
        self._later()

    def _later(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(self._retry.next(), self.start)

    def _complain(self, error: PortUnavailable) -> None:
        """Log why the port cannot be had, once until the reason changes."""
        if error.reason != self._complained:
            self._complained = error.reason
            self._shared.log.error(
                "serial.unavailable",
                port=self._settings.path,
                reason=error.reason,
                detail=str(error),
                remedy=REMEDIES[error.reason],
            )
