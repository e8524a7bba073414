"""One request of a device while it waits for its answer, and the gateway's word on it."""

from __future__ import annotations

from typing import NamedTuple

from gateway.domain.events import Event
from gateway.domain.requests import Accept, Conflict, DeclineBlob, Defer, TakeBlob
from gateway.domain.times import Instant

Verdict = Accept | Conflict | Defer | TakeBlob | DeclineBlob
"""What answers a receipt."""


class Asked(NamedTuple):
    """What must be remembered of a frame to answer it later."""

    command: int
    seq: int
    protection: int
    """MAC, ENC or 0: an answer is protected as its request was."""


class Reply(NamedTuple):
    """The body that answers a request."""

    asked: Asked
    body: bytes


class Message(NamedTuple):
    """A request of the device, opened and found in order."""

    asked: Asked
    body: bytes
    now: Instant
    events: list[Event]
    """Where its meaning is added."""
