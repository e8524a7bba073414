"""Everything a session does beside records, beats and objects: which machine takes what.

Each conversation is a machine of its own in a module beside this one and is made when it is first
needed, so one that got stuck holds up nobody and a terminal that only records costs nothing more.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, get_args

from gateway.codecs.yls.asked import Asked, Reply
from gateway.codecs.yls.blobs import BlobIntake
from gateway.codecs.yls.orders import Order
from gateway.codecs.yls.registers import Command
from gateway.codecs.yls.seal import Seal
from gateway.codecs.yls.verification import Verifications
from gateway.codecs.yls.wishes import AskClock, AskRange, Errand, Wishes

from gateway.domain.commands import CommandRequest
from gateway.domain.events import Event
from gateway.domain.ids import Receipt
from gateway.domain.requests import AskRecords, MeasureClock, Request
from gateway.domain.times import Instant
from gateway.domain.verification import Denied, Granted, Undecided

UNCOUNTED = frozenset({Command.VERIFY_REQ})
"""Requests of the device that do not count against its window (YLS/1 5)."""


class Core(NamedTuple):
    """What the machines of one session share."""

    wishes: Wishes
    blobs: BlobIntake
    seal: Seal
    receipt: Callable[[], Receipt]
    max_frame: int
    by_picture: bool
    """The device may send a picture where others send a template."""
    uplink_ms: int


class Taken(NamedTuple):
    """A request of the device, with what an answer needs."""

    asked: Asked
    body: bytes
    now: Instant
    events: list[Event]
    protected: bool
    """Link or frame guards biometric data."""


class Features:
    """The machines of one session."""

    __slots__ = ("_core", "_ready", "_verifications")

    def __init__(self, core: Core) -> None:
        self._core = core
        self._verifications = Verifications(
            core.receipt, core.uplink_ms, by_picture=core.by_picture
        )
        core.blobs.awaited = self._awaited
        self._ready: list[Reply] = []

    def take(
        self, asked: Asked, body: bytes, now: Instant, events: list[Event], *, protected: bool
    ) -> bytes | None:
        """Take a request whose command is in TAKEN; raises Refused."""
        return _TAKERS[asked.command](self, Taken(asked, body, now, events, protected))

    def aside(self, command: int, body: bytes, events: list[Event]) -> bool:
        """Take a message that wants no answer; False for one nobody knows. Raises Refused."""
        if command != Command.VERIFY_CANCEL:
            return False
        events += self._verifications.cancel(body)
        return True

    def ask(self, request: Request, now: Instant) -> list[Event]:
        """Take a word or a wish of the gateway's."""
        if isinstance(request, Granted | Denied | Undecided):
            reply, events = self._verifications.settle(request, now)
            if reply is not None:
                self._ready.append(reply)
            return events
        make = _ERRANDS.get(type(request))
        return self._core.wishes.add(make(request), now) if make is not None else []

    def pictured(self, digest: bytes, picture: bytes, now: Instant) -> list[Event]:
        """Take a picture that somebody at a gate waits for."""
        replies, events = self._verifications.arrived(digest, picture, now)
        self._ready += replies
        return events

    def ready(self) -> list[Reply]:
        """Return and forget the answers that can go out now."""
        ready, self._ready = self._ready, []
        return ready

    def decides(self, seq: int) -> bool:
        """Say whether a request that does not count against the window is still open."""
        return self._verifications.decides(seq)

    def deadline(self) -> float | None:
        """When one of the machines wants to act."""
        return self._verifications.deadline()

    def tick(self, now: Instant) -> list[Event]:
        """Let the machines act on time having passed."""
        self._ready += self._verifications.tick(now)
        return []

    def end(self) -> list[Event]:
        """Return what the gateway must know when the session is over."""
        return self._verifications.end()

    def _awaited(self, digest: bytes) -> int | None:
        picture = self._verifications.awaits(digest)
        return None if picture is None else picture.size

    def _verify(self, taken: Taken) -> bytes | None:
        reply, events = self._verifications.request(
            taken.asked, taken.body, taken.now, protected=taken.protected
        )
        taken.events.extend(events)
        return reply


_TAKERS: dict[int, Callable[[Features, Taken], bytes | None]] = {
    Command.VERIFY_REQ: Features._verify,
}
TAKEN = frozenset(_TAKERS)
"""Commands of requests that `Features.take` knows."""

_ERRANDS: dict[type, Callable[[Any], Errand]] = {
    AskRecords: AskRange,
    MeasureClock: lambda _: AskClock(),
    **dict.fromkeys(get_args(CommandRequest), Order),
}
