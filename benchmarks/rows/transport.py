"""G1 and G2: what a heartbeat costs the gateway, against servers that only send it back.

Beside them stands one that checks and answers it by hand: what YLS/1 itself costs.

Closed loop: every connection has one frame on its way. The servers share core 0 in turn, the
generator has core 1, and every server gets the same bytes.
"""

from __future__ import annotations

from contextlib import ExitStack

from benchmarks.baselines.servers import asyncio_server, c_compiler, c_server
from benchmarks.bench import LOAD_CORE, SERVER_CORE, Bench, Measurement
from benchmarks.goals import Check, Goal, Result, not_measured
from benchmarks.load.client import Load, generator
from benchmarks.processes import pin, spent, usage
from benchmarks.stats import middle

G1 = "heartbeats per CPU-second, whole gateway / bare asyncio echo"
G2 = "heartbeats per CPU-second, whole gateway / C epoll echo"
BOUND = (
    "Receiving and sending cost what they cost the echo. Two CRCs and an HMAC each way, by hand "
    "and with nothing around them, cost more than that again (told beside it). The rest is Python: "
    "replay window, answer cache, what is remembered for a capture, presence, the search for "
    "missing records. In a loop without sockets that takes less than half of the time: what the "
    "kernel does for each read and write cools the caches, so a turn's writes leave together."
)
BY_HAND = "bare asyncio that checks and answers heartbeats by hand / bare asyncio echo"
HAND = "by hand"
Server = tuple[str, int]
"""Name of a fleet and process of its server."""


def measure(bench: Bench) -> list[Result]:
    """Send heartbeats to the whole gateway and to two echoes, in turn."""
    count = bench.size(1000, 200)
    compiler = c_compiler()
    with ExitStack() as stack:
        serials = bench.site.terminals(count)
        gateway = stack.enter_context(bench.site.gateway())
        bare = stack.enter_context(asyncio_server())
        load = stack.enter_context(generator())
        servers: list[Server] = [("gateway", gateway.pid), ("asyncio", bare.pid), (HAND, bare.pid)]
        load.connect("gateway", gateway.tcp, serials)
        load.connect("asyncio", bare.echo, serials, "none")
        load.connect(HAND, bare.beats, serials, "none")
        if compiler is not None:
            c_echo = stack.enter_context(c_server(compiler))
            servers.append(("c", c_echo.pid))
            load.connect("c", c_echo.echo, serials, "none")
        seen = _rounds(bench, load, servers, count)
    return [
        _result("G1", G1, seen, "asyncio", Goal(name=G1, better="more", must=0.5, stretch=0.8)),
        _result("G2", G2, seen, "c", Goal(name=G2, better="more", must=0.3, stretch=0.5))
        if compiler is not None
        else not_measured("G2", "no C compiler"),
    ]


Seen = dict[str, tuple[list[float], list[float]]]
"""By server: CPU seconds per frame, and the share of the time in which it was busy."""


def _rounds(bench: Bench, load: Load, servers: list[Server], count: int) -> Seen:
    pinned = [pin(pid, SERVER_CORE) for _, pid in servers]
    pinned.append(pin(load.pid, LOAD_CORE))
    if not all(pinned):
        bench.say("      not pinned: this machine has fewer than two cores")
    seen: Seen = {name: ([], []) for name, _ in servers}
    for _ in range(bench.rounds):
        for name, pid in servers:
            made = load.prepare(name, "beats", 0, count, bench.size(100, 60))
            before = usage([pid])
            told = load.closed(name, 0, count, 1, checked=name in ("gateway", HAND))
            used = spent(before, usage([pid]))
            seen[name][0].append(used.ran / made)
            seen[name][1].append((used.ran + used.waited) / told["seconds"])
    return seen


def _result(row: str, what: str, seen: Seen, limit: str, goal: Goal) -> Result:
    ours, theirs = seen["gateway"][0], seen[limit][0]
    checks = [Check(goal=goal, rounds=_ratios(ours, theirs))]
    if limit == "asyncio":
        told = Goal(name=BY_HAND, better="more", must=None)
        checks.append(Check(goal=told, rounds=_ratios(seen[HAND][0], theirs)))
    busy = {name: middle(shares) for name, (_, shares) in seen.items()}
    return Result(
        row=row,
        what=what,
        ours=_figure(middle(ours)),
        limit=_figure(middle(theirs)),
        checks=checks,
        bound=BOUND,
        notes=[
            (
                f"share of the time in which the gateway had work: {busy['gateway']:.0%}, "
                f"the limit: {busy[limit]:.0%}; a server that waits pays more wake-ups a frame, so "
                "below 100 % the limit looks dearer than it is"
            ),
            f"by hand: {_figure(middle(seen[HAND][0]))}",
        ],
    )


def _ratios(ours: list[float], theirs: list[float]) -> list[float]:
    return [their / our for our, their in zip(ours, theirs, strict=True)]


def _figure(seconds: float) -> str:
    return f"{seconds * 1e6:.1f} µs a frame ({1 / seconds:,.0f}/CPU-s)"


MEASUREMENTS = (Measurement(rows=("G1", "G2"), work=measure),)
