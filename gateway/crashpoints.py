"""Named points at which the crash harness kills the process; in service they do nothing.

``GATEPOST_CRASH_AT=store.before_commit:17`` ends the process with SIGKILL, as a power cut would,
when that point is passed for the seventeenth time.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Mapping

from gateway.domain.ports import no_probe

VARIABLE = "GATEPOST_CRASH_AT"

POINTS = (
    "ingest.received",
    "store.before_commit",
    "store.after_commit",
    "ingest.before_ack",
    "ingest.after_ack",
)


def from_environment(environ: Mapping[str, str] = os.environ) -> Callable[[str], None]:
    """Return the probe the environment asks for; without the variable it does nothing."""
    wanted = environ.get(VARIABLE)
    if not wanted:
        return no_probe
    point, _, count = wanted.partition(":")
    left = int(count or 1)

    def probe(name: str) -> None:
        nonlocal left
        if name == point:
            left -= 1
            if left <= 0:
                os.kill(os.getpid(), signal.SIGKILL)

    return probe
