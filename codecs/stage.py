"""A conversation on a stage: the scripted world in which transcripts and checks play it.

Owns entropy, both clocks, timers and the first look at what a codec returns. Compares nothing.
"""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar

from gateway.codecs.api import Context, Conversation
from gateway.codecs.plain import build
from gateway.codecs.transcript import Call, Header, Line

from gateway.domain.events import Event
from gateway.domain.requests import Request
from gateway.domain.times import Instant

Make = Callable[[Context], Conversation]
"""Makes the side under test."""
Cut = Callable[[bytes], Iterable[bytes]]
"""Cuts what is sent into what one read delivers."""

MOST_TICKS = 1000
"""Timer calls in one stretch of time; more means that a deadline never moves on."""

LOST = "Lost"
"""The request name that stands for the end of the connection."""

REQUESTS: tuple[type[Any], ...] = typing.get_args(Request)


class ScriptError(Exception):
    """Script and codec do not fit: too little entropy, an unknown request, a stuck timer."""


class CodecError(Exception):
    """A codec returned what no conversation may return; the message says what to return."""


class Stage:
    """A conversation in a scripted world; collects what comes out of it.

    Raises CodecError for an answer that is not of the shape `gateway.codecs.api` asks for.
    """

    calls: ClassVar[int] = 0
    """Calls into codecs so far, in this process: by it a watchdog sees whether one returns."""
    inside: ClassVar[bool] = False
    """A codec is running now: what happens is its doing."""

    def __init__(
        self, header: Header, make: Make, requests: Sequence[type[Any]] = REQUESTS
    ) -> None:
        self._entropy = memoryview(header.entropy)
        self._requests = {kind.__name__: kind for kind in requests}
        self.now = Instant(0.0, header.clock)
        self.events: list[Event] = []
        self.sent = bytearray()
        context = Context(
            entropy=self._draw,
            secure=header.secure,
            channel_binding=header.channel_binding,
            resync=header.resync,
            settings=dict(header.settings),
        )
        self.conversation = into_codec(make, context)
        self._collect("conversation()", [])

    def perform(self, act: Line | None, cut: Cut) -> None:
        """Do what a line says."""
        if act is None:
            return
        if isinstance(act.what, bytes):
            for piece in cut(act.what):
                self.feed(piece)
        elif isinstance(act.what, Call):
            self.call(act.what)
        else:
            self.wait(act.what)

    def feed(self, data: bytes) -> None:
        """Deliver bytes in one read."""
        self._collect("feed()", into_codec(self.conversation.feed, data, self.now))

    def call(self, call: Call) -> None:
        """Submit a request by name, or end the connection; raises ScriptError."""
        if call.name == LOST:
            self._collect("lost()", into_codec(self.conversation.lost, self.now))
            return
        kind = self._requests.get(call.name)
        if kind is None:
            raise ScriptError(f"no request is called {call.name!r}: {sorted(self._requests)}")
        try:
            request = build(kind, call.fields)
        except ValueError as error:
            raise ScriptError(str(error)) from None
        self.submit(request)

    def submit(self, request: object) -> None:
        """Submit a request."""
        events = into_codec(self.conversation.submit, typing.cast("Request", request), self.now)
        self._collect("submit()", events)

    def wait(self, seconds: float) -> None:
        """Let time pass, with every timer called when it is due; raises ScriptError."""
        target = self.now.mono + seconds
        for _ in range(MOST_TICKS):
            due = self.due()
            if due is None or due > target:
                self._move_to(target)
                return
            self._move_to(max(due, self.now.mono))
            self._collect("tick()", into_codec(self.conversation.tick, self.now))
        raise ScriptError(f"the timer fired {MOST_TICKS} times within {seconds:g} s")

    def due(self) -> float | None:
        """Return when the conversation wants to be called."""
        due = into_codec(self.conversation.deadline)
        if not (due is None or isinstance(due, int | float)):
            raise CodecError(f"deadline() returned {_kind(due)}: return seconds, or None")
        return due

    def take(self) -> tuple[list[Event], bytes]:
        """Return and forget what came out since the last call."""
        events, sent = self.events, bytes(self.sent)
        self.events = []
        self.sent.clear()
        return events, sent

    def _collect(self, call: str, events: Any) -> None:
        if not isinstance(events, list):
            raise CodecError(
                f"{call} returned {_kind(events)}: return a list of events, [] when there is none"
            )
        for event in events:
            if not dataclasses.is_dataclass(event) or isinstance(event, type):
                raise CodecError(
                    f"{call} returned {_kind(event)} among its events:"
                    " use the classes of gateway.domain.events"
                )
        self.events += events
        sent = into_codec(self.conversation.output)
        if not isinstance(sent, bytes):
            raise CodecError(f"output() returned {_kind(sent)}: return bytes, b'' for none")
        self.sent += sent

    def _move_to(self, mono: float) -> None:
        wall = self.now.wall + round((mono - self.now.mono) * 1000)
        self.now = Instant(mono, wall)

    def _draw(self, size: int) -> bytes:
        if size > len(self._entropy):
            missing = size - len(self._entropy)
            raise ScriptError(f"entropy runs out: the header gives {missing} bytes too few")
        drawn, self._entropy = bytes(self._entropy[:size]), self._entropy[size:]
        return drawn


def into_codec(call: Callable[..., Any], *arguments: object) -> Any:
    """Call into a codec, where a watchdog and a guard can see it."""
    Stage.calls += 1
    Stage.inside = True
    try:
        return call(*arguments)
    finally:
        Stage.inside = False


def _kind(value: object) -> str:
    return "None" if value is None else f"{type(value).__name__} {value!r:.40}"
