"""A batch in one transaction, and what becomes of it when the database refuses one of its rows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from gateway.storage.failures import blames_row

Row = TypeVar("Row")
Fate = TypeVar("Fate")


async def halving(
    rows: Sequence[Row],
    commit: Callable[[Sequence[Row]], Awaitable[list[Fate]]],
    refuse: Callable[[Row, Exception], Awaitable[Fate]],
) -> list[Fate]:
    """Commit the rows; halve them until a row the database refuses stands alone."""
    try:
        return await commit(rows)
    except Exception as error:
        if not blames_row(error):
            raise
        if len(rows) == 1:
            return [await refuse(rows[0], error)]
    middle = len(rows) // 2
    first = await halving(rows[:middle], commit, refuse)
    return first + await halving(rows[middle:], commit, refuse)
