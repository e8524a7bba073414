"""G17: a frame of 100 KB that arrives in reads of 1,460 bytes, against a list joined once.

In processor time: a round lasts milliseconds, and a neighbour would decide it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from gateway.codecs.framing import FrameReader
from gateway.codecs.shapes import LengthPrefixed

from benchmarks.bench import Bench, Measurement
from benchmarks.goals import Check, Goal, Result
from benchmarks.stats import middle

WHAT = "a 100-KB frame from 1,460-byte reads, FrameReader / list and join"
FRAME = 100 * 1024
READ = 1460
TIMES = 1000
FRAMING = LengthPrefixed(magic=b"BE", length_at=2, length_size=4, overhead=6, max_frame=1 << 20)


def measure(bench: Bench) -> list[Result]:
    """Put frames together with the reader and with a list, in turn."""
    frame = b"BE" + FRAME.to_bytes(4, "big") + os.urandom(FRAME)
    reads = [frame[at : at + READ] for at in range(0, len(frame), READ)]
    ours: list[float] = []
    joined: list[float] = []
    for _ in range(max(5, bench.rounds)):
        ours.append(_cost(lambda: _reader(reads, frame)))
        joined.append(_cost(lambda: _join(reads, frame)))
    ratios = [mine / limit for mine, limit in zip(ours, joined, strict=True)]
    return [
        Result(
            row="G17",
            what=WHAT,
            ours=f"{middle(ours) * 1e6:.1f} µs",
            limit=f"{middle(joined) * 1e6:.1f} µs",
            checks=[Check(goal=Goal(name=WHAT, better="less", must=2), rounds=ratios)],
            bound="One method call a read; a new reader and the look at the frame's beginning "
            "come on top. Both sides copy once: the pieces are joined when the last is there.",
        )
    ]


def _cost(work: Callable[[], None]) -> float:
    """Return the processor seconds of one frame."""
    began = time.process_time()
    work()
    return (time.process_time() - began) / TIMES


def _reader(reads: list[bytes], frame: bytes) -> None:
    for _ in range(TIMES):
        reader = FrameReader(FRAMING, resync=False)
        found = None
        for data in reads:
            if reader.feed(data):
                found = reader.take()
        assert found == frame


def _join(reads: list[bytes], frame: bytes) -> None:
    for _ in range(TIMES):
        pieces: list[bytes] = []
        size = 0
        for data in reads:
            pieces.append(data)
            size += len(data)
        assert size == len(frame)
        assert b"".join(pieces) == frame


MEASUREMENTS = (Measurement(rows=("G17",), work=measure),)
