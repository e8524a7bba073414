"""G8 and G9: ten thousand terminals come back at once, and what each then costs in memory."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from benchmarks.baselines.servers import asyncio_server
from benchmarks.bench import Bench, Measurement
from benchmarks.goals import Baseline, Check, Goal, Result
from benchmarks.load.client import IN_FLIGHT, generator
from benchmarks.load.fleet import ADDRESSES, PAUSES_S
from benchmarks.processes import resident_bytes
from benchmarks.stats import middle
from benchmarks.watch import Watch
from gateway.settings import Settings

KB = 1024
LISTEN = Settings().listen
SETTLE_S = 1.0
"""What a login leaves behind, such as the answer to the question for the clock, has then gone."""
QUIET_STORM_S = 2.0
"""Ten thousand bare logins take less on a machine that is not busy with other things."""


@dataclass(slots=True)
class Seen:
    """The rounds of one server."""

    seconds: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    """Bytes per connection."""
    refused: int = 0
    """Logins that had to be tried again."""


def measure(bench: Bench) -> list[Result]:
    """Let a fresh gateway and a fresh bare server take the storm, in turn."""
    count = bench.size(10_000, 2_000)
    serials = bench.site.terminals(count)
    ours, bare = Seen(), Seen()
    watched = Watch()
    for _ in range(bench.rounds):
        with bench.site.gateway() as gateway, generator() as load:
            before = resident_bytes(gateway.pid)
            with watched.round(bench.site, gateway, load):
                told = load.connect("storm", gateway.tcp, serials)
            _note(ours, told, gateway.pid, before, count)
        with asyncio_server() as server, generator() as load:
            before = resident_bytes(server.pid)
            told = load.connect("storm", server.login, serials, "shaped")
            _note(bare, told, server.pid, before, count)
    return [_memory(ours, bare, count), _storms(ours, bare, count, watched)]


def _note(seen: Seen, told: dict[str, Any], pid: int, before: int, count: int) -> None:
    time.sleep(SETTLE_S)
    seen.memory.append((resident_bytes(pid) - before) / count)
    seen.seconds.append(told["seconds"])
    seen.refused += told["refused"]


def _memory(ours: Seen, bare: Seen, count: int) -> Result:
    goal = Goal(name="KB a connection", better="less", must=8, stretch=4, unit="KB")
    baseline = Baseline(
        name="memory of a bare asyncio connection",
        value=middle(bare.memory) / KB,
        limit=4,
        unit="KB",
    )
    return Result(
        row="G8",
        what=f"user memory of an idle, logged-in connection (growth of RSS over {count:,})",
        ours=f"{middle(ours.memory) / KB:.1f} KB",
        limit=f"{middle(bare.memory) / KB:.1f} KB: bare asyncio",
        checks=[
            Check(goal=goal, rounds=[each / KB for each in ours.memory], baselines=[baseline]),
        ],
        bound="Python objects: transport, link, connection, session, conversation, keys, and what "
        "is remembered of a terminal after it has gone.",
    )


def _storms(ours: Seen, bare: Seen, count: int, watched: Watch) -> Result:
    baseline = Baseline(
        name="bare asyncio", value=middle(bare.seconds), limit=QUIET_STORM_S, unit="s"
    )
    times = [mine / limit for mine, limit in zip(ours.seconds, bare.seconds, strict=True)]
    absolute = Goal(name="to the last answer", better="less", must=10, stretch=4, unit="s")
    return Result(
        row="G9",
        what=f"{count:,} terminals reconnect at once, to the last answered login / bare asyncio",
        ours=f"{middle(ours.seconds):.2f} s ({count / middle(ours.seconds):,.0f} logins/s)",
        limit=f"{middle(bare.seconds):.2f} s: the same two exchanges, nothing checked",
        checks=[
            Check(goal=absolute, rounds=ours.seconds, baselines=[baseline, watched.quiet]),
            Check(goal=Goal(name="times bare asyncio", better="less", must=6), rounds=times),
        ],
        bound="The gateway's Python: two messages read strictly, four HMACs, a dozen objects, a "
        "task that waits for what is held, and a log line, none of which stands out. Those who log "
        "in together share one question to the database.",
        notes=[
            (
                f"{IN_FLIGHT} terminals at a time from {ADDRESSES} source addresses; the gateway "
                "is freshly started, so it remembers nobody; the generator signs for real against "
                "the gateway and not at all against the bare server"
            ),
            (
                f"no limit was raised: {LISTEN.unauthenticated_total} connections log in at a time,"
                f" {LISTEN.unauthenticated_per_address} from one address"
            ),
            f"{ours.refused:,} logins were refused and tried again after {PAUSES_S[0]:g} s or more",
            watched.note(),
        ],
    )


MEASUREMENTS = (Measurement(rows=("G8", "G9"), work=measure),)
