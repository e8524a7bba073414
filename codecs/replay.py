"""Playing a transcript against a conversation, and saying where the two part.

Owns the comparison; the scripted world is `gateway.codecs.stage`. Three ways of playing show the
faults that reading a stream invites: whole, byte by byte, and with neighbours.
"""

from __future__ import annotations

import json
import traceback
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gateway.codecs.plain import Json, agrees, plain
from gateway.codecs.stage import (
    LOST,
    MOST_TICKS,
    REQUESTS,
    CodecError,
    Cut,
    Make,
    ScriptError,
    Stage,
)
from gateway.codecs.transcript import Call, Line, Transcript

from gateway.domain.events import Event, FrameDamaged, Misbehaved

__all__ = [
    "LOST",
    "MOST_TICKS",
    "REQUESTS",
    "CodecError",
    "Cut",
    "Deviation",
    "Make",
    "ScriptError",
    "Stage",
    "Step",
    "byte_by_byte",
    "compare",
    "joined",
    "play",
    "raised",
    "replay",
    "spell",
    "steps",
    "whole",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One act and everything it must lead to; ``act`` is None before anything happened."""

    act: Line | None
    events: tuple[Call, ...] = ()
    output: bytes = b""

    @property
    def data(self) -> bytes | None:
        """The bytes to be fed, or None when the act is another."""
        return self.act.what if self.act and isinstance(self.act.what, bytes) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation:
    """Where a conversation first did something else than its transcript says."""

    place: str
    """File and line of the act."""
    way: str
    """How the bytes were delivered."""
    expected: str
    actual: str

    def __str__(self) -> str:
        return f"{self.place} ({self.way}): expected {self.expected}, got {self.actual}"


def steps(transcript: Transcript) -> list[Step]:
    """Group the lines of a transcript into acts and their consequences."""
    output = "<" if transcript.header.role == "server" else ">"
    grouped = [Step(act=None)]
    for line in transcript.lines:
        last = grouped[-1]
        if isinstance(line.what, Call) and line.sigil == "=":
            grouped[-1] = replace(last, events=(*last.events, line.what))
        elif isinstance(line.what, bytes) and line.sigil == output:
            grouped[-1] = replace(last, output=last.output + line.what)
        else:
            grouped.append(Step(act=line))
    return grouped


def joined(grouped: Sequence[Step]) -> list[Step]:
    """Merge neighbouring frames into single acts, as one read may deliver them."""
    merged: list[Step] = []
    for step in grouped:
        data, before = step.data, merged[-1].data if merged else None
        if data is None or before is None:
            merged.append(step)
            continue
        last = merged[-1]
        assert last.act is not None
        act = replace(last.act, what=before + data)
        events, output = (*last.events, *step.events), last.output + step.output
        merged[-1] = Step(act=act, events=events, output=output)
    return merged


def whole(data: bytes) -> Iterable[bytes]:
    """Deliver everything in one read."""
    return (data,)


def byte_by_byte(data: bytes) -> Iterable[bytes]:
    """Deliver one byte in each read."""
    return (data[at : at + 1] for at in range(len(data)))


def replay(
    transcript: Transcript, make: Make, requests: Sequence[type[Any]] = REQUESTS
) -> list[Deviation]:
    """Play a transcript in all three ways; an empty list means that all agreed."""
    plan = steps(transcript)
    found = [
        play(transcript, make, plan, whole, "whole", requests=requests),
        play(transcript, make, plan, byte_by_byte, "byte by byte", requests=requests, early=False),
        play(transcript, make, joined(plan), whole, "with neighbours", requests=requests),
    ]
    return [deviation for deviation in found if deviation is not None]


def play(
    transcript: Transcript,
    make: Make,
    plan: Sequence[Step],
    cut: Cut,
    way: str,
    *,
    requests: Sequence[type[Any]] = REQUESTS,
    early: bool = True,
) -> Deviation | None:
    """Play ``plan`` and return where it first deviates.

    With ``early`` false nothing but damage may come out before the last piece of an act, which
    holds when every act is one frame.
    """

    def deviation(step: Step, expected: str, actual: str) -> Deviation:
        number = step.act.number if step.act else 1
        place = f"{transcript.name}:{number}"
        return Deviation(place=place, way=way, expected=expected, actual=actual)

    step = plan[0]
    try:
        stage = Stage(transcript.header, make, requests)
        for step in plan:
            if early or not step.data:
                stage.perform(step.act, cut)
            elif not _feed_patiently(stage, cut(step.data)):
                return deviation(step, "nothing before the last byte", _shown(stage))
            difference = compare(step, *stage.take())
            if difference is not None:
                return deviation(step, *difference)
    except Exception as error:
        return deviation(step, "no exception", raised(error))
    if stage.conversation.closing != transcript.header.closes:
        closing = stage.conversation.closing
        return deviation(step, f"closing {transcript.header.closes!r}", repr(closing))
    return None


def _feed_patiently(stage: Stage, pieces: Iterable[bytes]) -> bool:
    """Feed all pieces; False when something came out before the last one."""
    *first, last = pieces
    for piece in first:
        stage.feed(piece)
    if _too_early(stage):
        return False
    stage.feed(last)
    return True


def compare(step: Step, events: Sequence[Event], sent: bytes) -> tuple[str, str] | None:
    """Return None when a step led to what it should, else (expected, actual)."""
    expected = [spell(call.name, call.fields) for call in step.events]
    actual = [spell(type(event).__name__, plain(event)) for event in events]
    if len(expected) != len(actual):
        return _listed(expected), _listed(actual)
    for call, event, shown in zip(step.events, events, expected, strict=True):
        if call.name != type(event).__name__ or not agrees(plain(event), call.fields):
            return shown, spell(type(event).__name__, plain(event))
    if sent != step.output:
        return f"output {step.output.hex(' ') or 'nothing'}", sent.hex(" ") or "nothing"
    return None


def raised(error: Exception) -> str:
    """Say what was raised, and where when it was the codec's own doing."""
    text = f"{type(error).__name__}: {error}"
    if isinstance(error, CodecError | ScriptError) or error.__traceback__ is None:
        return text
    where = traceback.extract_tb(error.__traceback__)[-1]
    return f"{text} at {where.filename.rpartition('/')[2]}:{where.lineno}"


def spell(name: str, fields: Json) -> str:
    """Return an event as a transcript writes it."""
    return f"{name} {json.dumps(fields, ensure_ascii=False)}"


def _listed(shown: Sequence[str]) -> str:
    return " and ".join(shown) or "no event"


def _too_early(stage: Stage) -> bool:
    if stage.conversation.closing is not None:
        return False
    harmless = all(isinstance(event, FrameDamaged | Misbehaved) for event in stage.events)
    return bool(stage.sent) or not harmless


def _shown(stage: Stage) -> str:
    events = [spell(type(event).__name__, plain(event)) for event in stage.events]
    return f"{_listed(events)}, output {stage.sent.hex(' ') or 'nothing'}"
