"""The count of people whose faces are stored, in memory, for tests of time."""

from __future__ import annotations

from dataclasses import replace

from gateway.domain.filings import Filing


class MemoryFilings:
    """Implements `gateway.domain.filings.FilingStore`."""

    def __init__(self) -> None:
        self.count = 0
        self.duty: Filing | None = None

    async def people(self) -> int:
        return self.count

    async def filing(self) -> Filing | None:
        return self.duty

    async def begin(self, people: int, at_ms: int) -> bool:
        if self.duty is not None:
            return False
        self.duty = Filing(people=people, reached_ms=at_ms)
        return True

    async def filed(self, *, by: str, filed_as: str, at_ms: int) -> bool:
        if self.duty is None or self.duty.filed_ms is not None:
            return False
        self.duty = replace(self.duty, filed_ms=at_ms, filed_as=filed_as)
        return True
