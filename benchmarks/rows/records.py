"""G3 and G4: durable, deduplicated records per second from socket to commit and back.

The limit of G3 is a bare COPY, into the same tables, of the rows that the gateway has just made of
the same records; the other side of G4 is the same gateway with one record in a transaction.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field

from gateway.codecs.yls.limits import DEFAULT_WINDOW, MOST_RECORDS

from benchmarks.bench import Bench, Measurement
from benchmarks.database import BATCH, Bare
from benchmarks.goals import Check, Goal, Result
from benchmarks.load.client import BenchmarkError, Load, generator
from benchmarks.load.fleet import Kind
from benchmarks.site import Gateway, Site
from benchmarks.stats import middle
from benchmarks.watch import DATABASE, GATEWAY, Watch

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


class Runner:
    """Sends records through one gateway and checks what became of them."""

    def __init__(self, site: Site, gateway: Gateway, load: Load, fleet: str) -> None:
        self._site = site
        self._gateway = gateway
        self._load = load
        self._fleet = fleet
        self._watches: dict[Kind, Watch] = {"live": Watch(), "backfill": Watch()}

    def run(self, kind: Kind, links: int, frames: int, seen: Seen) -> None:
        """Send as fast as records are acknowledged; every one must then be stored, once."""
        records = links * frames * (MOST_RECORDS if kind == "backfill" else 1)
        window = BACKFILL_WINDOW if kind == "backfill" else DEFAULT_WINDOW
        self._load.prepare(self._fleet, kind, 0, links, frames)
        held, counted = self._site.stored(), self._watches[kind]
        with counted.round(self._site, self._gateway, self._load):
            told = self._load.closed(self._fleet, 0, links, window)
        seen.cpu.append(counted.cpu(GATEWAY) / records)
        seen.database_cpu.append(counted.cpu(DATABASE) / records)
        seen.rate.append(records / told["seconds"])
        stored = self._site.stored() - held
        if stored != records:
            raise BenchmarkError(f"{records} records acknowledged, {stored} stored")

    def note(self, kind: Kind) -> str:
        """Say who had work."""
        return self._watches[kind].note()


def against_copy(bench: Bench) -> list[Result]:
    """Store records as fast as they are acknowledged, and by COPY, in turn."""
    count, frames = bench.size(1000, 300), bench.size(40, 20)
    bare = Bare(bench.site.dsn)
    live, backfill, everything, passages = Seen(), Seen(), Seen(), Seen()
    serials = bench.site.terminals(count)
    with bench.site.gateway() as gateway, generator() as load:
        load.connect("gateway", gateway.tcp, serials)
        runner = Runner(bench.site, gateway, load, "gateway")
        for _ in range(bench.rounds):
            load.beat("gateway", count)
            runner.run("live", count, frames, live)
            everything.rate.append(bare.copy_everything(bare.latest(count * frames)))
            passages.rate.append(bare.copy_passages(bare.latest(count * frames)))
            runner.run("backfill", BACKFILLERS, 6, backfill)
    return [_copy_result(live, backfill, everything, passages, _notes(runner, live, count))]


def against_single(bench: Bench) -> list[Result]:
    """Store records in batches, and one in each transaction, in turn."""
    count = bench.size(1000, 300)
    live, single = Seen(), Seen()
    with ExitStack() as stack:
        serials = bench.site.terminals(count)
        gateway = stack.enter_context(bench.site.gateway())
        slow = stack.enter_context(bench.site.gateway(SINGLE))
        load = stack.enter_context(generator())
        load.connect("gateway", gateway.tcp, serials)
        load.connect("slow", slow.tcp, serials)
        fast, slowly = (
            Runner(bench.site, one, load, name)
            for one, name in ((gateway, "gateway"), (slow, "slow"))
        )
        for _ in range(bench.rounds):
            load.beat("slow", count)
            fast.run("live", count, bench.size(20, 10), live)
            load.beat("gateway", count)
            slowly.run("live", count, bench.size(3, 2), single)
    ratios = [ours / limit for ours, limit in zip(live.rate, single.rate, strict=True)]
    return [
        Result(
            row="G4",
            what=G4,
            ours=f"{middle(live.rate):,.0f} records/s",
            limit=f"{middle(single.rate):,.0f} records/s, one transaction each",
            checks=[Check(goal=Goal(name=G4, better="more", must=8, stretch=12), rounds=ratios)],
            bound="A transaction costs one flush of the log and half a dozen statements; the batch "
            "shares them. The faster the disk flushes, the smaller the gain.",
            settings="limit: ingest.batch_rows = 1, ingest.spacing_ms = 0",
            notes=[
                f"in batches: {fast.note('live')}",
                f"one record a transaction: {_cost(single)}; {slowly.note('live')}",
            ],
        )
    ]


def _copy_result(
    live: Seen, backfill: Seen, everything: Seen, passages: Seen, notes: list[str]
) -> Result:
    same = Goal(name="of COPY of all rows of the records", better="more", must=0.35, stretch=0.5)
    alone = Goal(name="of COPY of the passage rows alone", better="more", must=None)
    return Result(
        row="G3",
        what=G3,
        ours=f"{middle(live.rate):,.0f} records/s",
        limit=f"{middle(everything.rate):,.0f} records/s by COPY of all their rows (identity, "
        f"passage, outbox, raw batch), {BATCH} a commit; {middle(passages.rate):,.0f} rows/s by "
        "COPY of the passage rows alone",
        checks=[
            Check(goal=same, rounds=_ratios(live, everything)),
            Check(goal=alone, rounds=_ratios(live, passages)),
        ],
        bound="The gateway's one Python process: decoding, checking, placing and answering each "
        "record by itself, of which COPY does nothing.",
        notes=[
            *notes,
            (
                f"back-fill: {BACKFILLERS} terminals, {MOST_RECORDS} records a frame, "
                f"{BACKFILL_WINDOW} frames unanswered: {middle(backfill.rate):,.0f} records/s, "
                f"{middle(_ratios(backfill, everything)):.2f} of COPY of all rows; "
                f"{_cost(backfill)}"
            ),
            "every record was checked to be stored exactly once",
        ],
    )


def _notes(runner: Runner, live: Seen, count: int) -> list[str]:
    return [
        (
            f"live lane: {count} terminals, one record a frame of 200 bytes, {DEFAULT_WINDOW} "
            f"frames unanswered; {_cost(live)}; {runner.note('live')}"
        )
    ]


def _ratios(ours: Seen, limit: Seen) -> list[float]:
    return [mine / theirs for mine, theirs in zip(ours.rate, limit.rate, strict=True)]


def _cost(seen: Seen) -> str:
    return (
        f"{middle(seen.cpu) * 1e6:.1f} µs of gateway and "
        f"{middle(seen.database_cpu) * 1e6:.1f} µs of PostgreSQL a record"
    )


MEASUREMENTS = (
    Measurement(rows=("G3",), work=against_copy),
    Measurement(rows=("G4",), work=against_single),
)
