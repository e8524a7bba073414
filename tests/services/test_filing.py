"""From a count to a duty with a date, told once for each state."""

from __future__ import annotations

import asyncio

from gateway.domain.filings import FilingRules, FilingState
from gateway.services.filing import FilingWatch
from tests.support.filings import MemoryFilings
from tests.support.sessions import SilentLog

DAY = 86_400_000
NOW_MS = 1_795_600_000_000
RULES = FilingRules(warn=80_000, duty=100_000, days=30)


def test_each_state_is_told_once_and_the_duty_stays_when_people_go() -> None:
    store, log = MemoryFilings(), SilentLog()
    watch = FilingWatch(store, RULES, log)

    def review(people: int, days: int) -> FilingState:
        store.count = people
        asyncio.run(watch.review(NOW_MS + days * DAY))
        return watch.status.state

    assert review(79_999, 0) is FilingState.NONE
    assert log.lines == []
    assert review(80_000, 0) is review(99_999, 0) is FilingState.NEAR
    assert review(100_000, 1) is review(100_001, 2) is FilingState.DUE
    due_ms = watch.status.due_ms
    assert due_ms is not None
    assert 42 * DAY <= due_ms - (NOW_MS + DAY) <= 43 * DAY, "six weeks, and the rest of a day"
    assert review(5, 3) is FilingState.DUE, "who goes takes nothing of the duty along"
    assert review(5, 44) is review(5, 45) is FilingState.OVERDUE
    assert log.lines == [
        ("people.filing_near", {"people": 80_000, "duty_at": 100_000}),
        ("people.filing_due", {"people": 100_000, "due_ms": due_ms}),
        ("people.filing_overdue", {"people": 5, "due_ms": due_ms}),
    ]
    asyncio.run(store.filed(by="op", filed_as="2026-7", at_ms=NOW_MS))
    assert review(5, 46) is FilingState.FILED
    assert len(log.lines) == 3


def test_after_a_restart_it_is_told_again_with_the_same_date() -> None:
    store = MemoryFilings()
    store.count = 100_000
    first, second = SilentLog(), SilentLog()
    asyncio.run(FilingWatch(store, RULES, first).review(NOW_MS))
    asyncio.run(FilingWatch(store, RULES, second).review(NOW_MS + 9 * DAY))
    assert first.lines == second.lines
