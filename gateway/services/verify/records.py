"""Decisions on their way into the database: bounded, in batches, and waited for by nobody."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence

from gateway.domain.decisions import DecisionRecord
from gateway.domain.enrolments import DecisionStore
from gateway.domain.errors import StoreUnavailable
from gateway.domain.ports import Log
from gateway.services.verify.tally import VerifyTally

GATHER_S = 1.0
"""Decisions are written once a second, so that they cost the database next to nothing."""
AWAY_S = 5.0
"""Between two attempts while the database does not answer."""


class Decisions:
    """What does not fit is dropped and counted: matching needs no database (5.2)."""

    def __init__(
        self, store: DecisionStore, tally: VerifyTally, log: Log, *, rows: int, batch: int
    ) -> None:
        self._store = store
        self._tally = tally
        self._log = log
        self._rows = rows
        self._batch = batch
        self._waiting: deque[DecisionRecord] = deque()
        self._wake = asyncio.Event()
        self._writing = asyncio.Lock()
        """Whoever flushes waits for the batch another one is writing."""

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, record: DecisionRecord) -> None:
        """Keep a decision, or drop it where too many wait."""
        if len(self._waiting) >= self._rows:
            self._tally.decisions_dropped += 1
            return
        self._waiting.append(record)
        self._wake.set()

    async def run(self) -> None:
        """Write until cancelled."""
        while True:
            await self._wake.wait()
            await asyncio.sleep(GATHER_S)
            self._wake.clear()
            if not await self.flush():
                self._wake.set()
                await asyncio.sleep(AWAY_S)

    async def flush(self) -> bool:
        """Write what waits; False when the database does not answer, and the rest goes on waiting.

        A batch the database refuses is dropped: it would be refused again.
        """
        async with self._writing:
            while self._waiting:
                some = range(min(self._batch, len(self._waiting)))
                batch = [self._waiting.popleft() for _ in some]
                try:
                    await self._store.save_decisions(batch)
                except StoreUnavailable:
                    self._waiting.extendleft(reversed(batch))
                    return False
                except Exception as error:
                    self._drop(batch, error)
                else:
                    self._tally.decisions_stored += len(batch)
        return True

    def _drop(self, batch: Sequence[DecisionRecord], error: Exception) -> None:
        self._tally.decisions_dropped += len(batch)
        self._log.error("verification.not_kept", count=len(batch), reason=str(error))
