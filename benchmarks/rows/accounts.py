"""G14: what logs and metrics cost a record, against a gateway that keeps no accounts."""

from __future__ import annotations

from contextlib import ExitStack

from benchmarks.bench import Bench, Measurement
from benchmarks.goals import Check, Goal, Result
from benchmarks.load.client import generator
from benchmarks.rows.records import Runner, Seen
from benchmarks.stats import middle


def measure(bench: Bench) -> list[Result]:
    """Store live records through both gateways in turn."""
    count, frames = bench.size(500, 200), bench.size(60, 30)
    shipped, silent = Seen(), Seen()
    with ExitStack() as stack:
        serials = bench.site.terminals(count)
        one = stack.enter_context(bench.site.gateway())
        other = stack.enter_context(bench.site.gateway(host="silent"))
        load = stack.enter_context(generator())
        load.connect("shipped", one.tcp, serials)
        load.connect("silent", other.tcp, serials)
        with_accounts = Runner(bench.site, one, load, "shipped")
        without = Runner(bench.site, other, load, "silent")
        for _ in range(bench.rounds):
            load.beat("silent", count)
            with_accounts.run("live", count, frames, shipped)
            load.beat("shipped", count)
            without.run("live", count, frames, silent)
    shares = [100 * (1 - less / full) for full, less in zip(shipped.cpu, silent.cpu, strict=True)]
    goal = Goal(name="share of the gateway's CPU", better="less", must=15, stretch=8, unit="%")
    return [
        Result(
            row="G14",
            what="share of logs and metrics in the gateway's CPU a record",
            ours=f"{middle(shipped.cpu) * 1e6:.1f} µs a record",
            limit=f"{middle(silent.cpu) * 1e6:.1f} µs a record without accounts",
            checks=[Check(goal=goal, rounds=shares)],
            bound="Nothing is logged per record; a handful of integers and one histogram are "
            "counted, and the difference drowns in the spread of the two sides.",
            notes=[
                "plain integer counters stay on both sides: some 0.05 µs each, six a record",
                "a share below zero says that the difference is smaller than the noise",
            ],
        )
    ]


MEASUREMENTS = (Measurement(rows=("G14",), work=measure),)
