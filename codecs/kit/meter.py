"""Deterministic measures of cost: memory kept, bytes allocated, lines executed.

Owns the instruments; a stopwatch is not among them, because a busy machine would make it lie. Work
done inside one call to a C function is not seen.
"""

from __future__ import annotations

import sys
import tracemalloc
from collections.abc import Callable, Iterable
from types import FrameType
from typing import Any


def kept(run: Callable[[], object]) -> int:
    """Return the bytes that ``run`` left allocated."""
    with Traced():
        before = tracemalloc.get_traced_memory()[0]
        run()
        return tracemalloc.get_traced_memory()[0] - before


def growing(run: Callable[[], object], files: Iterable[str]) -> str:
    """Return file and line, of these files, where most of what ``run`` leaves was allocated.

    Empty when none of it was: then it hangs on something that others made.
    """
    wanted = set(files)
    with Traced():
        before = tracemalloc.take_snapshot()
        run()
        found = tracemalloc.take_snapshot().compare_to(before, "lineno")
    for grown in found:
        where = grown.traceback[0]
        if grown.size_diff > 0 and where.filename in wanted:
            return f"{where.filename.rpartition('/')[2]}:{where.lineno}"
    return ""


def allocated(feed: Callable[[bytes], object], reads: Iterable[bytes]) -> int:
    """Return the bytes allocated, summed over the highest point each read reached above its start.

    A buffer that is copied with every read shows here.
    """
    total = 0
    with Traced():
        for data in reads:
            tracemalloc.reset_peak()
            before = tracemalloc.get_traced_memory()[0]
            feed(data)
            total += max(0, tracemalloc.get_traced_memory()[1] - before)
    return total


def lines(feed: Callable[[bytes], object], reads: Iterable[bytes]) -> int:
    """Return the lines of Python executed: a buffer parsed from its start each time shows here."""
    total = 0

    def count(frame: FrameType, event: str, argument: object) -> Any:  # noqa: ARG001
        nonlocal total
        total += event == "line"
        return count

    outer = sys.gettrace()
    sys.settrace(count)
    try:
        for data in reads:
            feed(data)
    finally:
        sys.settrace(outer)
    return total


class Traced:
    """Switches tracemalloc on, unless somebody else already has.

    Around several measurements it lets the first fill whatever fills up, such as the free lists of
    the interpreter, so that the later ones see only what keeps growing.
    """

    def __enter__(self) -> None:
        self._ours = not tracemalloc.is_tracing()
        if self._ours:
            tracemalloc.start()

    def __exit__(self, *raised: object) -> None:
        if self._ours:
            tracemalloc.stop()
