"""How often Python looks for garbage while the gateway runs.

What a record leaves behind is freed by its reference counts; cycles come with connections and
exceptions only. With Python's own thresholds the collector looks through the records in flight a
dozen times before they are committed, which is a quarter of the time the gateway spends on them.
"""

from __future__ import annotations

import gc

YOUNG = 10_000
"""New objects before the young ones are looked through: a third of a millisecond each time."""
MIDDLE = 20
"""Looks at the young objects before one at those that survived it."""
OLD = 50
"""Looks at the middle ones before one at everything. With 10,000 connections that one stopped the
loop for up to a second on a busy machine, so it must be rare: every ten million objects."""


def settle_down() -> None:
    """Leave what exists now out of every later search, and search less often.

    Call it once, when the gateway is complete: modules, settings and tables stay for good.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)
