"""K1 to K3: what bronze takes at least, how long a check runs, how often a capture is read rightly.

K1 and K3 have one round: files and captures are the same each time.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.bench import Bench, Measurement
from benchmarks.goals import Check, Goal, Result
from benchmarks.stats import middle
from tests.codecs.kit.accuracy import Accuracy, accuracy
from tests.codecs.kit.captures import documented, recorded

SMALLEST = Path(__file__).parents[2] / "tests" / "plugins" / "turnstile"
NAME = "door"
LINES = Goal(name="lines of the codec", better="less", must=200, stretch=100)
FILES = Goal(name="files: codec, transcripts, pyproject.toml", better="less", must=5, stretch=3)
SECONDS = Goal(name="`codec check` of the scaffold", better="less", must=60, stretch=20, unit="s")
RIGHT = Goal(
    name="framing and checksum right, fixtures", better="more", must=90, stretch=95, unit="%"
)
RIGHT_ELSEWHERE = Goal(
    name="the same, documented protocols", better="more", must=90, stretch=95, unit="%"
)


def smallest(bench: Bench) -> list[Result]:
    """Count what the smallest bronze codec takes, and check that it is bronze."""
    del bench
    tier = _tier(SMALLEST, SMALLEST.name)
    files = [path for path in SMALLEST.rglob("*") if path.suffix in (".py", ".wire", ".toml")]
    codec = next(path for path in files if path.suffix == ".py")
    lines = len(codec.read_text(encoding="utf-8").splitlines())
    return [
        Result(
            row="K1",
            what="the smallest codec that is bronze",
            ours=f"{lines} lines, {len(files)} files",
            limit="the scaffold of `codec new` is a whole one too",
            checks=[Check(goal=LINES, rounds=[lines]), Check(goal=FILES, rounds=[len(files)])],
            bound="Login, heartbeat, records and their answers have to be said once each.",
            notes=[f"`tests/plugins/{SMALLEST.name}/`, written from docs/vendors; tier {tier}"],
        )
    ]


def checking(bench: Bench) -> list[Result]:
    """Check the scaffold as a vendor does, beside a command that does nothing."""
    ours, bare = [], []
    with tempfile.TemporaryDirectory(prefix="gatepost-bench-") as folder:
        _codec(folder, "new", NAME)
        project = Path(folder) / f"{NAME}-gateway"
        for _ in range(bench.rounds):
            began = time.monotonic()
            _codec(project, "check", NAME)
            ours.append(time.monotonic() - began)
            began = time.monotonic()
            _codec(project, "--help")
            bare.append(time.monotonic() - began)
    return [
        Result(
            row="K2",
            what="`gatepost codec check` of the scaffold, to bronze, wall clock",
            ours=f"{middle(ours):.1f} s",
            limit=f"{middle(bare):.2f} s: `gatepost codec --help`",
            checks=[Check(goal=SECONDS, rounds=ours)],
            bound="Thousands of generated conversations, and three seconds of fuzzing.",
        )
    ]


def identifying(bench: Bench) -> list[Result]:
    """Identify every capture of the repository without its dialect."""
    del bench
    return [identified(accuracy(recorded()), accuracy(documented()))]


def identified(fixtures: Accuracy, elsewhere: Accuracy) -> Result:
    """Make the row from what was right."""
    untold = fixtures.wrong["either"]
    telling = sum(name not in untold for name in fixtures.telling)
    right = len(fixtures.names) - len(untold), len(elsewhere.names) - len(elsewhere.wrong["either"])
    return Result(
        row="K3",
        what="`codec identify` without the dialect: all transcripts; ten documented protocols",
        ours=f"{right[0]} of {len(fixtures.names)}; {right[1]} of {len(elsewhere.names)}",
        limit="every capture; one message fits many shapes",
        checks=[
            Check(goal=RIGHT, rounds=[100 * fixtures.share("either")]),
            Check(goal=RIGHT_ELSEWHERE, rounds=[100 * elsewhere.share("either")]),
        ],
        bound="Captures of one message, damaged ones, and two of which one is cut: they tell too "
        "little. No answer counts as wrong, and so does a checksum where there is none.",
        notes=[
            f"{len(fixtures.telling)} fixtures have three whole messages or more; {telling} right",
            *(
                f"wrong {what}: {', '.join(sorted(names))}"
                for seen in (fixtures, elsewhere)
                for what, names in seen.wrong.items()
                if names and what != "either"
            ),
        ],
    )


def _tier(folder: Path, name: str) -> str:
    """Return the tier; the command fails below bronze, and then nothing is counted."""
    return str(json.loads(_codec(folder, "check", name, "--json"))["tier"])


def _codec(folder: Path | str, *words: str) -> str:
    environ = {key: value for key, value in os.environ.items() if not key.startswith("GATEPOST_")}
    command = [sys.executable, "-m", "gateway", "codec", *words]
    ran = subprocess.run(
        command, check=True, stdout=subprocess.PIPE, text=True, cwd=folder, env=environ
    )
    return ran.stdout


MEASUREMENTS = (
    Measurement(rows=("K1",), work=smallest),
    Measurement(rows=("K2",), work=checking),
    Measurement(rows=("K3",), work=identifying),
)
