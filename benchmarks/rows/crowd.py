"""G7: heartbeats of ten thousand terminals while others' records are being stored."""

from __future__ import annotations

from contextlib import ExitStack

from benchmarks.baselines.servers import asyncio_server
from benchmarks.bench import Bench, Measurement
from benchmarks.goals import Check, Goal, Result
from benchmarks.load.client import BenchmarkError, generator
from benchmarks.stats import middle
from benchmarks.watch import Watch

CADENCE_S = 30
RECORDS = 2_000
"""Records per second, and terminals that send them."""
Answers = dict[str, float]


def measure(bench: Bench) -> list[Result]:
    """Send heartbeats beside a stream of records, and to the bare echo, in turn."""
    count = bench.size(10_000, 3_000)
    recorders = RECORDS * count // 10_000
    beats = count / CADENCE_S
    seconds = bench.size(5, 3)
    senders = recorders + int(beats * seconds)
    streams: tuple[dict[str, float], ...] = (
        {"low": recorders, "high": senders, "rate": beats},
        {"low": 0, "high": recorders, "rate": recorders},
    )
    ours: list[Answers] = []
    alone: list[Answers] = []
    with ExitStack() as stack:
        serials = bench.site.terminals(count)
        gateway = stack.enter_context(bench.site.gateway())
        bare = stack.enter_context(asyncio_server())
        # One process has not files enough for two fleets of ten thousand.
        load, other = (stack.enter_context(generator()) for _ in range(2))
        load.connect("gateway", gateway.tcp, serials)
        other.connect("asyncio", bare.echo, serials, "none")
        watched = Watch()
        for _ in range(bench.rounds):
            load.beat("gateway", count)
            load.prepare("gateway", "beats", recorders, senders, 1)
            load.prepare("gateway", "live", 0, recorders, seconds)
            with watched.round(bench.site, gateway, load):
                ours.append(_complete(load.open("gateway", *streams)))
            other.prepare("asyncio", "beats", recorders, senders, 1)
            alone.append(other.open("asyncio", streams[0])[0])
    what = (
        f"99th percentile of a heartbeat, {count:,} connections, {beats:.0f}/s, while "
        f"{recorders:,} records/s are stored / bare asyncio echo"
    )
    return [_result(what, ours, alone, watched.note())]


def _complete(seen: list[Answers]) -> Answers:
    """Return what heartbeats met with; not one of them or of the records may be missing."""
    for each in seen:
        if each["refused"] or each["answered"] != each["meant"]:
            raise BenchmarkError(f"not everything was answered well: {each}")
    return seen[0]


def _result(what: str, ours: list[Answers], alone: list[Answers], share: str) -> Result:
    ratios = [mine["p99"] / limit["p99"] for mine, limit in zip(ours, alone, strict=True)]
    goal = Goal(name="times the bare echo's", better="less", must=4, stretch=2)
    return Result(
        row="G7",
        what=what,
        ours=f"{_ms(ours, 'p99')} (median {_ms(ours, 'p50')})",
        limit=f"{_ms(alone, 'p99')} (median {_ms(alone, 'p50')}), heartbeats alone",
        checks=[Check(goal=goal, rounds=ratios)],
        bound="A heartbeat waits for the longest step of the one event loop: once a second the "
        "look at every connection's deadlines, at any time the batch that is being made ready or "
        "answered; and for a core that PostgreSQL has just taken.",
        notes=[
            "the echo has nothing to store and gets the heartbeats only",
            "every terminal has sent one heartbeat right before each round",
            share,
        ],
    )


def _ms(seen: list[Answers], name: str) -> str:
    return f"{middle([each[name] * 1000 for each in seen]):.1f} ms"


MEASUREMENTS = (Measurement(rows=("G7",), work=measure),)
