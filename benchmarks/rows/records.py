"""G3 and G4: durable, deduplicated records per second from socket to commit and back.

The limit is a bare COPY of the very rows that the gateway has just stored, into the same table.
The other side of G4 is the same gateway with one record in a transaction and no waiting.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field

from gateway.codecs.yls.limits import DEFAULT_WINDOW, MOST_RECORDS

from benchmarks.bench import Bench
from benchmarks.database import BATCH, Bare
from benchmarks.goals import Check, Goal, Result
from benchmarks.load.client import BenchmarkError
from benchmarks.load.fleet import Kind
from benchmarks.processes import cpu_seconds
from benchmarks.site import Gateway
from benchmarks.stats import middle

ROWS = ("G3", "G4")
G3 = "durable records per second, end to end / bare COPY of the same rows"
G4 = "durable records per second, end to end / one INSERT a record"
SINGLE = {"ingest": {"batch_rows": 1, "spacing_ms": 0}}
BACKFILLERS = 100
BACKFILL_WINDOW = 2
"""Back-fill frames a terminal may have unanswered (YLS/1 10.3)."""


@dataclass(slots=True)
class Seen:
    """The rounds of one way to store."""

    rate: list[float] = field(default_factory=list)
    """Records per second."""
    cpu: list[float] = field(default_factory=list)
    """Seconds of the gateway per record."""
    database_cpu: list[float] = field(default_factory=list)


def measure(bench: Bench) -> list[Result]:
    """Measure both rows in one run."""
    count = bench.size(1000, 300)
    bare = Bare(bench.site.dsn)
    live, backfill, single, copied = Seen(), Seen(), Seen(), Seen()
    with ExitStack() as stack:
        serials = bench.site.terminals(count)
        gateway = stack.enter_context(bench.site.gateway())
        slow = stack.enter_context(bench.site.gateway(SINGLE))
        bench.load.connect("gateway", gateway.tcp, serials)
        bench.load.connect("slow", slow.tcp, serials)
        frames = bench.size(40, 20)
        for _ in range(bench.rounds):
            run(bench, gateway, "gateway", "live", count, frames, live)
            copied.rate.append(bare.copy(bare.latest(count * frames)))
            run(bench, slow, "slow", "live", count, bench.size(3, 2), single)
            run(bench, gateway, "gateway", "backfill", BACKFILLERS, 6, backfill)
        bench.load.drop("gateway")
        bench.load.drop("slow")
    return [_against_copy(live, backfill, copied, count), _against_single(live, single)]


def run(
    bench: Bench, gateway: Gateway, fleet: str, kind: Kind, links: int, frames: int, seen: Seen
) -> None:
    """Send records as fast as they are acknowledged; every one must then be stored, once."""
    records = links * frames * (MOST_RECORDS if kind == "backfill" else 1)
    window = BACKFILL_WINDOW if kind == "backfill" else DEFAULT_WINDOW
    bench.load.prepare(fleet, kind, 0, links, frames)
    held, cpu = bench.site.stored(), cpu_seconds([gateway.pid])
    database = cpu_seconds(bench.site.postgres())
    told = bench.load.closed(fleet, 0, links, window)
    seen.cpu.append((cpu_seconds([gateway.pid]) - cpu) / records)
    seen.database_cpu.append((cpu_seconds(bench.site.postgres()) - database) / records)
    seen.rate.append(records / told["seconds"])
    stored = bench.site.stored() - held
    if stored != records:
        raise BenchmarkError(f"{records} records acknowledged, {stored} stored")


def _against_copy(live: Seen, backfill: Seen, copied: Seen, count: int) -> Result:
    ratios = [ours / limit for ours, limit in zip(live.rate, copied.rate, strict=True)]
    return Result(
        row="G3",
        what=G3,
        ours=f"{middle(live.rate):,.0f} records/s",
        limit=f"{middle(copied.rate):,.0f} rows/s by COPY, {BATCH} a commit",
        checks=[
            Check(goal=Goal(name=G3, better="more", must=0.35, stretch=0.5), rounds=ratios),
        ],
        bound="The gateway's one Python process: decoding, checking, placing and answering each "
        "record by itself. COPY does none of it, and leaves out identities, raw bytes and outbox.",
        notes=[
            (
                f"live lane: {count} terminals, one record a frame of 200 bytes, {DEFAULT_WINDOW} "
                f"frames unanswered; {_cost(live)}"
            ),
            (
                f"back-fill: {BACKFILLERS} terminals, {MOST_RECORDS} records a frame, "
                f"{BACKFILL_WINDOW} frames unanswered: {middle(backfill.rate):,.0f} records/s, "
                f"{middle(backfill.rate) / middle(copied.rate):.2f} of COPY; {_cost(backfill)}"
            ),
            "every record was checked to be stored exactly once",
        ],
    )


def _against_single(live: Seen, single: Seen) -> Result:
    ratios = [ours / limit for ours, limit in zip(live.rate, single.rate, strict=True)]
    return Result(
        row="G4",
        what=G4,
        ours=f"{middle(live.rate):,.0f} records/s",
        limit=f"{middle(single.rate):,.0f} records/s, one transaction each",
        checks=[Check(goal=Goal(name=G4, better="more", must=8, stretch=12), rounds=ratios)],
        bound="A transaction costs one flush of the log and half a dozen statements; the batch "
        "shares them. The faster the disk flushes, the smaller the gain.",
        settings="limit: ingest.batch_rows = 1, ingest.spacing_ms = 0",
        notes=[f"one record a transaction: {_cost(single)}"],
    )


def _cost(seen: Seen) -> str:
    return (
        f"{middle(seen.cpu) * 1e6:.1f} µs of gateway and "
        f"{middle(seen.database_cpu) * 1e6:.1f} µs of PostgreSQL a record"
    )
