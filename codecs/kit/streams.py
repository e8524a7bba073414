"""Properties of the byte stream: goldens (P0), any split (P1), neighbours (P2), noise (P3)."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

from gateway.codecs.kit.case import Case, Golden, Tally, shown, without_damage
from gateway.codecs.kit.hooks import Dice
from gateway.codecs.kit.report import Finding
from gateway.codecs.replay import Stage, Step, byte_by_byte, compare, joined, play, whole

from gateway.domain.events import FrameDamaged

SPLITS_PER_TRANSCRIPT = 24
MOST_NOISE = 48
"""Bytes of noise put before a frame."""
MOST_WAITS = 8
"""Timers that may pass before a frame behind a false start must be out."""


REMEDY = (
    "Mend the codec; if what it does now is right, `gatepost codec bless` writes it down."
    " Properties are tried on transcripts that play only."
)


def goldens(case: Case) -> Finding:
    """P0: every transcript plays as written, and its first bytes are recognised."""
    tally = Tally("P0", "every transcript plays as written")
    tally.cases = len(case.goldens) + len(case.deviations)
    if case.deviations:
        return tally.failed("\n".join((*map(str, case.deviations), REMEDY)))
    if not case.goldens:
        return tally.failed("there is no transcript; a dialect without one is unproven")
    for golden in case.goldens:
        header = golden.transcript.header
        first = next((data for _, data in golden.frames()), None)
        if header.role == "device" or header.closes or header.resync or first is None:
            continue
        for size in range(1, min(8, len(first)) + 1):
            if case.dialect.opening(first[:size]) is False:
                return tally.failed(
                    f"{golden.transcript.name}: opening() refuses {first[:size].hex(' ')}"
                )
    return tally.passed()


def splits(case: Case) -> Finding:
    """P1: where reads cut the stream changes nothing, and nothing comes out early."""
    tally = Tally("P1", "any split of the stream gives the same events and output")
    for golden in case.goldens:
        tally.cases += 1
        deviation = play(
            golden.transcript,
            golden.make,
            golden.plan,
            byte_by_byte,
            "byte by byte",
            requests=golden.requests,
            early=False,
        )
        if deviation is not None:
            return tally.failed(str(deviation))
        for _ in range(SPLITS_PER_TRANSCRIPT * case.effort):
            tally.cases += 1
            found = _split_once(golden, case.dice)
            if found is not None:
                return tally.failed(found)
    return tally.passed()


def neighbours(case: Case) -> Finding:
    """P2: frames that arrive in one read all come out."""
    tally = Tally("P2", "frames that share a read all arrive")
    for golden in case.goldens:
        merged = joined(golden.plan)
        if len(merged) == len(golden.plan):
            continue
        tally.cases += len(golden.plan) - len(merged)
        deviation = play(
            golden.transcript,
            golden.make,
            merged,
            whole,
            "with neighbours",
            requests=golden.requests,
        )
        if deviation is not None:
            return tally.failed(str(deviation))
    return tally.passed()


def noise(case: Case) -> Finding:
    """P3: on a link that invents bytes no valid frame is lost."""
    tally = Tally("P3", "noise around valid frames loses none of them")
    noisy = [golden for golden in case.goldens if golden.transcript.header.resync]
    if not noisy:
        return tally.skipped("no transcript has resync = true")
    starts = {data[0] for golden in noisy for _, data in golden.frames()}
    quiet = bytes(byte for byte in range(256) if byte not in starts)
    for golden in noisy:
        for index, data in golden.frames():
            size = case.dice.randrange(1, MOST_NOISE)
            babble = bytes(quiet[case.dice.randrange(0, len(quiet))] for _ in range(size))
            trials = [("noise", babble)]
            if case.dialect.checksum:
                # Without a checksum half a frame and the next half make one that looks valid.
                trials.append(("half a frame", data[: len(data) // 2]))
            for what, junk in trials:
                tally.cases += 1
                found = _behind(golden, index, junk, data)
                if found is not None:
                    return tally.failed(
                        f"{golden.place(index)} after {what} {shown(junk)}: {found}"
                    )
    return tally.passed()


def _split_once(golden: Golden, dice: Dice) -> str | None:
    cuts: list[int] = []

    def cut(data: bytes) -> Iterable[bytes]:
        most = dice.randrange(1, 8)
        here = sorted(dice.randrange(0, len(data) + 1) for _ in range(most)) if data else []
        cuts.extend(here)
        edges = [0, *here, len(data)]
        return (data[a:b] for a, b in itertools.pairwise(edges))

    plan = joined(golden.plan)
    deviation = play(
        golden.transcript, golden.make, plan, cut, "cut at random", requests=golden.requests
    )
    return None if deviation is None else f"{deviation}\ncut at {_last(cuts)}"


def _last(cuts: Sequence[int]) -> str:
    return ", ".join(map(str, cuts[-8:]))


def _behind(golden: Golden, index: int, junk: bytes, frame: bytes) -> str | None:
    step = without_damage(golden.plan[index])
    stage = golden.stage_before(index)
    stage.feed(junk + frame)
    difference = _difference(stage, step)
    for _ in range(MOST_WAITS):
        due = stage.conversation.deadline()
        if difference is None or due is None:
            break
        stage.wait(max(0.0, due - stage.now.mono))
        difference = _difference(stage, step)
    return None if difference is None else f"expected {difference[0]}, got {difference[1]}"


def _difference(stage: Stage, step: Step) -> tuple[str, str] | None:
    events = [event for event in stage.events if not isinstance(event, FrameDamaged)]
    return compare(step, events, bytes(stage.sent))
