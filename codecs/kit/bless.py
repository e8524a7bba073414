"""Blessing: a transcript whose expected lines are what the codec does now.

Owns which lines are rewritten and which are kept: people's acts, comments and wording stay, and so
does an expected line that names fewer fields than the event has but agrees with it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import takewhile
from typing import Any

from gateway.codecs.plain import Json, agrees, plain
from gateway.codecs.replay import REQUESTS, Make, Stage, raised, steps, whole
from gateway.codecs.transcript import Call, Line, Sigil, Transcript

from gateway.domain.errors import GatepostError
from gateway.domain.events import Event
from gateway.domain.requests import Request

Answer = Callable[[Event], Request | None]
"""What a gateway says to an event."""
QUIET = {"raw", "digest"}
"""Fields that repeat the bytes above them; left out of new lines."""


def bless(
    transcript: Transcript,
    make: Make,
    requests: Sequence[type[Any]] = (),
    answer: Answer | None = None,
) -> Transcript:
    """Play the acts and return the transcript with what came out; raises ``codec.bless``.

    The error names the line at which the codec raised. ``answer`` writes the ``!`` lines of a
    transcript that has none, such as a capture.
    """
    lines: list[Line] = []
    answer = None if any(line.sigil == "!" for line in transcript.lines) else answer
    output: Sigil = "<" if transcript.header.role == "server" else ">"
    stage: Stage | None = None
    number = 1
    try:
        stage = Stage(transcript.header, make, (*REQUESTS, *requests))
        for step in steps(transcript):
            if step.act is not None:
                number = step.act.number
                lines.append(step.act)
            stage.perform(step.act, whole)
            old = _expected(transcript, step.act)
            events, sent = stage.take()
            lines += _outcome(old, events, sent, output)
            if answer is not None:
                lines += _answered(stage, events, answer, output)
    except Exception as error:
        raise GatepostError(
            "codec.bless",
            f"the codec raised {raised(error)}.",
            place=f"{transcript.name}:{number}",
            remedy="Mend the codec or the line; nothing was written.",
        ) from error
    closes = stage.conversation.closing
    return replace(transcript, header=replace(transcript.header, closes=closes), lines=tuple(lines))


def unread(transcript: Transcript) -> int:
    """Return how many of the terminal's messages came after the conversation had ended."""
    if transcript.header.closes is None or transcript.header.role != "server":
        return 0
    behind = takewhile(lambda line: line.sigil == ">", reversed(transcript.lines))
    return sum(1 for _ in behind)


def _answered(stage: Stage, events: list[Event], answer: Answer, output: Sigil) -> list[Line]:
    """Say what a gateway would to each event, and return the lines of it and of what follows."""
    lines: list[Line] = []
    for event in events:
        request = answer(event)
        if request is None:
            continue
        fields = plain(request)
        assert isinstance(fields, dict)
        told = Call(name=type(request).__name__, fields=_telling(request, fields))
        lines.append(Line(sigil="!", what=told, number=0))
        stage.submit(request)
        caused, sent = stage.take()
        lines += _outcome([], caused, sent, output)
        lines += _answered(stage, caused, answer, output)
    return lines


def _expected(transcript: Transcript, act: Line | None) -> list[Line]:
    """Return the = and output lines that follow an act."""
    found: list[Line] = []
    passed = act is None
    output = "<" if transcript.header.role == "server" else ">"
    for line in transcript.lines:
        if line is act:
            passed = True
        elif passed and line.sigil in ("=", output):
            found.append(line)
        elif passed:
            break
    return found


def _outcome(old: list[Line], events: list[Event], sent: bytes, output: Sigil) -> list[Line]:
    calls = [line for line in old if isinstance(line.what, Call)]
    lines = [_event(event, dict(enumerate(calls)).get(at)) for at, event in enumerate(events)]
    silent = [line for line in old if line.what == b""]
    before = [line for line in old if isinstance(line.what, bytes)]
    if b"".join(line.what for line in before if isinstance(line.what, bytes)) == sent:
        return [*lines, *before]
    return [*lines, Line(sigil=output, what=sent, number=0)] if sent else [*lines, *silent]


def _event(event: Event, old: Line | None) -> Line:
    name, fields = type(event).__name__, plain(event)
    assert isinstance(fields, dict)
    if old is not None and isinstance(old.what, Call):
        if old.what.name == name and agrees(fields, old.what.fields):
            return old
        if old.what.name == name:
            kept = {key: fields[key] for key in old.what.fields if key in fields}
            return replace(old, what=Call(name=name, fields=kept))
    return Line(sigil="=", what=Call(name=name, fields=_telling(event, fields)), number=0)


def _telling(event: Event | Request, fields: dict[str, Json]) -> dict[str, Json]:
    """Leave out what repeats the bytes and what is at its default."""
    defaults = {f.name: f.default for f in type(event).__dataclass_fields__.values()}
    return {
        key: value
        for key, value in fields.items()
        if key not in QUIET and getattr(event, key) is not defaults[key]
    }
