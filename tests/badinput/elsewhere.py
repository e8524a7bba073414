"""Gateways on a database server that the test runs, and that has a small disk."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.gateways import Site

FILE_BYTES = 20 * 2**20
"""The largest file of the server: room for a segment of the write-ahead log, not for more.
The kernel itself then refuses to extend a table, on any machine and for any user."""


class SiteElsewhere(Site):
    """A site whose gateway uses a database of somebody else's."""

    def __init__(self, folder: Path, dsn: str) -> None:
        self._dsn = dsn
        super().__init__(folder)

    def configure(self, extra: str, listen: str = "") -> None:
        super().configure(f'[storage]\ndsn = "{self._dsn}"\n{extra}', listen)

    @property
    def dsn(self) -> str:
        return self._dsn


@contextmanager
def small_disk() -> Iterator[None]:
    """Let every process started meanwhile write small files only."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_BYTES, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
