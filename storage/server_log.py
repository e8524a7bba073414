"""The embedded server's log file: private, and bounded although the server never reopens it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO

LOG_BYTES = 8 * 1024 * 1024
"""One file and one predecessor of this size: weeks of a healthy server, hours of a sick one."""
TAIL_LINES = 12


def open_log(path: Path) -> IO[bytes]:
    """Open the log for a server's output, made 0600; appending, so that `trim_log` can empty it."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
    return os.fdopen(os.open(path, flags, 0o600), "wb")


def trim_log(path: Path, limit: int = LOG_BYTES) -> bool:
    """Move a log over ``limit`` bytes to ``….1`` and empty it in place; says whether it did.

    The server holds the file open and appends, so its next line lands at the new end. Lines it
    writes between the copy and the cut are lost; that is accepted for a log.
    """
    try:
        if path.stat().st_size <= limit:
            return False
    except FileNotFoundError:
        return False
    previous = path.with_name(path.name + ".1")
    with path.open("rb") as source:
        source.seek(-limit, os.SEEK_END)
        kept = source.read(limit)
    with os.fdopen(os.open(previous, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as copy:
        copy.write(kept)
    os.truncate(path, 0)
    return True


def tail_of(path: Path) -> str:
    """Return the last lines, for an error message."""
    try:
        lines = path.read_text(errors="replace").splitlines()
    except FileNotFoundError:
        return "(none)"
    return "\n".join(lines[-TAIL_LINES:])
