"""G5 and G6: how long a record waits for its acknowledgement at a rate it cannot slow down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.bench import Bench, Measurement
from benchmarks.database import WRITERS, Bare
from benchmarks.goals import Baseline, Check, Goal, Result
from benchmarks.load.client import generator
from benchmarks.stats import middle
from benchmarks.watch import Watch

QUIET_INSERT_S = 0.012
"""A single INSERT over 8 connections has its 99th percentile below this on a machine that is not
busy with other things; above it, absolute latencies say nothing of the gateway."""
SLOW, FAST = 5_000, 10_000
"""Records per second."""
BOUND = (
    "The batch in front has to commit first, and generator, gateway and PostgreSQL share the same "
    "cores; near saturation the gateway's own CPU decides."
)
Answers = dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The rounds at one rate."""

    terminals: int
    rate: int
    answers: Sequence[Answers]
    inserts: Sequence[float]
    """99th percentiles of the bare INSERT, seconds."""
    watched: Watch


def at_five(bench: Bench) -> list[Result]:
    """Wait for acknowledgements at 5,000 records a second, and for single INSERTs, in turn."""
    seen = _rounds(bench, SLOW)
    times = [_ms(one) / 1000 / limit for one, limit in zip(seen.answers, seen.inserts, strict=True)]
    ratio = Goal(name="times the bare INSERT's", better="less", must=5)
    return [_result("G5", seen, (50, 25), [Check(goal=ratio, rounds=times)])]


def at_ten(bench: Bench) -> list[Result]:
    """Wait for acknowledgements at 10,000 records a second, and for single INSERTs, in turn."""
    return [_result("G6", _rounds(bench, FAST), (75, 35), [])]


def _rounds(bench: Bench, rate: int) -> Seen:
    count, seconds = bench.size(1000, 300), bench.size(4, 2)
    bare = Bare(bench.site.dsn)
    answers: list[Answers] = []
    inserts: list[float] = []
    serials = bench.site.terminals(count)
    with bench.site.gateway() as gateway, generator() as load:
        load.connect("gateway", gateway.tcp, serials)
        watched = Watch()
        for _ in range(bench.rounds):
            load.beat("gateway", count)
            load.prepare("gateway", "live", 0, count, rate * seconds // count)
            with watched.round(bench.site, gateway, load):
                (told,) = load.open("gateway", {"low": 0, "high": count, "rate": rate})
            answers.append(told)
            inserts.append(bare.single_inserts(bare.latest(bench.size(4000, 1500))))
    return Seen(terminals=count, rate=rate, answers=answers, inserts=inserts, watched=watched)


def _result(row: str, seen: Seen, limits: tuple[float, float], more: list[Check]) -> Result:
    must, stretch = limits
    baseline = Baseline(
        name=f"99th percentile of one INSERT over {WRITERS} connections",
        value=middle(seen.inserts) * 1000,
        limit=QUIET_INSERT_S * 1000,
        unit="ms",
    )
    absolute = Goal(name="99th percentile", better="less", must=must, stretch=stretch, unit="ms")
    late = [_ms(one) for one in seen.answers]
    missing = [one["meant"] - one["answered"] + one["refused"] for one in seen.answers]
    half = middle([one["p50"] * 1000 for one in seen.answers])
    return Result(
        row=row,
        what=f"99th percentile of the acknowledgement at {seen.rate:,} records/s from "
        f"{seen.terminals:,} terminals",
        ours=f"{middle(late):.1f} ms (median {half:.1f} ms)",
        limit=f"{baseline.value:.1f} ms: {baseline.name}",
        checks=[
            Check(goal=absolute, rounds=late, baselines=[baseline, seen.watched.quiet]),
            *more,
            Check(goal=Goal(name="lost or put off", better="less", must=0), rounds=[sum(missing)]),
        ],
        bound=BOUND,
        notes=[_account(seen), seen.watched.note()],
    )


def _ms(answers: Answers) -> float:
    return answers["p99"] * 1000


def _account(seen: Seen) -> str:
    meant, held = (sum(one[name] for one in seen.answers) for name in ("meant", "held"))
    lag = middle([one["lag"] for one in seen.answers]) * 1000
    return (
        f"{meant:,.0f} records; {held / meant:.1%} had to wait in the terminal because its window "
        "was full; latency counts from the intended moment of sending, which the generator itself "
        f"missed by up to {lag:.1f} ms (99th percentile of its turns)"
    )


MEASUREMENTS = (
    Measurement(rows=("G5",), work=at_five),
    Measurement(rows=("G6",), work=at_ten),
)
