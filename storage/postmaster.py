"""A running postmaster, found by the pid file of its data directory.

Owns looking at and signalling one process. A pid alone proves nothing, because after a crash the
number may belong to anybody; a postmaster's working directory is its data directory, so that is
what is compared. Linux only: it reads ``/proc``.
"""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from gateway.storage.layout import SOCKET_NAME

PID_FILE = "postmaster.pid"
OPTIONS_FILE = "postmaster.opts"
STATUS_LINE = 7
"""Line of the pid file, counted from zero, that says how far the start has got."""
POLL_S = 0.01
IMMEDIATE_STOP_S = 5.0
"""After SIGQUIT a server has nothing left to write; longer than this means it is stuck."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Postmaster:
    """The server process of one data directory."""

    pid: int
    data: Path
    status: str
    """``starting``, ``ready``, ``stopping`` or ``standby``."""

    def alive(self) -> bool:
        """Whether this process still serves this data directory; a zombie does not."""
        try:
            return Path(f"/proc/{self.pid}/cwd").samefile(self.data)
        except OSError:
            return False

    def options(self) -> str:
        """Return the command line it was started with, as it wrote it down; empty before."""
        try:
            return (self.data / OPTIONS_FILE).read_text().strip()
        except FileNotFoundError:
            return ""

    def stop(self, patience_s: float) -> None:
        """End it: fast (SIGINT), after ``patience_s`` at once (SIGQUIT), at last with SIGKILL.

        Anything harsher than the first costs a crash recovery at the next start and no record.
        """
        for order, patience in (
            (signal.SIGINT, patience_s),
            (signal.SIGQUIT, IMMEDIATE_STOP_S),
            (signal.SIGKILL, IMMEDIATE_STOP_S),
        ):
            if not self.alive():
                return
            try:
                os.kill(self.pid, order)
            except ProcessLookupError:
                return
            deadline = time.monotonic() + patience
            while self.alive() and time.monotonic() < deadline:
                time.sleep(POLL_S)


def find_postmaster(data: Path) -> Postmaster | None:
    """Return the process that serves ``data``, or None when nobody does."""
    try:
        lines = (data / PID_FILE).read_text().splitlines()
        pid = int(lines[0])
    except (OSError, ValueError, IndexError):
        return None
    status = lines[STATUS_LINE].strip() if len(lines) > STATUS_LINE else "starting"
    found = Postmaster(pid=pid, data=data, status=status)
    return found if found.alive() else None


def forget_stale(data: Path, socket: Path) -> None:
    """Remove lock files whose process number has been given to another process.

    PostgreSQL trusts such a number and refuses to start, which is the rule rather than the
    exception after a container restart. Lock files of a process that is gone or just dying are left
    to PostgreSQL, which uses them to look for orphaned backends. The caller holds the lock of the
    data directory and has found no postmaster.
    """
    for lock in (data / PID_FILE, socket / f"{SOCKET_NAME}.lock"):
        try:
            pid = int(lock.read_text().split("\n", 1)[0])
            stranger = not Path(f"/proc/{pid}/cwd").samefile(data)
        except (OSError, ValueError):
            continue
        if stranger:
            lock.unlink()
