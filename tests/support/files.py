"""What the file system says of a path."""

from __future__ import annotations

from pathlib import Path


def mode(path: Path) -> int:
    """Return the permission bits."""
    return path.stat().st_mode & 0o7777
