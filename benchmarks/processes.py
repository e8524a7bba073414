"""What the kernel says of a process: processor time, memory, children, and on which core it runs.

Reads ``/proc``, so Linux only. Knows nothing of what the processes do.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

NANOSECOND = 1e-9


def cpu_seconds(pids: Iterable[int]) -> float:
    """Return the processor time of the processes' threads so far.

    From ``schedstat``, which counts nanoseconds; ``stat`` counts hundredths of a second. A thread
    that ended is not counted any more, so measure between two points with the same threads.
    """
    total = 0
    for pid in pids:
        for thread in _threads(pid):
            try:
                total += int((thread / "schedstat").read_text().split()[0])
            except (FileNotFoundError, ProcessLookupError):
                continue
    return total * NANOSECOND


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


def unpin(pid: int) -> None:
    """Let the scheduler choose again."""
    for thread in _threads(pid):
        os.sched_setaffinity(int(thread.name), os.sched_getaffinity(0))


def _threads(pid: int) -> list[Path]:
    try:
        return list(Path(f"/proc/{pid}/task").iterdir())
    except FileNotFoundError:
        return []
