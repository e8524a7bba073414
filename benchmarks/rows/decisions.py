"""V7: how long a gate waits for a decision by picture, at a rate that it cannot slow down.

The whole way: a terminal's encrypted question over a socket, the verification service, the shipped
networks in their pool, a search among everybody of the project, and the answer. How many questions
come is derived from what the two networks alone need on this machine in the same run.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import asyncpg
from gateway.matcher.models.registry import Registry
from gateway.matcher.pictures.decode import Bounds
from gateway.matcher.pictures.pipeline import Pipeline, load
from gateway.matcher.pictures.rules import FaceRules
from gateway.matcher.protection.transform import Protector
from gateway.storage.opening import open_storage

from benchmarks.bench import Bench, Measurement
from benchmarks.crowds import enrol_crowd
from benchmarks.goals import Check, Goal, Result
from benchmarks.load.client import BenchmarkError, Load, generator
from benchmarks.load.frames import QUALITY
from benchmarks.portraits import portrait
from benchmarks.rows.galleries import strangers
from benchmarks.rows.pictures import bare_chain, cost
from benchmarks.site import Gateway, Site
from benchmarks.stats import middle
from benchmarks.watch import GATEWAY, Watch
from gateway.domain.ids import ProjectId
from gateway.domain.matching import ProtectedTemplate
from gateway.domain.templates import ElementType

PROCESSORS = len(os.sched_getaffinity(0))
SHARE = 0.7
"""Of what all processors could do if they ran nothing but the two networks."""
SATURATING = 1.5
"""The same where the pool has more to do than it can."""
FIRST = 2_000_000
"""Number of the person who comes; the others of the gallery follow."""
MOST_MS = 300
READY_S = 60.0
Answers = dict[str, float]


@dataclass(slots=True)
class Seen:
    """What was measured, by round."""

    bare: list[float] = field(default_factory=list)
    """Seconds of both networks, run bare on every processor at once, right before the round."""
    alone_cpu: list[float] = field(default_factory=list)
    """Processor seconds of both networks, run bare; a neighbour hardly changes them."""
    cpu: list[float] = field(default_factory=list)
    """Processor seconds of the whole gateway, a question."""
    rates: list[float] = field(default_factory=list)
    paced: list[Answers] = field(default_factory=list)
    """Questions at `SHARE`."""
    pressed: list[Answers] = field(default_factory=list)
    """Questions at `SATURATING`."""
    beats: list[Answers] = field(default_factory=list)
    """Heartbeats meanwhile."""
    records: list[Answers] = field(default_factory=list)
    alone: tuple[list[Answers], list[Answers]] = field(default_factory=lambda: ([], []))
    """Heartbeats and records without questions."""
    paced_words: Counter[str] = field(default_factory=Counter)
    pressed_words: Counter[str] = field(default_factory=Counter)
    watch: Watch = field(default_factory=Watch)


def measure(bench: Bench) -> list[Result]:
    """Ask by picture at a fixed rate, then far too often beside records and heartbeats."""
    size, gates = bench.size(5_000, 1_000), 120
    seen = Seen()
    serials = bench.site.terminals(gates + 200)
    with tempfile.TemporaryDirectory(prefix="gatepost-bench-") as folder:
        Path(folder).chmod(0o755)
        named = Registry(folder=Path(folder))
        list(named.prepare())
        pipeline = load(named, rules=FaceRules(), bounds=Bounds())
        asyncio.run(_enrol(bench.site, pipeline, size))
        chains = [bare_chain(named, pipeline) for _ in range(PROCESSORS)]
        options = {"matcher": {"enabled": True, "models": folder}}
        with bench.site.gateway(options) as gateway, generator() as sender:
            sender.connect("gateway", gateway.tcp, serials)
            _await_gallery(bench.site, sender)
            for _ in range(bench.rounds):
                seen.bare.append(_bare(chains, bench.size(60, 30)))
                seen.alone_cpu.append(cost(chains[0], bench.size(40, 10)))
                _round(bench, seen, gateway, sender, gates)
    return [_result(seen, size)]


def _round(bench: Bench, seen: Seen, gateway: Gateway, sender: Load, gates: int) -> None:
    rate = SHARE * PROCESSORS / seen.bare[-1]
    seconds = bench.size(8, 3)
    seen.rates.append(rate)
    sender.beat("gateway", gates + 200)  # or they are taken for half-open
    sender.prepare("gateway", "questions", 0, gates, max(1, round(rate * seconds / gates)))
    with _told(bench.site, seen.paced_words), seen.watch.round(bench.site, gateway, sender):
        seen.paced += sender.open("gateway", {"low": 0, "high": gates, "rate": rate})
    seen.cpu.append(seen.watch.cpu(GATEWAY) / seen.paced[-1]["meant"])
    others = (
        {"low": gates, "high": gates + 100, "rate": 50.0},
        {"low": gates + 100, "high": gates + 200, "rate": 200.0},
    )
    _prepare_others(sender, gates, seconds)
    beats, records = sender.open("gateway", *others)
    seen.alone[0].append(beats)
    seen.alone[1].append(records)
    rate *= SATURATING / SHARE
    sender.beat("gateway", gates + 200)
    _prepare_others(sender, gates, seconds)
    sender.prepare("gateway", "pressing", 0, gates, max(1, round(rate * seconds / gates)))
    with _told(bench.site, seen.pressed_words):
        questions, beats, records = sender.open(
            "gateway", {"low": 0, "high": gates, "rate": rate}, *others
        )
    seen.pressed.append(questions)
    seen.beats.append(beats)
    seen.records.append(records)


def _bare(chains: Sequence[Callable[[], object]], times: int) -> float:
    """Return the seconds of one run while every processor does the same.

    By the clock and not in processor time: whoever takes processors from us now will do so in the
    round as well, and the memory is shared.
    """
    began = time.perf_counter()
    with ThreadPoolExecutor(len(chains)) as threads:
        list(threads.map(lambda chain: [chain() for _ in range(times)], chains))
    return (time.perf_counter() - began) / times


def _prepare_others(sender: Load, gates: int, seconds: int) -> None:
    sender.prepare("gateway", "beats", gates, gates + 100, seconds // 2)
    sender.prepare("gateway", "live", gates + 100, gates + 200, seconds * 2)


async def _enrol(site: Site, pipeline: Pipeline, size: int) -> None:
    """Let the benchmark's project search, among one real face and strangers."""
    storage = await open_storage(site.dsn, site.layout.master_key)
    connection = await asyncpg.connect(site.dsn)
    try:
        found = await connection.fetchval(
            "update project set verification_mode = 'central_gallery' where code = 'BENCH'"
            " returning id"
        )
        project = ProjectId(found)
        secret, protector = await storage.galleries.secret(project), Protector()
        real = pipeline.analyse(portrait(1)).template
        crowd = strangers(size, real.dimensions)

        def template(number: int) -> ProtectedTemplate:
            if number == FIRST:
                return protector.protect(secret, real)
            data = crowd[number - FIRST].astype("<f4").tobytes()
            made = replace(real, elements=ElementType.FLOAT32, scale=1.0, data=data)
            return protector.protect(secret, made)

        await enrol_crowd(storage, connection, project, range(FIRST, FIRST + size), template)
    finally:
        await connection.close()
        await storage.close()


def _await_gallery(site: Site, sender: Load) -> None:
    """Ask until somebody is recognised: the gallery is read when the first terminal comes."""
    until = time.monotonic() + READY_S
    while time.monotonic() < until:
        words: Counter[str] = Counter()
        with _told(site, words):
            sender.prepare("gateway", "questions", 0, 1, 1)
            sender.open("gateway", {"low": 0, "high": 1, "rate": 10.0})
        if words["recognised"]:
            return
    raise BenchmarkError(f"nobody is recognised after {READY_S:.0f} s: {words}")


@contextmanager
def _told(site: Site, words: Counter[str]) -> Iterator[None]:
    """Count what questions in the block were decided, once all of that is written down."""
    before = _decisions(site)
    yield
    found = _decisions(site)
    while True:  # they are written once a second
        time.sleep(1.5)
        later = _decisions(site)
        if later == found and found != before:
            words.update(found - before)
            return
        found = later


def _decisions(site: Site) -> Counter[str]:
    async def ask() -> Counter[str]:
        connection = await asyncpg.connect(site.dsn)
        try:
            rows = await connection.fetch("select because, count(*) from decision group by because")
            return Counter({row["because"]: row["count"] for row in rows})
        finally:
            await connection.close()

    return asyncio.run(ask())


def _result(seen: Seen, size: int) -> Result:
    goal = Goal(name="99th percentile", better="less", must=MOST_MS, stretch=150, unit="ms")
    undecided = seen.paced_words.total() - seen.paced_words["recognised"]
    missing = sum(one["meant"] - one["answered"] for one in (*seen.paced, *seen.pressed))
    checks = [
        Check(goal=goal, rounds=_ms(seen.paced), baselines=[seen.watch.quiet]),
        Check(
            goal=Goal(
                name="the gateway's processor time a question, times the bare networks'",
                better="less",
                must=1 / SHARE,
                stretch=1.25,
            ),
            rounds=[mine / bare for mine, bare in zip(seen.cpu, seen.alone_cpu, strict=True)],
        ),
        Check(goal=_must_not("not recognised, or answered BUSY"), rounds=[undecided]),
        Check(goal=_must_not("without an answer"), rounds=[missing]),
        *(
            Check(goal=Goal(name=f"pool saturated, 99th percentile of {name}", better="less",
                            must=None, unit="ms"), rounds=_ms(rounds))
            for name, rounds in (
                ("a heartbeat", seen.beats),
                ("an acknowledgement", seen.records),
                ("a question's answer", seen.pressed),
            )
        ),
    ]  # fmt: skip
    bare = middle(seen.bare)
    return Result(
        row="V7",
        what=f"whole decision by picture, 1:{size:,}, at {SHARE} x processors / time of the bare "
        f"networks, open loop, over sockets",
        ours=f"{middle(_ms(seen.paced)):.0f} ms (median "
        f"{middle([one['p50'] for one in seen.paced]) * 1e3:.0f} ms) at "
        f"{middle(seen.rates):.0f}/s",
        limit=f"{bare * 1e3:.1f} ms: both networks bare in onnxruntime, on every processor at once",
        checks=checks,
        bound="The two networks take most of both processors, and what else there is to do, this "
        "generator among it, has to take its turns between them.",
        settings="matcher.enabled",
        notes=_notes(seen),
    )


def _notes(seen: Seen) -> list[str]:
    beats, records = (middle(_ms(rounds)) for rounds in seen.alone)
    median = middle([one["p50"] for one in seen.paced]) / middle(seen.bare)
    words = ", ".join(f"{count:,} {word}" for word, count in seen.pressed_words.most_common())
    slowest = max(one["max"] for one in seen.pressed) * 1e3
    return [
        f"a JPEG of 640x480 at quality {QUALITY}, in one frame; decoding one of more bytes is V1's",
        f"median of the decision: {median:.2f} times the bare networks",
        (
            f"saturated: {SATURATING} x processors / bare time, deadline {MOST_MS} ms, beside 50 "
            f"heartbeats/s and 200 records/s: {words}; the slowest answer took {slowest:.0f} ms"
        ),
        (
            f"without questions a heartbeat takes {beats:.1f} ms and an acknowledgement "
            f"{records:.1f} ms (99th percentiles)"
        ),
        seen.watch.note(),
    ]


def _ms(rounds: list[Answers]) -> list[float]:
    return [one["p99"] * 1e3 for one in rounds]


def _must_not(name: str) -> Goal:
    return Goal(name=name, better="less", must=0)


MEASUREMENTS = (Measurement(rows=("V7",), work=measure),)
