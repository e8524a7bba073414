"""Deterministic measures of cost: memory kept, bytes allocated, lines executed.

Owns the instruments; a stopwatch is not among them, because a busy machine would make it lie. Work
done inside one call to a C function is not seen.
"""

from __future__ import annotations

import sys
import tracemalloc
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import FrameType
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a run of reads took."""

    allocated: int
    """Bytes, summed over the highest point each read reached above its start: a buffer that is
    copied with every read shows here."""
    lines: int
    """Lines of Python executed: a buffer that is parsed from its start with every read shows
    here."""


def kept(run: Callable[[], object]) -> int:
    """Return the bytes that ``run`` left allocated."""
    with _Traced():
        before = tracemalloc.get_traced_memory()[0]
        run()
        return tracemalloc.get_traced_memory()[0] - before


def cost(feed: Callable[[bytes], object], reads: Iterable[bytes]) -> Cost:
    """Feed ``reads`` one after the other and return what that took."""
    lines = allocated = 0

    def count(frame: FrameType, event: str, argument: object) -> Any:  # noqa: ARG001
        nonlocal lines
        lines += event == "line"
        return count

    outer = sys.gettrace()
    with _Traced():
        sys.settrace(count)
        try:
            for data in reads:
                tracemalloc.reset_peak()
                before = tracemalloc.get_traced_memory()[0]
                feed(data)
                allocated += max(0, tracemalloc.get_traced_memory()[1] - before)
        finally:
            sys.settrace(outer)
    return Cost(allocated=allocated, lines=lines)


class _Traced:
    """Switches tracemalloc on, unless somebody else already has."""

    def __enter__(self) -> None:
        self._ours = not tracemalloc.is_tracing()
        if self._ours:
            tracemalloc.start()

    def __exit__(self, *raised: object) -> None:
        if self._ours:
            tracemalloc.stop()
