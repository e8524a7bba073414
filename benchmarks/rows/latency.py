"""G5 and G6: how long a record waits for its acknowledgement at a rate it cannot slow down."""

from __future__ import annotations

from benchmarks.bench import Bench
from benchmarks.database import WRITERS, Bare
from benchmarks.goals import Baseline, Check, Goal, Result
from benchmarks.stats import middle

ROWS = ("G5", "G6")
QUIET_INSERT_S = 0.012
"""A single INSERT over 8 connections has its 99th percentile below this on a machine that is not
busy with other things; above it, absolute latencies say nothing of the gateway."""
Answers = dict[str, float]


def measure(bench: Bench) -> list[Result]:
    """Measure both rates and the bare INSERT in turn."""
    count = bench.size(1000, 300)
    bare = Bare(bench.site.dsn)
    slow: list[Answers] = []
    fast: list[Answers] = []
    inserts: list[float] = []
    serials = bench.site.terminals(count)
    with bench.site.gateway() as gateway:
        bench.load.connect("gateway", gateway.tcp, serials)
        for _ in range(bench.rounds):
            slow.append(_run(bench, count, 5_000))
            inserts.append(bare.single_inserts(bare.latest(bench.size(4000, 1500))))
            fast.append(_run(bench, count, 10_000))
        bench.load.drop("gateway")
    baseline = Baseline(
        name=f"99th percentile of one INSERT over {WRITERS} connections",
        value=middle(inserts) * 1000,
        limit=QUIET_INSERT_S * 1000,
        unit="ms",
    )
    return [_at_five(slow, inserts, baseline, count), _at_ten(fast, baseline, count)]


def _run(bench: Bench, count: int, rate: int) -> Answers:
    seconds = bench.size(4, 2)
    bench.load.prepare("gateway", "live", 0, count, rate * seconds // count)
    (seen,) = bench.load.open("gateway", {"low": 0, "high": count, "rate": rate})
    return seen


def _at_five(slow: list[Answers], inserts: list[float], baseline: Baseline, count: int) -> Result:
    late = [seen["p99"] * 1000 for seen in slow]
    times = [seen["p99"] / limit for seen, limit in zip(slow, inserts, strict=True)]
    absolute = Goal(name="99th percentile", better="less", must=50, stretch=25, unit="ms")
    ratio = Goal(name="times the bare INSERT's", better="less", must=5)
    return Result(
        row="G5",
        what=f"99th percentile of the acknowledgement at 5,000 records/s from {count} terminals",
        ours=_figure(slow),
        limit=f"{baseline.value:.1f} ms: {baseline.name}",
        checks=[
            Check(goal=absolute, rounds=late, baseline=baseline),
            Check(goal=ratio, rounds=times),
        ],
        bound=BOUND,
        notes=_losses(slow),
    )


def _at_ten(fast: list[Answers], baseline: Baseline, count: int) -> Result:
    late = [seen["p99"] * 1000 for seen in fast]
    lost = [seen["sent"] - seen["answered"] + seen["refused"] for seen in fast]
    absolute = Goal(name="99th percentile", better="less", must=75, stretch=35, unit="ms")
    return Result(
        row="G6",
        what=f"99th percentile of the acknowledgement at 10,000 records/s from {count} terminals",
        ours=_figure(fast),
        limit=f"{baseline.value:.1f} ms: {baseline.name}",
        checks=[
            Check(goal=absolute, rounds=late, baseline=baseline),
            Check(goal=Goal(name="lost or put off", better="less", must=0), rounds=[sum(lost)]),
        ],
        bound=BOUND,
        notes=_losses(fast),
    )


BOUND = (
    "The batch in front has to commit first, and generator, gateway and PostgreSQL share the same "
    "cores; near saturation the gateway's own CPU decides."
)


def _figure(seen: list[Answers]) -> str:
    half, most = (middle([each[name] * 1000 for each in seen]) for name in ("p50", "p99"))
    return f"{most:.1f} ms (median {half:.1f} ms)"


def _losses(seen: list[Answers]) -> list[str]:
    sent, answered, refused = (
        sum(each[name] for each in seen) for name in ("sent", "answered", "refused")
    )
    return [
        (
            f"{sent:,.0f} sent, {answered:,.0f} answered, {refused:,.0f} told to try again; "
            "latency counts from the intended moment of sending, which a timer of the generator "
            "may miss by 1 ms"
        )
    ]
