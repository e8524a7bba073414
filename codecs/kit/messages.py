"""Single messages: round trips (P5), fast paths (P9), bodies that grew (P10)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from gateway.codecs.kit.case import Case, Golden, Tally, shown
from gateway.codecs.kit.hooks import Dice, Twin
from gateway.codecs.kit.report import Finding
from gateway.codecs.plain import Json
from gateway.codecs.replay import compare
from gateway.codecs.transcript import Call

from gateway.domain.events import Misbehaved, UnknownMessage

MESSAGES_PER_KIND = 100
MUTANTS_PER_SAMPLE = 100
REFUSALS = (Misbehaved, UnknownMessage)
"""What a codec says of a message that it does not take."""
_OF_THE_BYTES = {"raw", "digest", "sample"}
"""Fields of an event that follow every byte, so a longer body changes them rightly."""


def round_trips(case: Case) -> Finding:
    """P5: what was written is read back, what was recorded is written again to the byte."""
    tally = Tally("P5", "decoding undoes encoding, and the other way round")
    if not case.hooks.messages:
        return tally.skipped("the dialect gives no messages to write")
    for kind in case.hooks.messages:
        for _ in range(MESSAGES_PER_KIND * case.effort):
            tally.cases += 1
            message = kind.generate(case.dice)
            data = kind.encode(message)
            back = kind.decode(data)
            if back != message:
                return tally.failed(f"{kind.name}: {message} became {shown(data)} became {back}")
        for golden in kind.goldens:
            tally.cases += 1
            again = kind.encode(kind.decode(golden))
            if again != golden:
                return tally.failed(f"{kind.name}: {shown(golden)} became {shown(again)}")
    return tally.passed()


def twins(case: Case) -> Finding:
    """P9: a fast path takes, refuses and returns exactly what the declared layout does."""
    tally = Tally("P9", "the fast path equals the declared layout")
    if not case.hooks.twins:
        return tally.skipped("the dialect has no fast path")
    for twin in case.hooks.twins:
        for data in _mutants(twin, case.dice, MUTANTS_PER_SAMPLE * case.effort):
            tally.cases += 1
            fast, layout = _decoded(twin, twin.fast, data), _decoded(twin, twin.layout, data)
            if fast != layout:
                return tally.failed(
                    f"{twin.name}: {shown(data)}\nfast path: {fast}\nlayout: {layout}"
                )
    return tally.passed()


def longer_bodies(case: Case) -> Finding:
    """P10: fields of a later version do not disturb the known ones."""
    tally = Tally("P10", "a longer body keeps the known fields")
    lengthen, refused = case.hooks.lengthen, 0
    if lengthen is None:
        return tally.skipped("the dialect gives no way to lengthen a frame: Hooks(lengthen=…)")
    for golden in case.goldens:
        for index, data in golden.frames():
            longer = lengthen(data)
            if longer is None or not golden.plan[index].events:
                continue
            tally.cases += 1
            difference = _with_longer(golden, index, longer)
            if difference is not None and not case.hooks.grows and _refused(golden, index, longer):
                refused += 1
            elif difference is not None:
                return tally.failed(
                    f"{golden.place(index)}: {shown(longer)}\n"
                    f"expected {difference[0]}, got {difference[1]}\n"
                    "Take the fields you know, let more follow, and make identity and digest of"
                    " the known ones. Where the protocol has no room for more, say so with"
                    " Hooks(grows=False), refuse the message whole, and let the session go on."
                )
    return tally.passed(f"no room to grow: {refused} refused whole" if refused else "")


def _refused(golden: Golden, index: int, frame: bytes) -> bool:
    """Say whether nothing was made of a message, and the next one will be heard."""
    stage = golden.stage_before(index)
    stage.feed(frame)
    events, _ = stage.take()
    ends = stage.conversation.closing is not None
    return bool(events) and not ends and all(isinstance(event, REFUSALS) for event in events)


def _mutants(twin: Twin, dice: Dice, count: int) -> Iterator[bytes]:
    for sample in twin.samples:
        yield sample
        yield from (sample[:size] for size in range(len(sample)))
        yield sample + b"\0"
        for value in (0x00, 0xFF):
            yield bytes((value,)) * len(sample)
        for _ in range(count):
            mutant = bytearray(sample)
            for _ in range(dice.randrange(1, 5)):
                mutant[dice.randrange(0, len(mutant))] = dice.randrange(0, 256)
            yield bytes(mutant)


def _decoded(twin: Twin, decode: Any, data: bytes) -> Any:
    try:
        return decode(data)
    except twin.refusals:
        return "refused"


def _with_longer(golden: Golden, index: int, frame: bytes) -> tuple[str, str] | None:
    step = golden.plan[index]
    named = tuple(Call(name=c.name, fields=_known(c.fields)) for c in step.events)
    stage = golden.stage_before(index)
    stage.feed(frame)
    events, sent = stage.take()
    # What is sent may echo or authenticate the longer frame, so only the events are compared.
    return compare(replace(step, events=named, output=sent), events, sent)


def _known(fields: dict[str, Json]) -> dict[str, Json]:
    return {name: value for name, value in fields.items() if name not in _OF_THE_BYTES}
