"""How the services hang together; the one place that names all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gateway.domain.directory import Directory
from gateway.domain.ports import Log, Outcome, RecordStore, no_probe
from gateway.domain.times import Instant
from gateway.services.committer import Committer
from gateway.services.desk import Desk
from gateway.services.gaps import Gaps
from gateway.services.ingest import Ingest
from gateway.services.lanes import Lanes, Waiting
from gateway.services.lockout import Lockout
from gateway.services.logins import Logins
from gateway.services.pictures import Pictures
from gateway.services.presence import PresencePort
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
    failures_per_serial: int = 5
    failures_per_source: int = 20
    failure_window_s: float = 600.0


@dataclass(frozen=True, slots=True)
class Services:
    """What the application keeps hold of."""

    desk: Desk
    ingest: Ingest
    committer: Committer
    lanes: Lanes
    terminals: Terminals
    tasks: Tasks
    tally: Tally


def assemble(
    *,
    directory: Directory,
    store: RecordStore,
    presence: PresencePort,
    log: Log,
    clock: Callable[[], Instant],
    limits: DeskLimits,
    probe: Callable[[str], None] = no_probe,
) -> Services:
    """Build every service over the given ports."""
    tally, tasks, terminals = Tally(), Tasks(log), Terminals()
    lanes = Lanes(rows=limits.lane_rows, bytes_=limits.lane_bytes)
    ingest = Ingest(lanes, terminals, tally, log, retry_after_s=limits.retry_after_s)

    def settle(items: Sequence[Waiting], outcomes: Sequence[Outcome]) -> None:
        ingest.settle(items, outcomes, clock())

    committer = Committer(
        store,
        lanes,
        settle,
        rows=limits.batch_rows,
        bytes_=limits.batch_bytes,
        spacing_s=limits.spacing_s,
        probe=probe,
    )
    desk = Desk(
        directory=directory,
        store=store,
        terminals=terminals,
        ingest=ingest,
        committer=committer,
        pictures=Pictures(
            store,
            tasks,
            tally,
            log,
            max_bytes=limits.max_picture_bytes,
            fragment_bytes=limits.fragment_bytes,
        ),
        logins=Logins(
            store,
            terminals,
            tasks,
            tally,
            log,
            heartbeat_s=limits.heartbeat_s,
            retry_after_s=limits.retry_after_s,
        ),
        gaps=Gaps(tally, log),
        lockout=Lockout(
            per_serial=limits.failures_per_serial,
            per_source=limits.failures_per_source,
            window_s=limits.failure_window_s,
        ),
        presence=presence,
        tasks=tasks,
        tally=tally,
        log=log,
        retry_after_s=limits.retry_after_s,
    )
    return Services(desk, ingest, committer, lanes, terminals, tasks, tally)
