"""Terminals that are read instead of reporting: a stream of events the gateway opens.

For terminals that are servers and cannot be told to report. Nothing can be said up such a stream,
so nothing is acknowledged on it: what got lost is found by a search of the terminal's memory.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeAlias

from gateway.codecs.errand import Terms

from gateway.domain.events import Event
from gateway.domain.times import Instant


class BadStream(Exception):
    """What comes is no stream of events, or no more; ``code`` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Armed(Protocol):
    """One connection's stream, without input or output."""

    @property
    def target(self) -> str:
        """Path and query that are asked for with GET."""

    @property
    def silence_s(self) -> float:
        """Seconds without a byte after which nobody is there any more."""

    def begin(self, content_type: str) -> None:
        """Take the type of the answer; raises BadStream."""

    @property
    def over(self) -> str | None:
        """Set once nothing more can be read, to a short reason."""

    def feed(self, data: bytes, now: Instant) -> list[Event]:
        """Take bytes and return what they mean, in order.

        Receipts of records are numbered by the stream, and no answer to them is waited for.
        """

    def end(self, now: Instant) -> list[Event]:
        """The stream is over; return what waited for more."""


Arm: TypeAlias = Callable[[Terms], Armed]
