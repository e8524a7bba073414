"""Examining a maker's real terminal: what an examiner is, whatever protocol it speaks.

An examiner plays the gateway and has no input or output of its own; whoever runs it brings bytes
and instants, sends what `pieces` returns, each by itself, and hangs up when `hang_up` is set.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from gateway.codecs.kit.report import Report

from gateway.domain.times import Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """The terminal to be examined and what may be done to it."""

    secret: bytes = field(repr=False)
    """The terminal's own key."""
    entropy: Callable[[int], bytes]
    """Returns that many fresh random bytes."""
    move_doors: bool = False
    """Doors may be opened: somebody watches."""
    patience_s: float = 10.0
    """How long to wait for what somebody has to do at the terminal, such as passing."""


class Examiner(Protocol):
    """One examination, over as many connections as it takes."""

    hang_up: bool
    """Set when the present connection is to be closed; the examination goes on with the next."""

    def connected(self, now: Instant) -> None:
        """Begin with a fresh connection."""

    def feed(self, data: bytes, now: Instant) -> None:
        """Take bytes as they arrived."""

    def pieces(self) -> list[bytes]:
        """Return and forget what is to be sent, each to be sent by itself."""

    def tick(self, now: Instant) -> None:
        """Act on time having passed; called often."""

    def lost(self, now: Instant) -> None:
        """Note that the connection ended."""

    @property
    def done(self) -> bool:
        """Everything was tried."""

    def report(self) -> Report:
        """Say what was found so far; what was not reached counts as not exercised."""
