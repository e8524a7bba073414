"""Starts the bare servers and tells where they listen."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).with_name("echo.c")
MALLOC = {
    "MALLOC_MMAP_THRESHOLD_": str(4 * 1024 * 1024),
    "MALLOC_TRIM_THRESHOLD_": str(64 * 1024 * 1024),
}
"""Asyncio reads into a fresh buffer of 256 KiB. Depending on what was allocated before, an import
more or less, glibc gives that memory back to the kernel and takes it again for each read, by mmap
or by moving the end of the heap, which makes the bare server two to three times slower. With both
thresholds it never does, and the gateway is held against the better case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bare:
    """A running server."""

    pid: int
    ports: tuple[int, ...]
    """The first echoes; the others, where there are any, answer logins and heartbeats."""

    @property
    def echo(self) -> tuple[str, int]:
        """Where bytes come back."""
        return "127.0.0.1", self.ports[0]

    @property
    def login(self) -> tuple[str, int]:
        """Where logins are answered."""
        return "127.0.0.1", self.ports[1]

    @property
    def beats(self) -> tuple[str, int]:
        """Where heartbeats are checked and answered by hand."""
        return "127.0.0.1", self.ports[2]


@contextmanager
def asyncio_server() -> Iterator[Bare]:
    """Run the bare asyncio server."""
    command = [sys.executable, "-m", "benchmarks.baselines.echo"]
    with _running(command, {**os.environ, **MALLOC}) as bare:
        yield bare


def c_compiler() -> str | None:
    """Return a C compiler, if there is one."""
    return shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")


@contextmanager
def c_server(compiler: str) -> Iterator[Bare]:
    """Compile the C server into a temporary folder and run it."""
    with tempfile.TemporaryDirectory(prefix="gatepost-bench-") as folder:
        binary = Path(folder) / "echo"
        subprocess.run([compiler, "-O2", "-o", binary, SOURCE], check=True)
        with _running([str(binary)]) as bare:
            yield bare


@contextmanager
def _running(command: list[str], environ: dict[str, str] | None = None) -> Iterator[Bare]:
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ) as process:
        try:
            assert process.stdout is not None
            ports = tuple(map(int, process.stdout.readline().split()))
            yield Bare(pid=process.pid, ports=ports)
        finally:
            process.kill()
