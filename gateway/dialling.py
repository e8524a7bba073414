"""Puts the dialling of terminals together, and counts what comes of it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping

from gateway.codecs.api import Dialect
from gateway.domain.ids import Serial
from gateway.domain.ports import Log
from gateway.limits import call_limits, dialect_options
from gateway.monitoring.counting import fold_calls
from gateway.monitoring.metrics import Metrics
from gateway.protocols.clock import read_clock
from gateway.protocols.courier import Courier
from gateway.protocols.dialled import CallTally, Office
from gateway.settings import Settings


def make_courier(
    settings: Settings, dialects: Mapping[str, Dialect], metrics: Metrics, log: Log
) -> Courier:
    """Make who dials terminals; it knows none before it begins."""
    limits = call_limits(settings)
    office = Office(
        clock=read_clock,
        entropy=os.urandom,
        log=log,
        limits=limits,
        tally=CallTally(),
        room=asyncio.Semaphore(limits.errands),
        settings=dialect_options(settings),
        armed=frozenset(map(Serial, settings.dialling.armed)),
    )
    fold_calls(metrics, office.tally)
    return Courier(dialects, office)
