"""G19: heartbeats over a pseudo-terminal, against a bare copy over a pseudo-terminal.

One terminal with a window of four, and the same bytes for both. The rate is that of a line without
a speed: a real one at 115200 bit/s carries 11.5 kB/s, so it says how far the gateway is from being
what limits a line.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from benchmarks.bench import Bench
from benchmarks.goals import Check, Goal, Result
from benchmarks.load.frames import beats
from benchmarks.load.wire import Wire
from benchmarks.stats import middle

ROWS = ("G19",)
WHAT = "heartbeats a second over a pty, whole gateway / bare copy"
FULL_LINE = 11_520
"""Bytes a second at 115200 8N1, in one direction."""
BOUND = (
    "The copy wakes up, reads and writes. The gateway does so through Twisted's reactor, hunts for "
    "frames byte by byte as a line demands, and does all that it does for a heartbeat on TCP."
)


def measure(bench: Bench) -> list[Result]:
    """Measure both sides in turn."""
    count = bench.size(6000, 1000)
    ours: list[float] = []
    theirs: list[float] = []
    with ExitStack() as stack:
        line, bare = Wire(), Wire()
        stack.callback(bare.close)
        stack.callback(line.close)
        serial = bench.site.terminals(1)[0]
        stack.enter_context(bench.site.gateway({"serial": [{"path": line.path}]}))
        stack.enter_context(_copying(bare.path))
        line.log_in(serial, epoch=19)
        assert line.seal is not None
        size = 0
        for _ in range(bench.rounds):
            frames = beats(line.seal, line.next_seq, count)
            line.next_seq += count
            size = len(frames[0])
            ours.append(line.closed(frames))
            theirs.append(bare.closed(frames))
    return [_result(ours, theirs, count, size)]


def _result(ours: list[float], theirs: list[float], count: int, size: int) -> Result:
    ratios = [their / our for our, their in zip(ours, theirs, strict=True)]
    rate = count / middle(ours)
    return Result(
        row="G19",
        what=WHAT,
        ours=_figure(ours, count),
        limit=_figure(theirs, count),
        checks=[
            Check(goal=Goal(name=WHAT, better="more", must=0.1, stretch=0.3), rounds=ratios),
        ],
        bound=BOUND,
        settings="one `[[serial]]` table",
        notes=[
            f"{rate * size / FULL_LINE:.0f} lines at 115200 bit/s, always full, are as much work",
        ],
    )


def _figure(rounds: list[float], count: int) -> str:
    return f"{count / middle(rounds):,.0f}/s"


@contextmanager
def _copying(path: str) -> Iterator[None]:
    """Run the bare copy."""
    command = [sys.executable, "-m", "benchmarks.baselines.copy", path]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()
            yield
        finally:
            process.kill()
