"""A log file that follows its name: whoever moves it away gets a new one at the next line."""

from __future__ import annotations

import os
from pathlib import Path


class LogFile:
    """Appends to the file at a path; opened again when another file, or none, is there.

    Used by one thread. Raises OSError as the operating system does, also in the beginning.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("ab", buffering=0)

    def write(self, data: bytes) -> int:
        """Append ``data``, all of it, to the file that is at the path now."""
        if self._moved():
            successor = self._path.open("ab", buffering=0)
            self._file.close()
            self._file = successor
        rest = memoryview(data)
        while rest:
            rest = rest[self._file.write(rest) :]
        return len(data)

    def flush(self) -> None:
        """Do nothing: nothing is held back."""

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _moved(self) -> bool:
        try:
            there = os.stat(self._path)
        except FileNotFoundError:
            return True
        ours = os.fstat(self._file.fileno())
        return (there.st_dev, there.st_ino) != (ours.st_dev, ours.st_ino)
