"""One committer: flush whenever the writer is free, and tell each waiter about its own commit.

A timer would only add latency: at every measured rate, the batch that gathers while the previous
one commits is the best batch. A short minimum spacing saves database time at middling load.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from gateway.domain.errors import StoreUnavailable
from gateway.domain.ports import Log, Outcome, RecordStore, no_probe
from gateway.domain.times import Instant
from gateway.services.common import DeskLimits
from gateway.services.lanes import Lanes, Waiting

Settle = Callable[[Sequence[Waiting], Sequence[Outcome]], None]

TROUBLE_S = 30.0
"""So long after a batch that failed it counts as trouble; terminals try again much sooner."""


class Committer:
    """Moves batches from the lanes into the store, one transaction at a time."""

    def __init__(
        self,
        store: RecordStore,
        lanes: Lanes,
        settle: Settle,
        limits: DeskLimits,
        log: Log,
        clock: Callable[[], Instant],
        probe: Callable[[str], None] = no_probe,
    ) -> None:
        self._store = store
        self._log = log
        self._clock = clock
        self._failed: tuple[float, str] | None = None
        self._lanes = lanes
        self._settle = settle
        self._rows = limits.batch_rows
        self._bytes = limits.batch_bytes
        self._spacing = limits.spacing_s
        self._probe = probe
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._stopping = False

    def kick(self) -> None:
        """Say that something waits in the lanes."""
        self._wake.set()

    async def run(self) -> None:
        """Commit until stopped; what waits at that moment is still committed."""
        while not self._stopping or self._lanes:
            if not self._lanes:
                self._idle.set()
                self._wake.clear()
                await self._wake.wait()
                continue
            self._idle.clear()
            await self._flush()
            if self._spacing and len(self._lanes) < self._rows:
                await asyncio.sleep(self._spacing)
        self._idle.set()

    async def drained(self) -> None:
        """Return once nothing waits and nothing is being committed."""
        if self._lanes:
            self._idle.clear()
        await self._idle.wait()

    def stop(self) -> None:
        """Make `run` return after the last batch."""
        self._stopping = True
        self._wake.set()

    def trouble(self) -> str | None:
        """Say why the last batch could not be stored, if that was just now."""
        if self._failed is None:
            return None
        at, why = self._failed
        return why if self._clock().mono - at < TROUBLE_S else None

    async def _flush(self) -> None:
        batch = self._lanes.take(rows=self._rows, bytes_=self._bytes)
        try:
            outcomes = await self._store.save([item.record for item in batch])
        except StoreUnavailable as error:
            outcomes = [Outcome.UNAVAILABLE] * len(batch)
            self.note(error.message)
        except Exception as error:
            # A bug of ours must not end the committer: unacknowledged, the records stay safe.
            outcomes = [Outcome.UNAVAILABLE] * len(batch)
            self.note(f"unexpected {error!r}")
        else:
            self.note(None)
        self._probe("ingest.before_ack")
        try:
            self._settle(batch, outcomes)
        except Exception as error:
            # Unanswered, the records come again, and those that are stored are duplicates then.
            self._log.error("gateway.task_failed", task="committer", error=repr(error))
        self._probe("ingest.after_ack")

    def note(self, trouble: str | None) -> None:
        """Log the beginning and the end of an outage; batches that fail in between say nothing.

        Also called by whoever notices first that the database is away: while records are refused
        at once, no batch fails any more.
        """
        if trouble is not None and self._failed is None:
            self._log.error("store.unavailable", reason=trouble)
        elif trouble is None and self._failed is not None:
            self._log.info("store.back")
        self._failed = (self._clock().mono, trouble) if trouble is not None else None
