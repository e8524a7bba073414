"""Who left a project or withdrew is removed from the terminals they were sent to (R-170).

Looked for again and again rather than done once: a terminal may be away for days.
"""

from __future__ import annotations

from collections.abc import Callable

from gateway.domain.errors import GatepostError, StoreUnavailable
from gateway.domain.leavers import Leaver, LeaverReader
from gateway.domain.ports import Log
from gateway.domain.times import Instant
from gateway.services.command.service import Commands

KIND = "person_remove"
BY = "gateway"
REASON = "not engaged there, or consent withdrawn"
AGAIN_MS = 3_600_000
"""A removal that failed is ordered again after an hour: each is two lines of the audit trail."""
MOST = 20
"""Removals ordered at a time, and orders that may wait for a terminal: others want their turn."""
WITHIN_S = 86_400.0


class Leaving:
    """Orders the removals."""

    def __init__(
        self,
        reader: LeaverReader,
        commands: Commands,
        clock: Callable[[], Instant],
        log: Log,
        within_s: float = WITHIN_S,
    ) -> None:
        """``within_s`` is how long a removal may wait for its terminal."""
        self._reader = reader
        self._commands = commands
        self._clock = clock
        self._log = log
        self._within_s = within_s

    async def review(self) -> None:
        """Order what is due; call it now and then. Raises StoreUnavailable."""
        now = self._clock().wall
        for one in await self._reader.leavers(now, now - AGAIN_MS, MOST):
            await self._remove(one)

    async def _remove(self, one: Leaver) -> None:
        args = {"person": int(one.person)}
        try:
            await self._commands.give(
                one.device, KIND, args, by=BY, reason=REASON, within_s=self._within_s
            )
        except StoreUnavailable:
            raise
        except GatepostError as error:
            self._log.warning(
                "person.not_removed", device=one.device, person=one.person, code=error.code
            )
        else:
            self._log.info("person.leaves_terminal", device=one.device, person=one.person)
