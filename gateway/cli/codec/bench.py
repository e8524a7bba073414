"""The process in which a strange codec is checked: bounded, watched, and expendable.

Writes one JSON object a line to the standard output it was started with; whatever the codec prints
goes to standard error. Ends by itself when the codec does not return.
"""

from __future__ import annotations

import json
import os
import random
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from gateway.cli.codec.sources import find, transcripts
from gateway.cli.codec.watchdog import Watchdog
from gateway.codecs.kit.case import Bench, StillRunning
from gateway.codecs.kit.run import run
from gateway.codecs.stage import Stage
from gateway.domain.errors import GatepostError

MEMORY_BYTES = 2 << 30
"""Address space of the process; a codec that hoards meets MemoryError before the machine does."""
GUARDED = ("socket.", "subprocess.", "os.system", "os.exec", "os.fork", "os.posix_spawn")
"""Audit events a codec may not cause (PEP 578)."""


def guard(event: str, arguments: tuple[object, ...]) -> None:
    """Refuse what a codec may not do; an audit hook."""
    writes = event == "open" and isinstance(arguments[1], str) and set("wax+") & set(arguments[1])
    if Stage.inside and (event.startswith(GUARDED) or writes):
        raise PermissionError(f"a codec may not cause {event}: it has no input or output")


def main() -> None:
    """Check what the JSON argument names."""
    order = json.loads(sys.argv[1])
    lines = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)

    def say(**fields: object) -> None:
        lines.write(json.dumps(fields) + "\n")

    seconds = int(order["seconds"])
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    try:
        _check(order, say)
    except GatepostError as error:
        say(error=[error.code, error.message, error.place, error.remedy])
    except StillRunning as stuck:
        say(stuck=str(stuck))


def _check(order: dict[str, str], say: Callable[..., None]) -> None:
    Watchdog().start()
    say(begins="import")
    Stage.inside = True  # importing is the codec's own doing as well
    found = find(order["name"], Path.cwd())
    Stage.inside = False
    given = transcripts(order["name"], Path(order["fixtures"]) if order["fixtures"] else None)
    sys.addaudithook(guard)
    report = run(
        found.dialect,
        given,
        random.Random(int(order["seed"])),  # noqa: S311 - a report must be repeatable
        found.hooks,
        effort=int(order["effort"]),
        bench=Bench(
            sources=found.sources,
            others=found.others,
            clock=time.perf_counter,
            fuzz_seconds=float(order["fuzz"]),
            announce=lambda code: say(begins=code),
        ),
    )
    findings = [{**asdict(each), "verdict": each.verdict.value} for each in report.findings]
    say(dialect=report.dialect, findings=findings)


if __name__ == "__main__":
    main()
