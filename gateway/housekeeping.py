"""What must be done from time to time: presence, passage ids, cursors, partitions."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from math import inf

from gateway.domain.errors import StoreUnavailable
from gateway.domain.firmware import FirmwareStore
from gateway.domain.ids import DeviceId
from gateway.domain.ports import Log, RecordStore
from gateway.domain.requests import HeldSeries
from gateway.domain.times import Instant
from gateway.monitoring.deafness import Deafness
from gateway.monitoring.presence import Presence, PresenceTable, Transition
from gateway.services.assembly import Services
from gateway.services.captures import Inbox
from gateway.services.filing import FilingWatch
from gateway.services.leaving import Leaving
from gateway.services.retention import Retention
from gateway.storage.records import PostgresRecordStore

ID_BLOCK = 100_000
"""Passage ids drawn at once: more than a gateway can store between two looks at the reserve. What a
restart leaves of a block is never used, which costs nothing."""
TICK_S = 1.0
FLUSH_EVERY = 5
"""Seconds between two flushes of cursors and contacts: one statement each, whatever happened."""
PARTITIONS_EVERY = 3600
ORDERS_EVERY = 2
"""Seconds between two looks at orders whose time is over."""
CAPTURES_EVERY = 60
"""Seconds between two looks at which captures have been kept long enough."""
FACES_EVERY = 300
"""Seconds between two counts of the people whose faces are stored; one takes a tenth of one."""
LEAVERS_EVERY = 30
"""Seconds between two looks at who must not be known to a terminal any more."""
PEOPLE_EVERY = 3600
"""Seconds between two looks at whose photos and templates have been kept long enough."""


@dataclass(slots=True, kw_only=True)
class Housekeeping:
    """Runs beside the gateway; the database being away delays its duties, never ends them."""

    services: Services
    store: PostgresRecordStore
    firmwares: FirmwareStore
    presence: PresenceTable
    deafness: Deafness
    inbox: Inbox
    retention: Retention
    filing: FilingWatch
    leaving: Leaving
    clock: Callable[[], Instant]
    log: Log
    _flushed: float = field(default=-inf, init=False)
    """When contacts were last persisted, monotonic seconds."""

    async def begin(self) -> None:
        """Draw the first passage ids; without them no record could be taken."""
        self.services.ingest.add_ids(await self._measured.reserve_ids(ID_BLOCK))
        await self._attempt(self.erase_captures)
        await self._attempt(self.erase_people)
        await self._attempt(self.count_faces)

    async def run(self) -> None:
        """Do every duty in its own time until cancelled: a slow one must not hold up the others."""
        await asyncio.gather(
            self._every(TICK_S, self.watch),
            self._every(TICK_S, self.top_up),
            self._every(FLUSH_EVERY, self.flush),
            self._every(ORDERS_EVERY, self.review_orders),
            self._every(PARTITIONS_EVERY, self.store.prepare),
            self._every(CAPTURES_EVERY, self.erase_captures),
            self._every(PEOPLE_EVERY, self.erase_people),
            self._every(FACES_EVERY, self.count_faces),
            self._every(LEAVERS_EVERY, self.remove_leavers),
        )

    async def erase_captures(self) -> None:
        """Erase captures that have been kept long enough."""
        await self.inbox.keep_house(self.clock().wall)

    async def review_orders(self) -> None:
        """End orders that waited too long, and have terminals searched whose turn it is."""
        await self.services.commands.review()
        self.services.searches.review()

    async def erase_people(self) -> None:
        """Erase photos and templates that have been kept long enough."""
        await self.retention.keep_house(self.clock().wall)

    async def count_faces(self) -> None:
        """Count the people whose faces are stored, and begin the duty to file where it is due."""
        await self.filing.review(self.clock().wall)

    async def remove_leavers(self) -> None:
        """Have terminals forget whom they must not know any more."""
        await self.leaving.review()

    async def watch(self) -> None:
        """Sweep presence and note whether the store takes records."""
        now = self.clock()
        self.deafness.accrue(now.mono)
        for transition in self.presence.sweep(now.mono):
            self._report(transition, now)
        available, ingest = self.store.available, self.services.ingest
        if ingest.available and not available:
            self.services.committer.note("the database does not answer.")
        ingest.available = available

    async def last_flush(self) -> None:
        """Persist once more before the end, if the database lets us."""
        await self._attempt(self.flush)

    async def flush(self) -> None:
        """Persist prefixes and last contacts; both are hints that may be stale."""
        moved: list[tuple[DeviceId, HeldSeries]] = self.services.common.terminals.take_moved()
        if moved:
            await self._measured.keep_cursors(moved)
        now = self.clock()
        heard = self.presence.heard_since(self._flushed)
        if heard:
            await self._measured.keep_contacts(
                [(device, now.wall - round((now.mono - at) * 1000)) for device, at in heard]
            )
        self._flushed = now.mono
        await self.keep_firmwares()

    async def keep_firmwares(self) -> None:
        """Persist what terminals run, where it changed; a failed attempt is made again."""
        changed = self.services.common.terminals.other_firmware()
        told = [(one.device.id, one.firmware) for one in changed if one.firmware is not None]
        if not told:
            return
        await self.firmwares.keep(told, self.clock().wall)
        for terminal, (_, firmware) in zip(changed, told, strict=True):
            terminal.firmware_moved = terminal.firmware != firmware

    @property
    def _measured(self) -> RecordStore:
        """The store as the services ask it, so that our questions are counted with theirs."""
        return self.services.common.store

    async def top_up(self) -> None:
        """Draw passage ids before they run out."""
        if self.services.ingest.ids_left < ID_BLOCK:
            self.services.ingest.add_ids(await self._measured.reserve_ids(ID_BLOCK))

    async def _every(self, seconds: float, duty: Callable[[], Awaitable[None]]) -> None:
        while True:
            await asyncio.sleep(seconds)
            await self._attempt(duty)

    async def _attempt(self, duty: Callable[[], Awaitable[None]]) -> None:
        try:
            await duty()
        except StoreUnavailable as error:
            self.log.warning("gateway.duty_postponed", reason=error.message)
        except Exception as error:
            # A bug of ours must not end a duty: without ids no record is taken before long.
            self.log.error(  # noqa: TRY400 - no traceback
                "gateway.task_failed", task=duty.__name__, error=repr(error)
            )

    def _report(self, change: Transition, now: Instant) -> None:
        since_ms = now.wall - round((now.mono - change.at) * 1000)
        if change.after is Presence.OFFLINE:
            self.log.warning("device.offline", device=change.device, since_ms=since_ms)
        elif change.before is Presence.OFFLINE:
            self.log.info("device.back", device=change.device, since_ms=since_ms)
