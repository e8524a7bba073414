"""The quarantine inbox: captures wait here until the database has time, and never for long.

Bounded before anything is copied (by peer, by hour), while it waits, and on disk; whatever does not
fit is counted and forgotten, because no session and no record may suffer for a capture.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from gateway.domain.captures import (
    RECORDING,
    UNKNOWN,
    Capture,
    CaptureCounts,
    CaptureStore,
    Redaction,
)
from gateway.domain.errors import GatepostError, StoreUnavailable
from gateway.domain.ids import Serial
from gateway.domain.ports import Log
from gateway.domain.sources import source_of
from gateway.domain.times import Instant
from gateway.services.lockout import FailureWindow
from gateway.services.tasks import Tasks

HOUR_S = 3600.0
DAY_MS = 86_400_000
STRANGERS_SHARE = 4
"""Peers that proved nothing may fill a quarter of the room, so that what they send never keeps out
what terminals send."""
DROPS = ("rate", "strangers", "room", "waiting", "database", "refused")
"""Why captures are not kept: too many of one peer in an hour, too many of all strangers in an hour,
no room on disk, too many waiting, the database away, the database refusing one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxLimits:
    """Bounds of what is kept; each is a setting."""

    per_hour: int = 6
    unknown_per_hour: int = 2
    strangers_per_hour: int = 60
    total: int = 2_000
    waiting: int = 32
    keep_days: int = 7


@dataclass(slots=True)
class CaptureTally:
    """What became of captures, and how many are stored as far as is known."""

    kept: int = 0
    stored: int = 0
    dropped: dict[str, int] = field(default_factory=lambda: dict.fromkeys(DROPS, 0))


class Inbox:
    """Implements `gateway.domain.captures.CaptureInbox` over a store."""

    def __init__(self, store: CaptureStore, limits: InboxLimits, tasks: Tasks, log: Log) -> None:
        self.tally = CaptureTally()
        self._store = store
        self._limits = limits
        self._tasks = tasks
        self._log = log
        self._peers = FailureWindow(limit=limits.per_hour, window_s=HOUR_S)
        self._unknown = FailureWindow(limit=limits.unknown_per_hour, window_s=HOUR_S)
        self._strangers = FailureWindow(limit=limits.strangers_per_hour, window_s=HOUR_S)
        self._waiting: deque[tuple[Capture, Instant]] = deque()
        self._writing = False
        self._stored = CaptureCounts(devices=0, strangers=0)

    def admits(self, serial: Serial | None, peer: str, code: str, now: Instant) -> bool:
        """See `CaptureInbox.admits`."""
        reason = self._objection(serial, peer, code, now.mono)
        if reason is not None:
            self.tally.dropped[reason] += 1
        return reason is None

    def put(self, capture: Capture, now: Instant) -> None:
        """See `CaptureInbox.put`."""
        if len(self._waiting) >= self._limits.waiting:
            self.tally.dropped["waiting"] += 1
            return
        self._waiting.append((capture, now))
        if not self._writing:
            self._writing = True
            self._tasks.spawn(self._write_out(), "captures")

    async def keep_house(self, now_ms: int) -> None:
        """Erase what has been kept long enough, and count what is left; for every few minutes.

        Raises StoreUnavailable.
        """
        erased = await self._store.erase_before(now_ms - self._limits.keep_days * DAY_MS)
        if erased:
            self._log.info("capture.expired", count=erased)
        self._count(await self._store.counts())

    def _objection(self, serial: Serial | None, peer: str, code: str, mono: float) -> str | None:
        if not self._has_room(serial):
            return "room"
        window = self._unknown if code.startswith(UNKNOWN) else self._peers
        key = source_of(peer) if serial is None else serial
        if window.shut((serial is None, key), mono):
            return "rate"
        if serial is None:
            if self._strangers.shut("", mono):
                return "strangers"
            self._strangers.failed("", mono)
        window.failed((serial is None, key), mono)
        return None

    def _has_room(self, serial: Serial | None) -> bool:
        stored, total = self._stored, self._limits.total
        if serial is None and stored.strangers >= total // STRANGERS_SHARE:
            return False
        return stored.devices + stored.strangers < total

    async def _write_out(self) -> None:
        try:
            while self._waiting:
                await self._write(*self._waiting.popleft())
        finally:
            self._writing = False

    async def _write(self, capture: Capture, now: Instant) -> None:
        asked_for = capture.code == RECORDING or capture.redaction is Redaction.NONE
        if not self._has_room(capture.serial) and not asked_for:
            self.tally.dropped["room"] += 1
            return
        try:
            number = await self._store.keep(capture, now.wall)
        except StoreUnavailable:
            self.tally.dropped["database"] += 1
            return
        except GatepostError:
            self.tally.dropped["refused"] += 1
            return
        self.tally.kept += 1
        stored, stranger = self._stored, capture.serial is None
        self._count(
            CaptureCounts(
                devices=stored.devices + (not stranger), strangers=stored.strangers + stranger
            )
        )
        self._log.info(
            "capture.kept",
            capture=number,
            code=capture.code,
            peer=capture.peer,
            serial=capture.serial,
            dialect=capture.dialect,
            size=capture.size,
            redaction=capture.redaction.value,
        )

    def _count(self, stored: CaptureCounts) -> None:
        self._stored = stored
        self.tally.stored = stored.devices + stored.strangers
