"""What sessions count. Who exports the numbers, and under which names, is not known here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(slots=True)
class Traffic:
    """Plain totals that grow with every read; an exporter reads them when it is asked.

    Bytes are those of the dialect, so on a TLS link those inside the encryption.
    """

    reads: int = 0
    bytes_in: int = 0
    bytes_out: int = 0


class SessionCounters(Protocol):
    """Counts that change with a connection or a mishap, never with an ordinary record."""

    def opened(self, listener: str) -> None:
        """Count a connection that was let in, before it has said anything."""

    def closed(self, listener: str, reason: str) -> None:
        """Count the end of a connection that was let in.

        ``reason`` is one of `gateway.protocols.endings.ENDINGS`, the value of a
        `gateway.domain.requests.Parting`, or the code a conversation set as its ``closing``.
        """

    def refused(self, reason: str) -> None:
        """Count a connection that was not let in; one of `gateway.protocols.gate.REFUSALS`."""

    def frame_damaged(self, dialect: str, code: str) -> None:
        """Count bytes that were no frame; one of `gateway.codecs.api.DAMAGE`."""

    def misbehaved(self, dialect: str, code: str) -> None:
        """Count a breach of the protocol."""

    def unknown_message(self, dialect: str) -> None:
        """Count a well-formed message the codec does not know."""

    def verified_late(self, dialect: str) -> None:
        """Count an answer to a verification that was not sent because it came too late."""

    def deferred(self, dialect: str) -> None:
        """Count a record refused because too many of its session were in flight already."""

    def codec_error(self, dialect: str) -> None:
        """Count an exception that escaped from a codec."""
