"""Terminals whose records name their predecessor: what is missing between, and counters begun anew.

Other than a terminal that says at its login what it holds (`gateway.services.gaps`), such a one
cannot be asked on its own connection. So what is seen here is only said; whoever can search the
terminal's memory has to act. Remembers nothing over a restart.
"""

from __future__ import annotations

from gateway.domain.events import RecordReported
from gateway.domain.ports import Log
from gateway.domain.vocabulary import Lane
from gateway.services.terminals import Newest, Terminal


def follow(terminal: Terminal, report: RecordReported, log: Log) -> None:
    """Compare a durable record with the one before it in its series, and remember it.

    Records of an outage are left out: they come when they come. A number that is lower than one
    before is a counter begun anew only when its time is later; else two connections crossed.
    """
    if report.follows is None or report.lane is not Lane.LIVE:
        return
    before = terminal.newest.get(report.series)
    if before and report.number <= before.number and report.device_ms <= before.device_ms:
        return
    terminal.newest[report.series] = Newest(report.number, report.device_ms)
    if before is None or report.number == before.number:
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
        log.warning(
            "record.gap_told",
            device=terminal.device.id,
            series=report.series,
            first=before.number + 1,
            last=report.follows,
        )
