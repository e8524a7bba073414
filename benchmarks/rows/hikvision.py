"""H1 to H3: Hikvision terminals: events with a picture, verdicts, and uploads all at once."""

from __future__ import annotations

import time
from collections.abc import Sequence

import h11
from gateway.codecs.hikvision.keys import token

from benchmarks.bench import Bench, Measurement
from benchmarks.database import Bare
from benchmarks.goals import Baseline, Check, Goal, Result
from benchmarks.host import TIMER_S
from benchmarks.load.client import BenchmarkError, Worker, posts
from benchmarks.load.link import secret_of
from benchmarks.load.posts import request
from benchmarks.processes import resident_bytes
from benchmarks.rows.latency import QUIET_INSERT_S
from benchmarks.site import Gateway
from benchmarks.stats import middle, percentile
from benchmarks.watch import Watch

DIALECT = "hikvision"
OPTIONS = {"dialects": {"enabled": [DIALECT]}}
PICTURE = 50 * 1024
UPLOAD = 200 * 1024
BUDGET_MB = 256
"""What all receiving may take: `sessions.receive_bytes`, what of each connection does not count
there, and the 64 MiB of captures."""
H1 = "events with a 50 KB picture per second, parse to commit / h11 and bare INSERTs of the same"
RATE = 200
QUESTION = 20 * 1024
H2 = "verdicts at 200 questions/s, 99th percentile, beyond a matcher of 50 ms"
H3 = "memory while 2,000 terminals upload 200 KB at once, above idle"


def events(bench: Bench) -> list[Result]:
    """Post events with pictures, and parse and store the same bytes bare, in turn."""
    count, each = bench.size(100, 40), bench.size(10, 5)
    total = count * each
    bare = Bare(bench.site.dsn)
    ours: list[float] = []
    limit: list[float] = []
    paths = _paths(bench, count)
    with bench.site.gateway(OPTIONS) as gateway, posts() as load:
        _connect(load, gateway, paths)
        for _ in range(bench.rounds):
            held, pictures = bench.site.stored(), bare.rows_in("picture")
            told = load.tell("closed", each=each, picture=PICTURE)
            if told["heard"] != {"200": total}:
                raise BenchmarkError(f"not every event was taken: {told['heard']}")
            stored = bench.site.stored() - held, bare.rows_in("picture") - pictures
            if stored != (total, total):
                raise BenchmarkError(f"{total} events with pictures sent, {stored} stored")
            ours.append(total / told["seconds"])
            rows = bare.latest(total)
            parsing = _parse([request(paths[0], n, PICTURE) for n in range(total)])
            storing = total / bare.copy_everything(rows) + total / bare.blobs(total)
            limit.append(total / (parsing + storing))
    ratios = [mine / theirs for mine, theirs in zip(ours, limit, strict=True)]
    return [
        Result(
            row="H1",
            what=H1,
            ours=f"{middle(ours):,.0f} events/s ({middle(ours) * PICTURE / 1e6:.0f} MB/s)",
            limit=f"{middle(limit):,.0f} events/s, one after the other",
            checks=[
                Check(goal=Goal(name=H1, better="more", must=0.35, stretch=0.5), rounds=ratios)
            ],
            bound="One Python process reads the multipart, digests and seals each picture, and "
            "shares two cores with PostgreSQL and the generator.",
            settings="dialects.enabled = hikvision",
            notes=[f"{count} terminals, each with its next event after the answer to the last"],
        )
    ]


def questions(bench: Bench) -> list[Result]:
    """Ask two hundred times a second, and look at what comes on top of a matcher of 50 ms."""
    count, seconds = bench.size(400, 200), bench.size(10, 4)
    paths = _paths(bench, count)
    bare = Bare(bench.site.dsn)
    over: list[float] = []
    median: list[float] = []
    inserts: list[float] = []
    watched = Watch()
    with bench.site.gateway(OPTIONS, host="timed") as gateway, posts() as load:
        _connect(load, gateway, paths)
        load.tell("ask", rate=RATE, seconds=2, picture=QUESTION)  # the gallery is opened by then
        for _ in range(bench.rounds):
            with watched.round(bench.site, gateway, load):
                took = load.tell("ask", rate=RATE, seconds=seconds, picture=QUESTION)
            if len(took) != RATE * seconds or min(took) < TIMER_S:
                raise BenchmarkError(f"{len(took)} questions, the first answered by nobody")
            over.append((percentile(took, 0.99) - TIMER_S) * 1000)
            median.append((percentile(took, 0.5) - TIMER_S) * 1000)
            inserts.append(bare.single_inserts(bare.latest(count)) * 1000)
    baseline = Baseline(
        name="99th percentile of one INSERT over 8 connections",
        value=middle(inserts),
        limit=QUIET_INSERT_S * 1000,
        unit="ms",
    )
    goal = Goal(
        name="99th percentile above the timer", better="less", must=50, stretch=25, unit="ms"
    )
    ratio = Goal(name="times one INSERT", better="less", must=None)
    return [
        Result(
            row="H2",
            what=H2,
            ours=f"{middle(over):.1f} ms (median {middle(median):.1f} ms)",
            limit=f"{middle(inserts):.1f} ms: one INSERT, which a verdict waits for too",
            checks=[
                Check(goal=goal, rounds=over, baselines=[baseline, watched.quiet]),
                Check(goal=ratio, rounds=[a / b for a, b in zip(over, inserts, strict=True)]),
            ],
            bound="A verdict leaves after the commit of its record, which waits for the batch "
            "before it.",
            settings="dialects.enabled = hikvision; a timer of 50 ms instead of a matcher",
            notes=[f"{count} terminals, a picture of 20 KB with each question", watched.note()],
        )
    ]


def uploads(bench: Bench) -> list[Result]:
    """Have every terminal upload a picture at once, and look at the memory."""
    count = bench.size(2_000, 500)
    paths = _paths(bench, count)
    grown: list[float] = []
    heard: list[dict[str, int]] = []
    with bench.site.gateway(OPTIONS) as gateway, posts() as load:
        _connect(load, gateway, paths)
        for _ in range(1 if bench.quick else 3):
            idle = resident_bytes(gateway.pid)
            sent = load.tell("hold", picture=UPLOAD)
            grown.append((resident_bytes(gateway.pid) - idle) / 1e6)
            heard.append(load.tell("release"))
            if heard[-1].get("200") != count or heard[-1].keys() - {"200", "503"}:
                raise BenchmarkError(f"{count} uploads, answered {heard[-1]}")
    return [
        Result(
            row="H3",
            what=H3.replace("2,000", f"{count:,}"),
            ours=f"{middle(grown):,.0f} MB",
            limit=f"{BUDGET_MB} MB: the budget, for {count * UPLOAD / 1e6:,.0f} MB",
            checks=[
                Check(
                    goal=Goal(name=H3, better="less", must=BUDGET_MB, stretch=0.8 * BUDGET_MB),
                    rounds=grown,
                )
            ],
            bound="What a socket does not read stays with the terminal and in the kernel.",
            settings="dialects.enabled = hikvision",
            notes=[
                f"{sent / 1e6:,.0f} MB had left the terminals; every event was then stored",
                f"put off meanwhile, and sent again: {[one.get('503', 0) for one in heard]}",
            ],
        )
    ]


def _paths(bench: Bench, count: int) -> Sequence[str]:
    serials = bench.site.terminals(count, DIALECT)
    return [f"/hik/{serial}/{token(secret_of(serial))}" for serial in serials]


def _connect(load: Worker, gateway: Gateway, paths: Sequence[str]) -> None:
    host, port = gateway.tcp
    load.tell("connect", host=host, port=port, paths=list(paths))


def _parse(requests: Sequence[bytes]) -> float:
    """Return the seconds h11 takes for requests, as they come from sockets."""
    library = h11.Connection(h11.SERVER)
    answer = h11.Response(status_code=200, headers=[("Content-Length", "0")])
    began = time.perf_counter()
    for raw in requests:
        library.receive_data(raw)
        while not isinstance(library.next_event(), h11.EndOfMessage):
            pass
        library.send(answer)
        library.send(h11.EndOfMessage())
        library.start_next_cycle()
    return time.perf_counter() - began


MEASUREMENTS = (
    Measurement(rows=("H1",), work=events),
    Measurement(rows=("H2",), work=questions),
    Measurement(rows=("H3",), work=uploads),
)
