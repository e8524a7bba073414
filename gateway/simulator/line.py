"""A terminal's connection over the fast transport, plain or through TLS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.interfaces import IHandshakeListener
from twisted.python.failure import Failure
from zope.interface import implementer  # type: ignore[import-untyped]

from gateway.domain.times import Instant
from gateway.protocols.listener import BINDING_LABEL
from gateway.protocols.tls import channel_binding
from gateway.simulator.terminal import Terminal


class Line:
    """Carries bytes between one connection and its terminal; also the terminal's plug."""

    def __init__(self, terminal: Terminal, clock: Callable[[], Instant]) -> None:
        self._terminal = terminal
        self._clock = clock
        self._transport: Any = None
        self._dark = False

    def makeConnection(self, transport: Any) -> None:  # noqa: N802
        """Hand a plain connection to the terminal."""
        self._transport = transport
        self._terminal.connected(self, self._clock())

    def dataReceived(self, data: bytes) -> None:  # noqa: N802
        """Pass bytes on."""
        if not self._dark:
            self._terminal.received(self, data, self._clock())

    def connectionLost(self, reason: Failure) -> None:  # noqa: N802
        """Tell the terminal."""
        del reason
        self._terminal.lost(self, self._clock())

    def write(self, data: bytes) -> None:
        """See `Plug.write`."""
        if not self._dark:
            self._transport.write(data)

    def close(self) -> None:
        """See `Plug.close`."""
        self._transport.loseConnection()

    def abort(self) -> None:
        """See `Plug.abort`."""
        self._transport.abortConnection()

    def darken(self) -> None:
        """See `Plug.darken`."""
        self._dark = True
        self._transport.pauseProducing()


@implementer(IHandshakeListener)
class SecureLine(Line):
    """The same through TLS: the terminal hears of it once the handshake is done."""

    def __init__(self, terminal: Terminal, clock: Callable[[], Instant]) -> None:
        super().__init__(terminal, clock)
        self._agreed = False

    def makeConnection(self, transport: Any) -> None:  # noqa: N802
        """Wait for the handshake."""
        self._transport = transport

    def handshakeCompleted(self) -> None:  # noqa: N802
        """Hand the connection over with what binds a login to it."""
        self._agreed = True
        binding = channel_binding(self._transport, BINDING_LABEL)
        self._terminal.connected(self, self._clock(), binding)

    def connectionLost(self, reason: Failure) -> None:  # noqa: N802
        """Tell the terminal; a handshake that failed is a gateway out of reach."""
        if self._agreed:
            super().connectionLost(reason)
        else:
            self._terminal.unreachable(self._clock())
