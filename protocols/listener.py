"""The gateway's open doors: listeners, the sweep over their connections, and the way out."""

# ruff: noqa: N802 - Twisted calls these methods by these names.

from __future__ import annotations

import asyncio
import os
import socket
from dataclasses import dataclass
from typing import Any

from gateway.protocols.connection import Connection
from gateway.protocols.serial_door import SerialDoor
from gateway.protocols.streams import StreamFactory
from gateway.protocols.surroundings import Surroundings
from gateway.protocols.sweep import Sweep
from gateway.protocols.tls import ServerContext, secured
from gateway.protocols.transport import Listener, listen

from gateway.domain.errors import GatepostError

BINDING_LABEL = b"EXPORTER-yls1"
"""Exporter label of TLS listeners unless another is given (YLS/1 ruling 15)."""


class ConnectionFactory:
    """Builds connections for one listener, or refuses them."""

    def __init__(self, shared: Surroundings, name: str, label: bytes | None = None) -> None:
        """``label`` is the exporter label of a TLS listener, None on a plain one."""
        self._shared = shared
        self._name = name
        self._label = label

    def buildProtocol(self, addr: Any) -> Connection | None:
        """Ask the gate; None refuses, and the transport aborts."""
        peer = addr.host
        reason = self._shared.gate.refusal(peer)
        if reason is not None:
            self._shared.counters.refused(reason)
            return None
        return Connection(self._shared, peer, self._name, self._label)


@dataclass(frozen=True, slots=True, kw_only=True)
class DrainReport:
    """How a drain went."""

    connections: int
    """Connections that were open when it began."""
    aborted: int
    """Those cut off because the grace was over."""
    unsettled: int
    """Records without an answer at the end; their terminals keep them and send them again."""


class DeviceServer:
    """All listeners of one process."""

    def __init__(self, shared: Surroundings) -> None:
        self.shared = shared
        """What its connections share."""
        self._shared = shared
        self._listeners: list[Listener] = []
        self._doors: list[SerialDoor] = []
        self._sweep = Sweep(shared.roster, shared.clock, self._report)
        self._reported: dict[str, int] = {}

    async def listen(
        self,
        name: str,
        host: str,
        port: int,
        *,
        tls: ServerContext | None = None,
        label: bytes = BINDING_LABEL,
        factory: StreamFactory | None = None,
    ) -> Listener:
        """Open one more door, with TLS if a context is given; port 0 takes a free one.

        ``factory`` makes the protocols of connections that need more than a `Connection`.
        Raises GatepostError ``listener.unavailable`` when the address cannot be had.
        """
        if factory is None:
            factory = ConnectionFactory(self._shared, name, label if tls is not None else None)
        if tls is not None:
            factory = secured(tls, factory)
        loop = asyncio.get_running_loop()
        flow = self._shared.flow
        try:
            listener = await listen(
                loop, factory, host, port, write_high=flow.write_high, write_low=flow.write_low
            )
        except OSError as error:
            raise GatepostError(
                "listener.unavailable",
                f"cannot listen: {_why(error)}.",
                place=f"{name} {host}:{port}",
                remedy=f"Stop what listens there, or give the {name} listener another address.",
            ) from error
        self._begin_sweep(loop)
        self._listeners.append(listener)
        bound = listener.getHost()
        self._shared.log.info(
            "listener.started", listener=name, host=bound.host, port=bound.port, tls=tls is not None
        )
        return listener

    def serve(self, door: SerialDoor) -> None:
        """Keep one more serial port open."""
        self._begin_sweep(asyncio.get_running_loop())
        self._doors.append(door)
        door.start()

    async def drain(self, grace_seconds: float) -> DrainReport:
        """Accept nothing more, let what is in flight be settled, then close everything.

        New records are deferred from now on. A connection is told farewell and closed as soon as
        its last record is answered, so that no answer is lost behind the farewell; what is left
        after ``grace_seconds`` is cut off.
        """
        roster = self._shared.roster
        self._shared.gate.shut()
        for listener in self._listeners:
            listener.stopListening()
        for door in self._doors:
            door.stopListening()
        connections = len(roster)
        for connection in roster:
            connection.drain()
        aborted, unsettled = 0, 0
        try:
            await asyncio.wait_for(roster.empty(), grace_seconds)
        except TimeoutError:
            for connection in roster:
                aborted += 1
                unsettled += connection.unsettled
                connection.abort("draining")
            await roster.empty()
        await asyncio.gather(*(door.close() for door in self._doors))
        self._sweep.stop()
        report = DrainReport(connections=connections, aborted=aborted, unsettled=unsettled)
        self._shared.log.info(
            "listener.drained", connections=connections, aborted=aborted, unsettled=unsettled
        )
        return report

    def _begin_sweep(self, loop: asyncio.AbstractEventLoop) -> None:
        if not self._listeners and not self._doors:
            self._sweep.start(loop)

    def _report(self) -> None:
        """Two lines a second at most, whatever happens: a flood must not fill the log."""
        hidden = self._shared.hush.renew()
        if hidden:
            self._shared.log.warning("listener.strangers", hidden=hidden)
        total = dict(self._shared.gate.refused)
        if total != self._reported:
            fresh = {
                reason: count - self._reported.get(reason, 0) for reason, count in total.items()
            }
            self._reported = total
            self._shared.log.warning(
                "listener.refused", **{reason: count for reason, count in fresh.items() if count}
            )


def _why(error: OSError) -> str:
    """Return the system's words; asyncio wraps them in its own, which say the address again."""
    if error.errno is None or isinstance(error, socket.gaierror):
        return error.strerror or str(error)
    return os.strerror(error.errno)
