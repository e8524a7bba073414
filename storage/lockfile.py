"""A lock that dies with its holder: two gateways never share one data directory."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from gateway.domain.errors import GatepostError


class LockFile:
    """An flock on a file that is never removed, because removing it would let two holders in."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd: int | None = None

    @property
    def held(self) -> bool:
        """Whether this object holds the lock."""
        return self._fd is not None

    def acquire(self) -> None:
        """Lock it; raises GatepostError ``database.locked`` naming the holder's process id."""
        if self._fd is not None:
            return
        fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(fd, 32).decode(errors="replace").strip() or "unknown"
            os.close(fd)
            raise GatepostError(
                "database.locked",
                f"another gateway (process {holder}) uses this data directory.",
                place=str(self._path.parent),
                remedy="Stop it, or give this one a data directory of its own.",
            ) from None
        os.ftruncate(fd, 0)
        os.write(fd, f"{os.getpid()}\n".encode())
        self._fd = fd

    def release(self) -> None:
        """Unlock it; harmless when it is not held."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None
