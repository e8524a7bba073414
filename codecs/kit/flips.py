"""Bit flips (P6): a changed bit is refused or changes something, never passes as the same."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.codecs.kit.case import Case, Golden, Tally, shown, without_damage
from gateway.codecs.kit.hooks import Dice
from gateway.codecs.kit.report import Finding
from gateway.codecs.replay import compare

from gateway.domain.events import Event, FrameDamaged

FLIPS_PER_FRAME = 256
"""Bits tried in one frame: all of them up to 32 bytes, a draw beyond; each costs a replay."""
FLIPS_IN_ALL, LEAST_PER_FRAME = 12_000, 24
"""With many transcripts the draw of each frame shrinks, so that a run takes seconds."""


def flips(case: Case) -> Finding:
    """P6: no flipped bit of a golden frame goes unnoticed."""
    tally = Tally("P6", "every flipped bit is refused or changes an event")
    if not case.dialect.checksum:
        return tally.skipped("the dialect declares no checksum")
    frames = sum(1 for golden in case.goldens for _ in golden.frames())
    most = min(FLIPS_PER_FRAME, max(LEAST_PER_FRAME, FLIPS_IN_ALL // max(1, frames)))
    for golden in case.goldens:
        for index, data in golden.frames():
            step = without_damage(golden.plan[index])
            if not (step.events or step.output):
                continue
            for bit in _bits(len(data) * 8, case.dice, most * case.effort):
                tally.cases += 1
                changed = bytearray(data)
                changed[bit // 8] ^= 1 << (bit % 8)
                if _unnoticed(golden, index, bytes(changed)):
                    return tally.failed(
                        f"{golden.place(index)}: bit {bit % 8} of byte {bit // 8} flipped, "
                        f"and nothing changed\n{shown(bytes(changed))}\n"
                        "Refuse it in the framing's check: a byte the checksum does not cover,"
                        " such as a mark, must be compared."
                    )
    return tally.passed()


def _bits(total: int, dice: Dice, most: int) -> Sequence[int]:
    if total <= most:
        return range(total)
    return sorted({dice.randrange(0, total) for _ in range(most)})


def _unnoticed(golden: Golden, index: int, frame: bytes) -> bool:
    """Say whether ``frame`` led to exactly what the original leads to."""
    stage = golden.stage_before(index)
    stage.feed(frame)
    events, sent = stage.take()
    kept: list[Event] = [event for event in events if not isinstance(event, FrameDamaged)]
    if len(kept) != len(events):
        return False
    return compare(without_damage(golden.plan[index]), kept, sent) is None
