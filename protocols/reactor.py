"""Which event loop and reactor this process runs on; decided once, before anything else."""

from __future__ import annotations

import asyncio
import sys

from gateway.domain.errors import GatepostError

REACTOR = "twisted.internet.reactor"
"""Importing this module installs Twisted's own choice, so it must be absent or ours."""


def install_reactor() -> asyncio.AbstractEventLoop:
    """Install the asyncio reactor, on uvloop where that is installed; return its loop.

    Calling it again returns the same loop. Raises GatepostError ``reactor.other`` when something
    imported ``twisted.internet.reactor`` before and another reactor runs the process.
    """
    from twisted.internet import asyncioreactor

    present = sys.modules.get(REACTOR)
    if present is None:
        loop = _new_loop()
        asyncio.set_event_loop(loop)
        asyncioreactor.install(loop)  # type: ignore[no-untyped-call]
        return loop
    if isinstance(present, asyncioreactor.AsyncioSelectorReactor):
        return present._asyncioEventloop
    raise GatepostError(
        "reactor.other",
        f"the process already runs on {type(present).__name__}, but the database driver needs "
        "the asyncio reactor",
        place=REACTOR,
        remedy="Call install_reactor() before anything imports twisted.internet.reactor.",
    )


def _new_loop() -> asyncio.AbstractEventLoop:
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()
