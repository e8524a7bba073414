"""What transcripts leave unproven: messages (P13), boundary values (P14), unknown ones (P20)."""

from __future__ import annotations

import ast
import typing
from collections.abc import Iterator, Sequence

from gateway.codecs.kit.case import Case, Golden, Tally, shown
from gateway.codecs.kit.report import Finding
from gateway.codecs.kit.sums import find_seals
from gateway.codecs.plain import plain
from gateway.codecs.replay import raised

from gateway.domain.events import Event, FrameDamaged, LoginFailed, Misbehaved, UnknownMessage

EVENTS = {kind.__name__ for kind in typing.get_args(Event)}
OPTIONAL = {kind.__name__ for kind in (FrameDamaged, Misbehaved, LoginFailed)}
"""No messages of a terminal: what the framing, a breach of the rules and our own refusal make."""
MOST_BYTES = 96
"""Bytes of a frame of which each is set to its extremes; of a longer frame they are drawn."""
MUTANTS_IN_ALL, LEAST_BYTES = 12_000, 12
"""With many transcripts the draw of each frame shrinks, so that a run takes seconds."""
EXTREMES = (0x00, 0x01, 0x7F, 0x80, 0xFF)
NO_SEAL = (
    "no checksum that the kit knows fits the transcripts, so no message can be changed and sealed"
    " again\nGive Hooks(reseal=…) under the entry point gateway.codecs.hooks: it gets"
    " a changed frame and returns it with its checksum made right."
)


def messages(case: Case) -> Finding:
    """P13: every event the codec can make is expected in some transcript."""
    tally = Tally("P13", "every message the codec knows has a transcript")
    if not case.bench.sources:
        return tally.skipped("its source text was not given")
    made = set().union(*map(_made, case.bench.sources.values())) - OPTIONAL
    steps = [step for golden in case.goldens for step in golden.plan]
    expected = {call.name for step in steps for call in step.events}
    tally.cases = len(made)
    missing = sorted(made - expected)
    if missing and case.deviations:
        return tally.skipped("transcripts do not play as written (P0): mend those first")
    if missing:
        return tally.failed(
            f"no transcript expects {', '.join(missing)}\n"
            "Record the message that leads to it, or take it out of the codec."
        )
    return tally.passed()


def unknown(case: Case) -> Finding:
    """P20: a well-formed message of a later version is reported and hurts nothing."""
    tally = Tally("P20", "an unknown message is reported, and the session goes on")
    for golden in case.goldens:
        for index, step in enumerate(golden.plan):
            if any(call.name == UnknownMessage.__name__ for call in step.events):
                tally.cases += 1
                stage = golden.stage_before(index + 1)
                if stage.conversation.closing is not None:
                    place = golden.place(index)
                    return tally.failed(f"{place}: an unknown message ends the session")
    if not tally.cases:
        return tally.skipped("no transcript expects UnknownMessage: send a command nobody knows")
    return tally.passed()


def boundaries(case: Case) -> Finding:
    """P14: zero, one, all bits and the sign bit in every byte of a message do no harm.

    Frames with a checksum are sealed again: by the hook ``reseal``, or by the checksum found in
    the transcripts themselves.
    """
    tally = Tally("P14", "boundary values in every byte are decoded or refused, never a crash")
    served = [golden for golden in case.goldens if golden.transcript.header.role == "server"]
    frames = [d for g in served for i, d in g.frames() if _whole(g, i)]
    seal = next(iter(find_seals(frames)), None) if case.dialect.checksum else None
    reseal = case.hooks.reseal or (seal.renewed if seal else None)
    if case.dialect.checksum and reseal is None:
        return tally.failed(NO_SEAL)
    most = max(LEAST_BYTES, MUTANTS_IN_ALL // (len(EXTREMES) * max(1, len(frames))))
    for golden in served:
        for index, data in golden.frames():
            if not golden.plan[index].events:
                continue
            for mutant in _extremes(data, case, min(most, MOST_BYTES) * case.effort):
                tally.cases += 1
                frame = reseal(mutant) if reseal else mutant
                broken = _harm(golden, index, frame)
                if broken:
                    return tally.failed(f"{golden.place(index)}: {shown(frame)}\n{broken}")
    return tally.passed()


def _whole(golden: Golden, index: int) -> bool:
    """Say whether the bytes of a step were a good frame."""
    named = [call.name for call in golden.plan[index].events]
    return FrameDamaged.__name__ not in named


def _extremes(data: bytes, case: Case, most: int) -> Iterator[bytes]:
    places: Sequence[int] = range(len(data))
    if len(data) > most:
        places = sorted({case.dice.randrange(0, len(data)) for _ in range(most)})
    for at in places:
        for value in EXTREMES:
            yield data[:at] + bytes((value,)) + data[at + 1 :]


def _harm(golden: Golden, index: int, frame: bytes) -> str | None:
    stage = golden.stage_before(index)
    try:
        stage.feed(frame)
        for event in stage.events:
            plain(event)
    except Exception as error:
        return (
            f"raised {raised(error)}\nA value that makes no sense is a Misbehaved or the closest"
            " word of the vocabulary; it must not end the conversation by an exception."
        )
    return None


def _made(text: str) -> set[str]:
    """Return the event classes that a source text calls."""
    calls = (node.func for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call))
    names = {ast.unparse(call).rpartition(".")[2] for call in calls}
    return names & EVENTS
