"""What happens on an open port: one connection after the other, while the port stays open.

A serial line has no calls of its own. A connection begins with the first byte that belongs to none,
and ends as on TCP; then the line waits for the next byte. A silent line is no connection.
"""

# ruff: noqa: N802 - Twisted calls these methods by these names.

from __future__ import annotations

import asyncio
from collections.abc import Callable

from gateway.protocols.connection import Connection
from gateway.protocols.prompt import Prompt
from gateway.protocols.serial_port import SerialPort
from gateway.protocols.streams import Producer
from gateway.protocols.surroundings import Surroundings
from twisted.internet.error import ConnectionAborted, ConnectionDone
from twisted.python.failure import Failure

LISTENER = "serial"
"""Name under which connections on serial ports are counted."""

HELD_BYTES = 8192
"""What may arrive while a connection waits for its turn, or is ending; one read of the port."""


class Call:
    """The transport of one connection on a line."""

    def __init__(
        self, port: SerialPort, ended: Callable[[Failure], None], resumed: Callable[[], None]
    ) -> None:
        self.paused = False
        """The connection wants to read nothing at present."""
        self._port = port
        self._ended = ended
        self._resumed = resumed
        self._over = False

    def write(self, data: bytes) -> None:
        """Send bytes; nothing is sent any more once the connection is over."""
        if not self._over:
            self._port.write(data)

    def loseConnection(self) -> None:
        """End once everything written has been sent."""
        self._port.when_sent(self._done)

    def abortConnection(self) -> None:
        """End at once. What is half sent stays half sent: the peer's gap timer deals with it."""
        if not self._over:
            self._over = True
            self._port.discard()
            reason = Failure(ConnectionAborted())  # type: ignore[no-untyped-call]
            asyncio.get_running_loop().call_soon(self._ended, reason)

    def _done(self) -> None:
        if not self._over:
            self._over = True
            self._ended(Failure(ConnectionDone()))  # type: ignore[no-untyped-call]

    def registerProducer(self, producer: Producer, streaming: bool) -> None:
        """Let ``producer`` know when to pause."""
        self._port.registerProducer(producer, streaming)

    def unregisterProducer(self) -> None:
        """Forget the producer."""
        self._port.unregisterProducer()
        self._port.producerPaused = False

    def pauseProducing(self) -> None:
        """Stop reading; the driver's buffer of some 4 kB fills, and then characters are lost."""
        self.paused = True
        self._port.pauseProducing()

    def resumeProducing(self) -> None:
        """Read again."""
        self.paused = False
        self._port.resumeProducing()
        asyncio.get_running_loop().call_soon(self._resumed)

    def drained(self) -> int:
        """Return how many bytes the driver took."""
        return self._port.drained()


class SerialLine:
    """The protocol of an open port."""

    def __init__(self, shared: Surroundings, peer: str, lost: Callable[[Failure], None]) -> None:
        """``peer`` names the port in logs; ``lost`` is told when the port is gone."""
        self._shared = shared
        self._peer = peer
        self._lost = lost
        self._port: SerialPort
        self._connection: Connection | None = None
        self._call: Call | None = None
        self._held = bytearray()
        self._prompt: Prompt | None = None

    def makeConnection(self, port: SerialPort) -> None:
        """Take the port."""
        self._port = port

    def dataReceived(self, data: bytes) -> None:
        """Pass bytes to the connection on the line; the first byte begins one."""
        connection = self._connection or self._begin()
        call, prompt = self._call, self._prompt
        if connection is None or call is None or prompt is None:
            return
        if call.paused or connection.ending is not None:
            self._held += data[: HELD_BYTES - len(self._held)]
            return
        connection.dataReceived(data)
        prompt.look()

    def connectionLost(self, reason: Failure) -> None:
        """End the connection: the port is gone."""
        self._held.clear()
        self._end(reason)
        self._lost(reason)

    def _begin(self) -> Connection | None:
        shared = self._shared
        refusal = shared.gate.refusal(self._peer)
        if refusal is not None:
            shared.counters.refused(refusal)
            return None
        connection = self._connection = Connection(shared, self._peer, LISTENER)
        self._call = Call(self._port, self._over, self._deliver_held)
        self._prompt = Prompt(connection.wanted, connection.expire, shared.clock)
        connection.makeConnection(self._call)
        return connection

    def _over(self, reason: Failure) -> None:
        """Note that the connection ended while the port is well; the next one may begin."""
        self._end(reason)
        if self._port.connected:
            self._port.resumeProducing()
        self._deliver_held()

    def _deliver_held(self) -> None:
        held = bytes(self._held)
        self._held.clear()
        if held:
            self.dataReceived(held)

    def _end(self, reason: Failure) -> None:
        connection, self._connection = self._connection, None
        call, self._call = self._call, None
        prompt, self._prompt = self._prompt, None
        if connection is None or call is None or prompt is None:
            return
        prompt.stop()
        call.unregisterProducer()
        connection.connectionLost(reason)
