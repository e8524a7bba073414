"""Both event loops the gateway may run on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
import uvloop

LIMIT = 10.0
"""Seconds after which a test hangs for certain."""

Main = Callable[[], Coroutine[Any, Any, None]]


def run_on(new_loop: Callable[[], asyncio.AbstractEventLoop], main: Main) -> None:
    """Run a test on a fresh loop; what the loop's exception handler is told fails it."""
    complaints: list[dict[str, Any]] = []

    async def bounded() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: complaints.append(context))
        await asyncio.wait_for(main(), LIMIT)

    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(bounded())
    assert complaints == []


each_loop = pytest.mark.parametrize(
    "new_loop", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"]
)
