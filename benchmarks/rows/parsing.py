"""G11: reading and authenticating a frame, against a parser written by hand for that one message.

Counted in instructions by callgrind where valgrind is there, because that is the same on a busy
machine; else in processor time.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from benchmarks.bench import Bench, Measurement
from benchmarks.goals import Check, Goal, Result
from benchmarks.parse_work import SECTIONS
from benchmarks.stats import middle

FRAMES = 300
TIMED_FRAMES = 20_000
Seen = dict[str, list[float]]
"""Cost of a frame by section."""


def measure(bench: Bench) -> list[Result]:
    """Measure both messages."""
    valgrind = shutil.which("valgrind")
    if valgrind is not None:
        seen, unit = _instructions(valgrind, bench.rounds), "instructions"
    else:
        seen, unit = _processor_time(bench.rounds), "ns of processor time"
    checks = []
    for message in ("heartbeat", "record"):
        ours, hand = seen[f"ours {message}"], seen[f"hand {message}"]
        goal = Goal(name=f"{message}, times by hand", better="less", must=1.5, stretch=1.1)
        ratios = [mine / theirs for mine, theirs in zip(ours, hand, strict=True)]
        checks.append(Check(goal=goal, rounds=ratios))
    return [
        Result(
            row="G11",
            what=f"parse and authenticate a frame / by hand with struct and hmac, in {unit}",
            ours=_figures(seen, "ours"),
            limit=_figures(seen, "hand"),
            checks=checks,
            bound="A heartbeat becomes a value with names instead of a tuple; a record becomes one "
            "with 25 fields, and setting those is most of the difference.",
            notes=[
                (
                    "the gateway's MAC starts from hashed key blocks, the other calls hmac.digest "
                    "for each frame; under valgrind SHA-256 runs without the processor's SHA "
                    "instructions, on both sides"
                )
            ]
            if valgrind is not None
            else ["no valgrind: processor time instead of instructions"],
        )
    ]


def _figures(seen: Seen, side: str) -> str:
    return ", ".join(
        f"{message} {middle(seen[f'{side} {message}']):,.0f}" for message in ("heartbeat", "record")
    )


def _processor_time(rounds: int) -> Seen:
    command = [sys.executable, "-m", "benchmarks.parse_work", str(rounds), str(TIMED_FRAMES)]
    ran = subprocess.run(command, check=True, capture_output=True, text=True)
    return _by_section(json.loads(ran.stdout))


def _instructions(valgrind: str, rounds: int) -> Seen:
    with tempfile.TemporaryDirectory(prefix="gatepost-bench-") as folder:
        out = Path(folder) / "callgrind"
        callgrind = [valgrind, "--tool=callgrind", f"--callgrind-out-file={out}"]
        command = [*callgrind, "--dump-before=getppid", sys.executable, "-m"]
        work = ["benchmarks.parse_work", str(rounds), str(FRAMES)]
        subprocess.run([*command, *work], check=True, capture_output=True)
        dumps = sorted(
            (path for path in Path(folder).iterdir() if path.suffix[1:].isdigit()),
            key=lambda path: int(path.suffix[1:]),
        )
        totals = [dump_total(path.read_text(errors="replace")) for path in dumps]
    # The first dump is everything up to the first mark; each later one is a section.
    cut = totals[1 : 1 + rounds * len(SECTIONS)]
    names = SECTIONS * rounds
    return _by_section((name, total / FRAMES) for name, total in zip(names, cut, strict=True))


def dump_total(text: str) -> int:
    """Return the instructions a callgrind dump accounts for."""
    for line in text.splitlines():
        if line.startswith(("totals:", "summary:")):
            return int(line.split()[1])
    raise ValueError("a callgrind dump without a total")


def _by_section(pairs: Iterable[tuple[str, float]]) -> Seen:
    seen: Seen = {name: [] for name in SECTIONS}
    for name, cost in pairs:
        seen[name].append(cost)
    return seen


MEASUREMENTS = (Measurement(rows=("G11",), work=measure),)
