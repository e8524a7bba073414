"""Which processes belong to a test: those that name its folder."""

from __future__ import annotations

from pathlib import Path


def naming(folder: Path) -> list[str]:
    """Return the command lines of living processes that name ``folder``.

    They name it in their command line or in the environment they were started with.
    """
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes()
            given = command + (process / "environ").read_bytes()
        except OSError:  # it has ended, or belongs to somebody else
            continue
        if command and str(folder).encode() in given:
            found.append(command.replace(b"\0", b" ").decode(errors="replace"))
    return found
