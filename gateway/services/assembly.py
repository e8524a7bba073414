"""How the services hang together; the one place that names all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from gateway.domain.command_queue import CommandStore
from gateway.domain.directory import Directory
from gateway.domain.firmware import Running
from gateway.domain.ids import DeviceId
from gateway.domain.ports import Log, Outcome, RecordStore, no_probe
from gateway.domain.times import Instant
from gateway.domain.workers import SheetReader
from gateway.services.command.filling import Fill, Filling, unfilled
from gateway.services.command.service import CommandLimits, Commands, Route
from gateway.services.committer import Committer
from gateway.services.common import Common, DeskLimits
from gateway.services.desk import Desk
from gateway.services.errands import ErrandService
from gateway.services.ingest import Ingest
from gateway.services.lanes import Lanes, Waiting
from gateway.services.presence import PresencePort
from gateway.services.searches import Searches, SearchLimits
from gateway.services.tally import Tally
from gateway.services.tasks import Tasks
from gateway.services.terminals import Terminals
from gateway.services.verify.context import VerifyContext
from gateway.services.verify.limits import VerifyLimits
from gateway.services.verify.ports import VerifyPorts
from gateway.services.verify.service import Verification


def nobody(device: DeviceId) -> Route | None:
    """Dial no terminal."""
    del device
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What the application keeps hold of."""

    desk: Desk
    ingest: Ingest
    committer: Committer
    lanes: Lanes
    common: Common
    commands: Commands
    searches: Searches
    errands: ErrandService
    verification: Verification | None = None
    """None where the gateway has no matcher."""


def assemble(
    *,
    directory: Directory,
    store: RecordStore,
    presence: PresencePort,
    log: Log,
    clock: Callable[[], Instant],
    limits: DeskLimits,
    commands: CommandStore,
    command_limits: CommandLimits,
    search_limits: SearchLimits | None = None,
    firmwares: Mapping[DeviceId, Running] | None = None,
    probe: Callable[[str], None] = no_probe,
    verify_ports: VerifyPorts | None = None,
    verify_limits: VerifyLimits | None = None,
    dialled: Callable[[DeviceId], Route | None] = nobody,
    sheets: SheetReader | None = None,
) -> Services:
    """Build every service over the given ports; without those of verification there is none."""
    common = _common(store, log, limits, firmwares)
    lanes = Lanes(rows=limits.lane_rows, bytes_=limits.lane_bytes)
    fill = _filling(sheets, lambda: desk.directory, clock)
    orders = _orders(common, commands, dialled, clock, command_limits, fill)
    searches = Searches(orders, common, clock, search_limits or SearchLimits())
    ingest = Ingest(lanes, common, searches.told)
    committer = Committer(store, lanes, _settling(ingest, clock), limits, log, clock, probe)
    verification = _verification(verify_ports, verify_limits, common, lambda: desk.directory, clock)
    desk = Desk(common, directory, ingest, committer, presence, orders, probe, verification)
    return Services(
        desk=desk,
        ingest=ingest,
        committer=committer,
        lanes=lanes,
        common=common,
        commands=orders,
        searches=searches,
        errands=ErrandService(orders, desk, common.terminals, clock),
        verification=verification,
    )


def _filling(
    sheets: SheetReader | None, directory: Callable[[], Directory], clock: Callable[[], Instant]
) -> Fill:
    """Look people up for orders; without ``sheets`` nobody is sent to a terminal."""
    return unfilled if sheets is None else Filling(sheets, directory, clock)


def _settling(
    ingest: Ingest, clock: Callable[[], Instant]
) -> Callable[[Sequence[Waiting], Sequence[Outcome]], None]:
    def settle(items: Sequence[Waiting], outcomes: Sequence[Outcome]) -> None:
        ingest.settle(items, outcomes, clock())

    return settle


def _orders(
    common: Common,
    store: CommandStore,
    dialled: Callable[[DeviceId], Route | None],
    clock: Callable[[], Instant],
    limits: CommandLimits,
    fill: Fill,
) -> Commands:
    """Dial where that can be done; else take a connection on which orders can be given."""

    def route(device: DeviceId) -> Route | None:
        session = common.terminals.session(device)
        own = session if session is not None and session.takes_orders else None
        return dialled(device) or own

    return Commands(store, route, common.tasks, common.log, clock, limits, fill)


def _common(
    store: RecordStore,
    log: Log,
    limits: DeskLimits,
    firmwares: Mapping[DeviceId, Running] | None,
) -> Common:
    return Common(
        store=store,
        terminals=Terminals(firmwares),
        tasks=Tasks(log),
        tally=Tally(),
        log=log,
        limits=limits,
    )


def _verification(
    ports: VerifyPorts | None,
    limits: VerifyLimits | None,
    common: Common,
    directory: Callable[[], Directory],
    clock: Callable[[], Instant],
) -> Verification | None:
    if ports is None:
        return None
    return Verification(
        VerifyContext(
            ports=ports,
            limits=limits or VerifyLimits(),
            common=common,
            directory=directory,
            clock=clock,
        )
    )
