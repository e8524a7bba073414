"""Who may come in: how many connections there may be, and how many of them strangers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from gateway.domain.sources import source_of

CONNECTION_BYTES = 24_000
"""Memory one connection may need: kernel, transport, conversation and one frame being put
together, with room to spare (an idle one needs a third)."""

SECURE_CONNECTION_BYTES = 64_000
"""The same through TLS: an idle one holds 40 to 48 kB, most of it OpenSSL's."""

SPARE_FILES = 256
"""File descriptors kept for the database, the web server and log files."""

REFUSALS = frozenset({"ceiling", "address", "locked_out", "closed"})
"""Why a connection is not let in: too many altogether, too many strangers from its address, too
many failed logins from there, or the gate is shut because the gateway is stopping."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerLimits:
    """Bounds of one gateway process, over all its listeners; each is a setting."""

    connections: int
    """Connections altogether; see `connection_ceiling`."""
    strangers: int = 64
    """Connections that may be logging in at one time (YLS/1 16.6). Further ones wait unread."""
    strangers_per_address: int = 8
    """Connections of one source address that may be logging in or waiting to (YLS/1 16.6); of IPv6
    the first 64 bits count as one address. Raise it where a whole site comes through one."""
    patience_seconds: float = 10.0
    """How long a connection waits for its turn to log in, and then how long its login may take at
    most (a dialect may allow less); a terminal gives up then as well."""


def connection_ceiling(
    memory_bytes: int, per_connection: int = CONNECTION_BYTES, open_files: int | None = None
) -> int:
    """Return how many connections fit into ``memory_bytes`` and, if given, ``open_files``."""
    ceiling = memory_bytes // per_connection
    if open_files is not None:
        ceiling = min(ceiling, open_files - SPARE_FILES)
    return max(1, ceiling)


class Visitor(Protocol):
    """A connection as the gate sees it."""

    peer: str

    def begin(self) -> None:
        """Start to log in."""


def shuns_nobody(peer: str) -> bool:
    """Answer every address, where nothing counts failed logins."""
    del peer
    return False


class Gate:
    """Counts who is inside, who is logging in, and who waits.

    A reconnecting city is not refused but queued: those beyond ``strangers`` stay connected and
    unread. Sources take turns, each its visitors in order of arrival, so that who fills the queue
    from a few addresses waits in it himself.
    """

    def __init__(self, limits: ListenerLimits, shuns: Callable[[str], bool] = shuns_nobody) -> None:
        """``shuns`` says whether an address has failed too often to be answered."""
        self.limits = limits
        self._shuns = shuns
        self.refused: Counter[str] = Counter()
        """Refusals by reason since the start."""
        self._inside = 0
        self._logging_in: set[Visitor] = set()
        self._queues: dict[str, dict[Visitor, None]] = {}
        """Who waits, by source; the first source is the next to have its turn."""
        self._strangers: Counter[str] = Counter()
        self._shut = False

    def shut(self) -> None:
        """Let nobody in any more."""
        self._shut = True

    def refusal(self, peer: str) -> str | None:
        """Say why a connection from ``peer`` may not come in, and count that; None lets it in."""
        if self._shut:
            reason = "closed"
        elif self._inside >= self.limits.connections:
            reason = "ceiling"
        elif self._strangers[source_of(peer)] >= self.limits.strangers_per_address:
            reason = "address"
        elif self._shuns(peer):
            reason = "locked_out"
        else:
            return None
        self.refused[reason] += 1
        return reason

    def enter(self, visitor: Visitor) -> bool:
        """Count a visitor in; False when it has to wait until it is told to begin."""
        self._inside += 1
        source = source_of(visitor.peer)
        self._strangers[source] += 1
        if len(self._logging_in) < self.limits.strangers:
            self._logging_in.add(visitor)
            return True
        self._queues.setdefault(source, {})[visitor] = None
        return False

    def known(self, visitor: Visitor) -> None:
        """Take note that a visitor proved who it is; the next one may begin."""
        if visitor in self._logging_in:
            self._logging_in.discard(visitor)
            self._forget(source_of(visitor.peer))
            self._admit_waiting()

    def leave(self, visitor: Visitor) -> None:
        """Count a visitor out, wherever it was."""
        self._inside -= 1
        source = source_of(visitor.peer)
        queue = self._queues.get(source, {})
        if visitor in queue:
            del queue[visitor]
            if not queue:
                del self._queues[source]
            self._forget(source)
        else:
            self.known(visitor)

    def _forget(self, source: str) -> None:
        self._strangers[source] -= 1
        if not self._strangers[source]:
            del self._strangers[source]

    def _admit_waiting(self) -> None:
        while self._queues and len(self._logging_in) < self.limits.strangers:
            source = next(iter(self._queues))
            queue = self._queues.pop(source)
            visitor = next(iter(queue))
            del queue[visitor]
            if queue:
                self._queues[source] = queue  # behind the other sources
            self._logging_in.add(visitor)
            visitor.begin()

    @property
    def inside(self) -> int:
        """Connections let in and not yet gone."""
        return self._inside

    @property
    def strangers(self) -> int:
        """Connections that have not proved who they are, waiting ones included."""
        return self._strangers.total()
