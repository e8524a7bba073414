"""What the kernel says of a process: processor time, memory, children, and on which core it runs.

Reads ``/proc``, so Linux only. Knows nothing of what the processes do.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

NANOSECOND = 1e-9


class Used(NamedTuple):
    """Seconds of processor time, summed over threads."""

    ran: float
    waited: float
    """Ready to run, but without a core."""


Usage = dict[int, Used]
"""By process."""


def usage(pids: Iterable[int]) -> Usage:
    """Return what the processes used so far.

    From ``schedstat``, which counts nanoseconds; ``stat`` counts hundredths of a second. A thread
    that ended is not counted any more, so measure between two points with the same threads.
    """
    return {pid: _used(pid) for pid in pids}


def spent(before: Mapping[int, Used], after: Mapping[int, Used]) -> Used:
    """Return what was used in between; a process that came counts whole, one that went does not."""
    nothing = Used(0.0, 0.0)
    grown = [
        (now.ran - old.ran, now.waited - old.waited)
        for now, old in ((now, before.get(pid, nothing)) for pid, now in after.items())
    ]
    return Used(sum(ran for ran, _ in grown), sum(waited for _, waited in grown))


def machine_seconds() -> float:
    """Return the processor time of everything on the machine so far, summed over cores.

    What a hypervisor took away counts too, as somebody else's; interrupts do not, for nobody's.
    """
    user, nice, system, _, _, _, _, steal, *_ = map(
        int, Path("/proc/stat").read_text().split(maxsplit=11)[1:11]
    )
    return (user + nice + system + steal) / os.sysconf("SC_CLK_TCK")


def resident_bytes(pid: int) -> int:
    """Return the memory the process has in RAM."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def family(pid: int) -> list[int]:
    """Return the process and its children, as PostgreSQL's postmaster and its backends."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *map(int, children)]


def pin(pid: int, core: int) -> bool:
    """Keep every thread of a process on one core; False where the machine has no such core."""
    if core not in os.sched_getaffinity(0):
        return False
    for thread in _threads(pid):
        os.sched_setaffinity(int(thread.name), {core})
    return True


def _threads(pid: int) -> list[Path]:
    try:
        return list(Path(f"/proc/{pid}/task").iterdir())
    except FileNotFoundError:
        return []


def _used(pid: int) -> Used:
    ran = waited = 0
    for thread in _threads(pid):
        try:
            one, other, _ = (thread / "schedstat").read_text().split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        ran += int(one)
        waited += int(other)
    return Used(ran * NANOSECOND, waited * NANOSECOND)
