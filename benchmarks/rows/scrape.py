"""G13: how long the event loop stands still while Prometheus fetches /metrics."""

from __future__ import annotations

import json
import socket

from benchmarks.bench import Bench, Measurement
from benchmarks.goals import Baseline, Check, Goal, Result
from benchmarks.load.client import BenchmarkError
from benchmarks.stats import middle


def measure(bench: Bench) -> list[Result]:
    """Let a gateway with ten thousand registered terminals watch its own loop."""
    count = bench.size(10_000, 2_000)
    bench.site.terminals(count)
    with bench.site.gateway({"web": {"listen": f"127.0.0.1:{_free_port()}"}}, "scraped") as gateway:
        assert gateway.process.stdout is not None
        line = gateway.process.stdout.readline()
    if not line:
        raise BenchmarkError("the gateway that watches itself said nothing")
    seen = json.loads(line)
    idle, scrape = ([each * 1000 for each in seen[name]] for name in ("idle", "scrape"))
    baseline = Baseline(
        name="longest stall without a scrape", value=middle(idle), limit=5, unit="ms"
    )
    goal = Goal(name="longest stall", better="less", must=50, stretch=10, unit="ms")
    return [
        Result(
            row="G13",
            what=f"longest stall of the event loop during a scrape, {count:,} terminals",
            ours=f"{middle(scrape):.1f} ms ({seen['bytes'] / 1000:.0f} KB of text)",
            limit=f"{middle(idle):.1f} ms: {baseline.name}",
            checks=[Check(goal=goal, rounds=scrape, baselines=[baseline])],
            bound="No series per terminal: the text does not grow with the fleet, only the count "
            "of states does, and numpy makes that.",
        )
    ]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


MEASUREMENTS = (Measurement(rows=("G13",), work=measure),)
