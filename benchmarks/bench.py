"""What measurements share: the number of rounds, and the site, opened when a row first asks."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property

from benchmarks.goals import Result
from benchmarks.site import Site, site

SERVER_CORE, LOAD_CORE = 0, 1
"""Where servers and generator run in the rows that compare transports."""


@dataclass(kw_only=True)
class Bench:
    """One run."""

    quick: bool
    """Small and noisy, for development; a report made so says so."""
    _stack: ExitStack = field(default_factory=ExitStack)

    @property
    def rounds(self) -> int:
        """How often both sides of a ratio are measured, in turn."""
        return 2 if self.quick else 5

    def size(self, full: int, quick: int) -> int:
        """Choose an amount of work."""
        return quick if self.quick else full

    @cached_property
    def site(self) -> Site:
        """The database and the terminals."""
        return self._stack.enter_context(site())

    def say(self, text: str) -> None:
        """Tell whoever waits how far the run is."""
        print(text, file=sys.stderr, flush=True)

    def close(self) -> None:
        """Stop what was opened; a row that asks later gets a fresh site."""
        self.__dict__.pop("site", None)
        self._stack.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """Rows that are measured together because they share a side."""

    rows: tuple[str, ...]
    work: Callable[[Bench], Sequence[Result]]
    """Its first line of documentation is told to whoever waits."""


@contextmanager
def opened(quick: bool) -> Iterator[Bench]:
    """Run a benchmark and clean up behind it."""
    bench = Bench(quick=quick)
    try:
        yield bench
    finally:
        bench.close()


def timed(work: Callable[[], object]) -> float:
    """Return the seconds that ``work`` took."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
