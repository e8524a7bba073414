"""The shapes that transports, protocols and factories expect of one another.

Twisted declares them as zope interfaces, which a type checker cannot follow.
"""

# ruff: noqa: N802 - Twisted calls these methods by these names.

from __future__ import annotations

from typing import Any, Protocol

from twisted.python.failure import Failure


class StreamProtocol(Protocol):
    """The part of Twisted's IProtocol that a transport calls."""

    def makeConnection(self, transport: Any) -> None:
        """Begin, with a transport to write to."""

    def dataReceived(self, data: bytes) -> None:
        """Take what arrived."""

    def connectionLost(self, reason: Failure) -> None:
        """Take note of the end."""


class StreamFactory(Protocol):
    """The part of Twisted's IProtocolFactory that a transport calls."""

    def buildProtocol(self, addr: Any) -> StreamProtocol | None:
        """Make the protocol of one connection, or refuse it by returning None."""


class Producer(Protocol):
    """Twisted's IPushProducer as a type."""

    def pauseProducing(self) -> None:
        """Stop writing for now."""

    def resumeProducing(self) -> None:
        """Go on writing."""

    def stopProducing(self) -> None:
        """Never write again."""
