"""Fuzzing (P17): mutated conversations for as long as asked, only documented behaviour allowed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

from gateway.codecs.kit.case import Case, Golden, Tally, shown
from gateway.codecs.kit.hooks import Dice
from gateway.codecs.kit.report import Finding
from gateway.codecs.plain import plain
from gateway.codecs.replay import Stage, raised

from gateway.domain.ids import Receipt
from gateway.domain.requests import Accept, Conflict, Defer, Farewell, Parting

FEWEST_SECONDS = 60.0
"""Seconds of fuzzing that silver asks for."""
ENTROPY_BYTES = 4096
FEWEST_CASES = 200
"""Cases played where no clock was given."""


def fuzz(case: Case) -> Finding:
    """P17: no mutated, cut, repeated or spliced frame makes the codec raise or talk nonsense."""
    tally = Tally("P17", "fuzzing finds no exception and no nonsense")
    restless = [_with_entropy(golden) for golden in case.goldens]
    frames = [(golden, index) for golden in restless for index, _ in golden.frames()]
    clock, seconds = case.bench.clock, case.bench.fuzz_seconds
    if not frames:
        return tally.skipped("no transcript has a frame to start from")
    ends = clock() + seconds if clock else 0.0
    while (clock() < ends) if clock else tally.cases < FEWEST_CASES:
        tally.cases += 1
        golden, index = frames[case.dice.randrange(0, len(frames))]
        other, at = frames[case.dice.randrange(0, len(frames))]
        donor = other.plan[at].data or b""
        data = _mutated(golden.plan[index].data or b"", donor, case.dice)
        broken = _played(golden, index, data, case.dice)
        if broken:
            return tally.failed(f"{golden.place(index)}: {shown(data)}\nraised {broken}")
    if clock and seconds < FEWEST_SECONDS:
        return tally.skipped(
            f"clean for {seconds:g} s; silver asks for {FEWEST_SECONDS:g} s: add --tier silver"
        )
    return tally.passed()


def _with_entropy(golden: Golden) -> Golden:
    """Give the script random bytes to spare: a mutated login may begin again."""
    header = golden.transcript.header
    header = replace(header, entropy=header.entropy + bytes(ENTROPY_BYTES))
    return replace(golden, transcript=replace(golden.transcript, header=header))


def _played(golden: Golden, index: int, data: bytes, dice: Dice) -> str | None:
    try:
        stage = golden.stage_before(index)
        cuts = sorted({0, len(data), *(dice.randrange(0, len(data) + 1) for _ in range(3))})
        for start, end in pairwise(cuts):
            stage.feed(data[start:end])
        for event in stage.events:
            plain(event)
        _answer(stage, dice)
        stage.wait(dice.randrange(0, 120))
    except Exception as error:
        return raised(error)
    return None


def _answer(stage: Stage, dice: Dice) -> None:
    receipts = [r for event in stage.events if (r := getattr(event, "receipt", None)) is not None]
    for receipt in [*receipts, dice.randrange(0, 9)]:
        kind = (Accept, Defer, Conflict)[dice.randrange(0, 3)]
        request: object = kind(receipt=Receipt(receipt))
        stage.submit(request)
    if dice.randrange(0, 16) == 0:
        stage.submit(Farewell(reason=Parting.DRAINING))


def _mutated(data: bytes, donor: bytes, dice: Dice) -> bytes:
    out = bytearray(data)
    for _ in range(dice.randrange(1, 5)):
        _MUTATIONS[dice.randrange(0, len(_MUTATIONS))](out, donor, dice)
    return bytes(out)


def _flip(out: bytearray, _: bytes, dice: Dice) -> None:
    if out:
        out[dice.randrange(0, len(out))] ^= 1 << dice.randrange(0, 8)


def _set(out: bytearray, _: bytes, dice: Dice) -> None:
    if out:
        out[dice.randrange(0, len(out))] = (0, 1, 0x7F, 0x80, 0xFF)[dice.randrange(0, 5)]


def _cut(out: bytearray, _: bytes, dice: Dice) -> None:
    del out[dice.randrange(0, len(out) + 1) :]


def _insert(out: bytearray, _: bytes, dice: Dice) -> None:
    at = dice.randrange(0, len(out) + 1)
    out[at:at] = dice.randbytes(dice.randrange(1, 9))


def _splice(out: bytearray, donor: bytes, dice: Dice) -> None:
    at = dice.randrange(0, len(out) + 1)
    out[at:] = donor[dice.randrange(0, len(donor) + 1) :]


def _follow(out: bytearray, donor: bytes, _: Dice) -> None:
    out += donor


_MUTATIONS: tuple[Callable[[bytearray, bytes, Dice], None], ...] = (
    *(_flip, _set, _cut, _insert, _splice, _follow),
)
