"""The terminal's side for the simulator (G1) and a day of its life (G2)."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator

from gateway.codecs.double import Admitted, Double, Happening, Persona
from gateway.codecs.kit.case import Case, Tally
from gateway.codecs.kit.meter import kept
from gateway.codecs.kit.pair import SERIES, Pair
from gateway.codecs.kit.report import Finding

from gateway.domain.vocabulary import Direction, Means

MINUTES = 24 * 60
DAY_LEAK_BYTES = 16_384
"""Bytes a conversation may hold more after a silent day than after its first hour."""
RECORD_LEAK_BYTES = 1_024
"""Beyond that, bytes both sides may remember of each record of a busy day."""
PATIENCE_S = 120.0
"""Within it a record that was put off, or cut off, must be held."""
BUSY_HOURS = 24
_JPEG = bytes.fromhex("ffd8fffe000b"), bytes.fromhex("ffd9")
"""The smallest there is, around a comment of nine bytes."""


def device_side(case: Case) -> Finding:
    """G1: the terminal's side exists, plays its transcripts and loses no record."""
    tally = Tally("G1", "the terminal's side plays its transcripts and loses no record")
    tally.cases = sum(golden.transcript.header.role == "device" for golden in case.goldens)
    make = case.dialect.device
    if make is None:
        return tally.skipped("Dialect(device=…) is not given: see gateway.codecs.double")
    if case.unplayed:
        names = ", ".join(case.unplayed)
        return tally.failed(f"not played: {names}\nGive Hooks(device=…), which plays them.")
    for broken in _trials(case, make):
        tally.cases += 1
        if broken:
            return tally.failed(broken)
    return tally.passed()


def _trials(case: Case, make: Callable[[Persona], Double]) -> Iterator[str]:
    """Yield for each trial why it failed, or nothing."""
    pair = Pair(case.dialect, make, case.dice)
    pair.connect()
    if not any(isinstance(one, Admitted) for one in pair.told):
        yield "it does not get in with the secret it was given: no Admitted"
        return
    for name, act in _ACTS.items():
        act(pair)
        pair.wait(PATIENCE_S)
        yield _lost(pair, name)


def _pass(pair: Pair, picture: bool = True) -> int:
    """Let somebody through, each time another person at another second."""
    pair.now = pair.now._replace(wall=pair.now.wall + 1_000)
    person = pair.now.wall // 1_000 % 100_000 + 1
    happening = Happening(
        time_ms=pair.now.wall,
        person=person,
        direction=Direction.IN,
        means=Means.FACE,
        picture=b"kit.%05d".join(_JPEG) % person if picture else None,
    )
    number = pair.double.record(happening, pair.now)
    if number is None:
        raise ValueError("record() gave no number to somebody who was let through")
    return number


def _at_once(pair: Pair) -> None:
    for _ in range(3):
        _pass(pair)
        pair.pump()


def _put_off(pair: Pair) -> None:
    pair.desk.defer = 1
    _pass(pair)
    pair.pump()


def _answer_cut_off(pair: Pair) -> None:
    _pass(pair)
    pair.up()
    pair.drop()


def _offline(pair: Pair) -> None:
    pair.drop()
    for _ in range(2):
        _pass(pair, picture=False)


_ACTS: dict[str, Callable[[Pair], None]] = {
    "three passages with pictures": _at_once,
    "a record that is put off": _put_off,
    "an answer that is lost with its connection": _answer_cut_off,
    "records of a time without a connection": _offline,
}


def _lost(pair: Pair, after: str) -> str:
    """Return which promise does not hold after ``after``."""
    double, desk = pair.double, pair.desk
    numbers = sorted(pair.held)
    if numbers != sorted(set(numbers)):
        return f"after {after}: a record was called held twice: {numbers}"
    if numbers != list(range(1, len(desk.records) + 1)):
        return f"after {after}: {len(desk.records)} records are stored, told are {numbers}"
    named = {double.identity(number) for number in numbers}
    if named != set(desk.records):
        strange = next(iter(named ^ set(desk.records)))
        return f"after {after}: identity() and the gateway's side disagree on {strange.hex()}"
    if pair.numbered and desk.numbers != {(SERIES, number) for number in numbers}:
        return (
            f"after {after}: records of series {SERIES} with numbers {numbers} came as"
            f" (series, number) {sorted(desk.numbers)}: let the terminal send Persona.series and"
            " its numbers, or say Dialect(numbered=False) where its protocol has none"
        )
    if desk.disputed:
        return f"after {after}: {desk.disputed[0]} came again with other bytes"
    if len(pair.pictured) != len(set(pair.pictured)) or len(pair.pictured) != len(desk.pictures):
        return (
            f"after {after}: {len(desk.pictures)} pictures are stored,"
            f" told are {sorted(pair.pictured)}"
        )
    return ""


def day(case: Case) -> Finding:
    """G2: a day leaves timers and size as they were, in silence and with people passing."""
    tally = Tally("G2", "one simulated day leaves memory and timers as they were")
    for golden in case.goldens:
        tally.cases += 1
        stage = golden.stage_before(len(golden.plan))

        def pass_minutes(count: int, stage: object = stage) -> None:
            for _ in range(count):
                stage.wait(60.0)  # type: ignore[attr-defined]
                stage.take()  # type: ignore[attr-defined]

        pass_minutes(60)
        grown = kept(lambda: pass_minutes(MINUTES))
        if grown > DAY_LEAK_BYTES:
            return tally.failed(f"{golden.transcript.name}: grew by {grown} bytes in a silent day")
    if case.dialect.device is not None:
        tally.cases += 1
        broken = _busy_day(Pair(case.dialect, case.dialect.device, case.dice))
        if broken:
            return tally.failed(broken)
    return tally.passed()


def _busy_day(pair: Pair) -> str:
    pair.connect()
    _hours(pair, 1)
    before = pair.desk.reports
    grown = kept(lambda: _hours(pair, BUSY_HOURS))
    came = pair.desk.reports - before
    if not came:
        return "nothing that happened in a busy day reached the gateway's side"
    broken = _lost(pair, "a busy day")
    if broken:
        return broken
    if grown > DAY_LEAK_BYTES + RECORD_LEAK_BYTES * came:
        return f"both sides grew by {grown} bytes in a day of {came} records"
    return ""


def _hours(pair: Pair, count: int) -> None:
    """Let somebody pass every ten minutes; each sixth hour the connection breaks."""
    for hour in range(count):
        for _ in range(6):
            _pass(pair)
            pair.pump()
            pair.wait(600.0)
        if hour % 6 == 5:
            pair.drop()
            pair.wait(PATIENCE_S)
    gc.collect()
