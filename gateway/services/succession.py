"""Terminals whose records name their predecessor: what is missing between, and counters begun anew.

Other than a terminal that says at its login what it holds (`gateway.services.gaps`), such a one
cannot be asked on its own connection. So what is seen here is said and handed to whoever can have
its memory searched (`gateway.services.searches`). Remembers nothing over a restart.
"""

from __future__ import annotations

from collections.abc import Callable

from gateway.domain.events import RecordReported
from gateway.domain.ids import DeviceId
from gateway.domain.numbers import HeldNumbers
from gateway.domain.ports import Log
from gateway.domain.vocabulary import Lane
from gateway.services.terminals import Newest, Range, Terminal

Told = Callable[[DeviceId, Range], None]
"""Takes a hole."""


def nobody(device: DeviceId, hole: Range) -> None:
    """Leave a hole as it is."""
    del device, hole


def follow(terminal: Terminal, report: RecordReported, log: Log, told: Told = nobody) -> None:
    """Compare a durable record with the one before it in its series, and remember it.

    Records of an outage come when they come; those that came before the next live one are no hole.
    A record that does not name its predecessor only counts where others do. A number that is lower
    than one before is a counter begun anew only when its time is later; else two connections
    crossed.
    """
    series = report.series
    before = terminal.newest.get(series)
    if report.lane is not Lane.LIVE:
        if before is not None and report.number > before.number:
            before.belated = before.belated or HeldNumbers(series, before.number)
            before.belated.add(report.number)
        return
    if before and report.number <= before.number and report.device_ms <= before.device_ms:
        return
    if report.follows is None and before is None:
        return
    newest = Newest(report.number, report.device_ms)
    terminal.newest = {**terminal.newest, series: newest}
    if before is None or report.number == before.number or report.follows is None:
        return
    if report.number < before.number:
        log.warning(
            "device.counter_regressed",
            device=terminal.device.id,
            series=report.series,
            held=before.number,
            last=report.number,
        )
    elif before.number < report.follows < report.number:
        held = before.belated or HeldNumbers(series, before.number)
        for first, last in held.missing(before.number + 1, report.follows):
            device = terminal.device.id
            log.warning("record.gap_told", device=device, series=series, first=first, last=last)
            told(device, (series, first, last))
