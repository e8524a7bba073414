"""Raw TCP from transparent serial servers: serial lines whose bytes arrive in packets.

The rules of a serial line hold: bytes may be lost or invented, a frame may come in pieces, and what
the box itself adds is taken out first.
"""

# ruff: noqa: N802 - Twisted calls these methods by these names.

from __future__ import annotations

from typing import Any

from gateway.protocols.connection import Connection
from gateway.protocols.prompt import Prompt
from gateway.protocols.stripping import Additions, Stripped, Stripper
from gateway.protocols.surroundings import Surroundings
from twisted.python.failure import Failure

from gateway.domain.times import Instant


class TransparentConnection:
    """Stands between a TCP transport and a connection, and strips what is not the terminal's."""

    def __init__(
        self, connection: Connection, stripper: Stripper, shared: Surroundings, gap_seconds: float
    ) -> None:
        self._connection = connection
        self._stripper = stripper
        self._clock = shared.clock
        self._gap = gap_seconds
        self._quiet_at = 0.0
        limits = (dialect.limits.before_login_bytes for dialect in shared.dialects)
        self._allowance = shared.noise_bytes + max(limits)
        self._prompt = Prompt(self._due, self._expire, shared.clock)

    def makeConnection(self, transport: Any) -> None:
        """Hand the transport on."""
        self._connection.makeConnection(transport)

    def dataReceived(self, data: bytes) -> None:
        """Pass on what is the terminal's.

        What is stripped counts as well as long as a stranger sends it: looking at it costs us time.
        """
        if self._connection.stranger:
            self._allowance -= len(data)
            if self._allowance < 0:
                self._connection.abort("login_bytes")
                return
        self._pass(self._stripper.feed(data))
        if self._stripper.held:
            self._quiet_at = self._clock().mono + self._gap
        self._prompt.look()

    def connectionLost(self, reason: Failure) -> None:
        """Tell the connection."""
        self._prompt.stop()
        self._connection.connectionLost(reason)

    def _pass(self, data: bytes) -> None:
        if data:
            self._connection.dataReceived(data)

    def _due(self) -> float:
        wanted = self._connection.wanted()
        return min(wanted, self._quiet_at) if self._stripper.held else wanted

    def _expire(self, now: Instant) -> None:
        if self._stripper.held and now.mono >= self._quiet_at:
            self._pass(self._stripper.flush())
        self._connection.expire(now)


class TransparentFactory:
    """Builds connections for one listener of serial servers, or refuses them."""

    def __init__(
        self, shared: Surroundings, name: str, additions: Additions, gap_seconds: float
    ) -> None:
        self.stripped = Stripped()
        self._shared = shared
        self._name = name
        self._additions = additions
        self._gap = gap_seconds

    def buildProtocol(self, addr: Any) -> TransparentConnection | None:
        """Ask the gate; None refuses, and the transport aborts."""
        shared, peer = self._shared, addr.host
        reason = shared.gate.refusal(peer)
        if reason is not None:
            shared.counters.refused(reason)
            return None
        connection = Connection(shared, peer, self._name)
        stripper = Stripper(self._additions, self.stripped)
        return TransparentConnection(connection, stripper, shared, self._gap)
