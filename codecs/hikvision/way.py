"""The two ways a terminal speaks to us over HTTP, as the loop over its requests sees them."""

from __future__ import annotations

from enum import Enum
from typing import Protocol

from gateway.codecs.hikvision.refused import Refused
from gateway.codecs.http.head import Head

from gateway.domain.events import Event
from gateway.domain.requests import Request
from gateway.domain.times import Instant


class Step(Enum):
    """What to do with a request after a look at its head."""

    WAIT = 1
    """The gateway must say something first."""
    TAKE = 2
    """Read its body and take it."""
    DISMISS = 3
    """Read its body, forget it, and say what was missing."""


Judged = tuple[Step, list[Event]]


class Way(Protocol):
    """What is done with requests: HTTP listening or PUSH."""

    @property
    def most_body(self) -> int:
        """Bytes of the largest body."""

    @property
    def busy(self) -> bool:
        """The gateway has something to say before anything else is read."""

    def enter(self, head: Head, now: Instant) -> Judged:
        """Judge a head; raises Refused."""

    def told(self, request: Request, head: Head, now: Instant) -> Judged | None:
        """Judge a head that waits, by the gateway's word on who sent it; raises Refused.

        None for a request that is about something else, or that ended the connection.
        """

    def dismiss(self, now: Instant) -> None:
        """Answer a request whose body was skipped."""

    def take(self, head: Head, body: bytes, now: Instant) -> list[Event]:
        """Take a whole request; raises Refused."""

    def refuse(self, refused: Refused, now: Instant, *, close: bool) -> list[Event]:
        """Answer what cannot be taken, and say what is to be said of it."""

    def submit(self, request: Request, now: Instant) -> list[Event]:
        """Take what the gateway says of what was taken."""

    def deadline(self) -> float | None:
        """Monotonic seconds at which `expire` wants to be called, while `busy`."""

    def expire(self, now: Instant) -> list[Event]:
        """Answer what has waited long enough."""

    def lost(self, now: Instant) -> list[Event]:
        """The connection ended."""
