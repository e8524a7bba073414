"""G19: heartbeats over a pseudo-terminal, against a bare copy over a pseudo-terminal.

One terminal with a window of four, and the same bytes for both, on a line without a speed. What a
frame costs in processor time says how many real lines, which carry 11.5 kB/s, one core can serve.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from benchmarks.bench import Bench, Measurement
from benchmarks.goals import Check, Goal, Result
from benchmarks.load.frames import beats
from benchmarks.load.wire import Wire
from benchmarks.processes import spent, usage
from benchmarks.stats import middle

WHAT = "heartbeats per CPU-second over a pty, whole gateway / bare copy"
FULL_LINE = 11_520
"""Bytes a second at 115200 8N1, in one direction."""
BOUND = (
    "The copy wakes up, reads and writes. The gateway does so through Twisted's reactor, hunts for "
    "frames byte by byte as a line demands, and does all that it does for a heartbeat on TCP."
)


def measure(bench: Bench) -> list[Result]:
    """Send heartbeats over a line to the gateway and to a bare copy, in turn."""
    count = bench.size(6000, 1000)
    ours: list[float] = []
    theirs: list[float] = []
    with ExitStack() as stack:
        line, bare = Wire(), Wire()
        stack.callback(bare.close)
        stack.callback(line.close)
        serial = bench.site.terminals(1)[0]
        gateway = stack.enter_context(bench.site.gateway({"serial": [{"path": line.path}]}))
        copy = stack.enter_context(_copying(bare.path))
        line.log_in(serial, epoch=19)
        assert line.seal is not None
        size = 0
        for _ in range(bench.rounds):
            frames = beats(line.seal, line.next_seq, count)
            line.next_seq += count
            size = len(frames[0])
            ours.append(_cost(line, frames, gateway.pid))
            theirs.append(_cost(bare, frames, copy))
    return [_result(ours, theirs, size)]


def _cost(wire: Wire, frames: list[bytes], pid: int) -> float:
    """Return the processor seconds of one frame."""
    before = usage([pid])
    wire.closed(frames)
    return spent(before, usage([pid])).ran / len(frames)


def _result(ours: list[float], theirs: list[float], size: int) -> Result:
    ratios = [their / our for our, their in zip(ours, theirs, strict=True)]
    return Result(
        row="G19",
        what=WHAT,
        ours=_figure(middle(ours)),
        limit=_figure(middle(theirs)),
        checks=[Check(goal=Goal(name=WHAT, better="more", must=0.03, stretch=0.1), rounds=ratios)],
        bound=BOUND,
        settings="one `[[serial]]` table",
        notes=[
            f"{size / FULL_LINE / middle(ours):.0f} full lines at 115200 bit/s keep one core busy"
        ],
    )


def _figure(seconds: float) -> str:
    return f"{seconds * 1e6:.1f} µs a frame"


@contextmanager
def _copying(path: str) -> Iterator[int]:
    """Run the bare copy and return its process."""
    command = [sys.executable, "-m", "benchmarks.baselines.copy", path]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()
            yield process.pid
        finally:
            process.kill()


MEASUREMENTS = (Measurement(rows=("G19",), work=measure),)
