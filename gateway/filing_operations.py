"""What operators ask about the people whose faces are stored, and that a filing was done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gateway.admin import Call
from gateway.domain.errors import GatepostError
from gateway.domain.filings import FilingRules, FilingStatus, status_of
from gateway.protocols.clock import read_clock
from gateway.storage.opening import Storage


class FilingOperations:
    """The calls behind ``gatepost person filing``."""

    def __init__(
        self,
        storage: Storage,
        rules: FilingRules,
        wall: Callable[[], int] = lambda: read_clock().wall,
    ) -> None:
        self._store = storage.filings
        self._rules = rules
        self._wall = wall

    def calls(self) -> Mapping[str, Call]:
        """Return the table of calls by name."""
        return {"filing.show": self.show, "filing.filed": self.filed}

    async def show(self) -> dict[str, Any]:
        """Count, and say what follows."""
        people, filing = await self._store.people(), await self._store.filing()
        return self._told(status_of(people, filing, self._rules, self._wall()))

    async def filed(self, filed_as: str, by: str) -> dict[str, Any]:
        """Note that the filing was done, under this number or date."""
        if not filed_as.strip():
            raise _refused("nothing says what was filed.", "Give its number or date.")
        if not await self._store.filed(by=by, filed_as=filed_as.strip(), at_ms=self._wall()):
            raise _refused(
                "there is nothing to file, or it was done.", "See `gatepost person filing`."
            )
        return await self.show()

    def _told(self, status: FilingStatus) -> dict[str, Any]:
        filing = status.filing
        return {
            "people": status.people,
            "state": status.state.value,
            "warning_from": self._rules.warn,
            "duty_from": self._rules.duty,
            "reached_ms": None if filing is None else filing.reached_ms,
            "due_ms": status.due_ms,
            "filed_ms": None if filing is None else filing.filed_ms,
            "filed_as": "" if filing is None else filing.filed_as,
        }


def _refused(message: str, remedy: str) -> GatepostError:
    return GatepostError("filing.refused", message, place="filing", remedy=remedy)
