"""What every service needs, and the bounds they share."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.domain.ports import Log, RecordStore
from gateway.services.tally import Tally
from gateway.services.tasks import Tasks
from gateway.services.terminals import Terminals


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskLimits:
    """The bounds of the services; units in the names, reasons in the settings reference."""

    lane_rows: int = 20_000
    lane_bytes: int = 64 * 1024 * 1024
    batch_rows: int = 500
    batch_bytes: int = 4 * 1024 * 1024
    spacing_s: float = 0.002
    retry_after_s: int = 1
    heartbeat_s: int = 30
    max_picture_bytes: int = 300 * 1024
    fragment_bytes: int = 64 * 1024 * 1024
    transfer_bytes: int = 256 * 1024 * 1024
    failures_per_serial: int = 5
    failures_per_source: int = 20
    failure_window_s: float = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Common:
    """Handed to each service instead of half a dozen arguments."""

    store: RecordStore
    terminals: Terminals
    tasks: Tasks
    tally: Tally
    log: Log
    limits: DeskLimits
