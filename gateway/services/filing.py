"""Looks from time to time how many people's faces are stored, and begins the duty to file."""

from __future__ import annotations

from gateway.domain.filings import FilingRules, FilingState, FilingStatus, FilingStore, status_of
from gateway.domain.ports import Log


class FilingWatch:
    """Tells the log of each new state once, and again after a restart."""

    def __init__(self, store: FilingStore, rules: FilingRules, log: Log) -> None:
        self._store = store
        self._rules = rules
        self._log = log
        self._told = FilingState.NONE
        self.status = FilingStatus(people=0, state=FilingState.NONE)
        """As of the last look."""

    async def review(self, now_ms: int) -> None:
        """Count, begin the duty where it is reached, and tell; raises StoreUnavailable."""
        people = await self._store.people()
        if people >= self._rules.duty and await self._store.filing() is None:
            await self._store.begin(people, now_ms)
        self.status = status_of(people, await self._store.filing(), self._rules, now_ms)
        if self.status.state is not self._told:
            self._told = self.status.state
            self._tell(self.status)

    def _tell(self, status: FilingStatus) -> None:
        people, due_ms = status.people, status.due_ms
        if status.state is FilingState.NEAR:
            self._log.warning("people.filing_near", people=people, duty_at=self._rules.duty)
        elif status.state is FilingState.DUE:
            self._log.warning("people.filing_due", people=people, due_ms=due_ms)
        elif status.state is FilingState.OVERDUE:
            self._log.error("people.filing_overdue", people=people, due_ms=due_ms)
