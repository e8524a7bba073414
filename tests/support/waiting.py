"""Waiting for a condition with a deadline, never for a guess."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

POLL_S = 0.01
LIMIT_S = 30.0
"""Seconds after which what is waited for will not come, even on a busy machine."""

Value = TypeVar("Value")


def wait_for(look: Callable[[], Value | None], what: str, seconds: float = LIMIT_S) -> Value:
    """Return the first answer of ``look`` that is neither None nor False."""
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found is not None and found is not False:
            return found
        assert time.monotonic() < deadline, f"{what}: not within {seconds:.0f} s"
        time.sleep(POLL_S)


async def until(look: Callable[[], bool], what: str, seconds: float = LIMIT_S) -> None:
    """Wait on the running loop until ``look`` says yes."""
    deadline = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < deadline, f"{what}: not within {seconds:.0f} s"
        await asyncio.sleep(POLL_S)
