"""Holes in the numbered series of a terminal: found when it believes all is delivered, asked again.

A terminal that still has unacknowledged records will send them by itself. Only one that counts
everything as delivered while we miss a number has to be told (requirement R-104).
"""

from __future__ import annotations

from gateway.domain.events import DeviceStatus, RangeAnswered
from gateway.domain.ports import SessionHandle
from gateway.domain.requests import AskRecords
from gateway.services.common import Common
from gateway.services.terminals import Terminal


class Gaps:
    """Asks each hole of a session once, one at a time."""

    def __init__(self, common: Common) -> None:
        self._tally = common.tally
        self._log = common.log

    def review(self, session: SessionHandle, terminal: Terminal, status: DeviceStatus) -> None:
        """Ask for the lowest hole not asked for yet, if the terminal thinks nothing is owed."""
        if status.unacknowledged != 0 or terminal.asking is not None:
            return
        hole = self._next_hole(terminal)
        if hole is None:
            return
        terminal.asked |= {hole}
        terminal.asking = hole
        self._tally.gaps_asked += 1
        series, first, last = hole
        self._log.warning(
            "record.gap", device=terminal.device.id, series=series, first=first, last=last
        )
        session.submit(AskRecords(series=series, first=first, last=last))

    def answered(self, terminal: Terminal, event: RangeAnswered) -> None:
        """Note whether the terminal still has the range; one that has not leaves a known gap."""
        hole, terminal.asking = terminal.asking, None
        if hole is None or event.accepted:
            return
        self._tally.gaps_unanswered += 1
        series, first, last = hole
        self._log.error(
            "record.gap_unanswered",
            device=terminal.device.id,
            series=series,
            first=first,
            last=last,
            code=event.code,
        )

    def _next_hole(self, terminal: Terminal) -> tuple[int, int, int] | None:
        for store in terminal.stores:
            series = store.series
            ledger = terminal.ledgers.get(series)
            if ledger is None or ledger.whole(store.last):
                continue
            for first, last in ledger.missing(store.first, max(store.last, ledger.top)):
                if (series, first, last) not in terminal.asked:
                    return series, first, last
        return None
