"""G7: heartbeats of ten thousand terminals while others' records are being stored."""

from __future__ import annotations

from contextlib import ExitStack

from benchmarks.baselines.servers import asyncio_server
from benchmarks.bench import Bench
from benchmarks.goals import Check, Goal, Result
from benchmarks.stats import middle

ROWS = ("G7",)
CADENCE_S = 30
RECORDS = 2_000
"""Records per second, and terminals that send them."""


def measure(bench: Bench) -> list[Result]:
    """Measure the gateway with its second stream, and the bare echo with the same two streams."""
    count = bench.size(10_000, 3_000)
    recorders = RECORDS * count // 10_000
    beats = count / CADENCE_S
    seconds = bench.size(5, 3)
    ours: list[dict[str, float]] = []
    alone: list[dict[str, float]] = []
    with ExitStack() as stack:
        serials = bench.site.terminals(count)
        gateway = stack.enter_context(bench.site.gateway())
        bare = stack.enter_context(asyncio_server())
        bench.load.connect("gateway", gateway.tcp, serials)
        bench.second_load.connect("asyncio", bare.echo, serials, "none")
        senders = recorders + int(beats * seconds)
        streams: tuple[dict[str, float], ...] = (
            {"low": recorders, "high": senders, "rate": beats},
            {"low": 0, "high": recorders, "rate": recorders},
        )
        for _ in range(bench.rounds):
            bench.load.prepare("gateway", "beats", recorders, senders, 1)
            bench.load.prepare("gateway", "live", 0, recorders, seconds)
            ours.append(bench.load.open("gateway", *streams)[0])
            bench.second_load.prepare("asyncio", "beats", recorders, senders, 1)
            alone.append(bench.second_load.open("asyncio", streams[0])[0])
        bench.load.drop("gateway")
        bench.second_load.drop("asyncio")
    ratios = [mine["p99"] / limit["p99"] for mine, limit in zip(ours, alone, strict=True)]
    goal = Goal(name="times the bare echo's", better="less", must=4, stretch=2)
    return [
        Result(
            row="G7",
            what=f"99th percentile of a heartbeat, {count:,} connections, {beats:.0f}/s, "
            f"while {recorders:,} records/s are stored / bare asyncio echo",
            ours=f"{_ms(ours, 'p99')} (median {_ms(ours, 'p50')})",
            limit=f"{_ms(alone, 'p99')} (median {_ms(alone, 'p50')}), heartbeats alone",
            checks=[Check(goal=goal, rounds=ratios)],
            bound="A heartbeat waits for the batch that is being made ready or answered: the "
            "longest step of the one event loop, and for a core that PostgreSQL has just taken.",
            notes=["the echo has nothing to store and gets the heartbeats only"],
        )
    ]


def _ms(seen: list[dict[str, float]], name: str) -> str:
    return f"{middle([each[name] * 1000 for each in seen]):.1f} ms"
