"""The composition root: the only module that knows concrete classes and wires them together."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import version

from gateway.codecs.api import Dialect, Reach
from gateway.codecs.registry import Registry as Codecs
from gateway.codecs.registry import load_dialects
from gateway.dialect_choice import enabled_dialects
from gateway.dialling import make_courier
from gateway.domain.directory import Directory
from gateway.domain.ids import DeviceId
from gateway.domain.ports import Log, SessionHandle
from gateway.domain.times import Instant
from gateway.housekeeping import FLUSH_EVERY, Housekeeping
from gateway.limits import (
    capture_limits,
    command_limits,
    desk_limits,
    dialect_options,
    filing_rules,
    flow_limits,
    inbox_limits,
    listener_limits,
    retention_limits,
    search_limits,
    verify_limits,
)
from gateway.monitoring.counting import (
    SessionMetrics,
    fold_captures,
    fold_commands,
    fold_presence,
    fold_tally,
    fold_traffic,
)
from gateway.monitoring.deafness import Deafness
from gateway.monitoring.health import Health
from gateway.monitoring.measured_store import MeasuredStore
from gateway.monitoring.metrics import UNUSABLE_CODECS, Metrics
from gateway.monitoring.presence import PresenceTable
from gateway.monitoring.verifying import fold_filing, fold_verification
from gateway.people_enrolment import PeopleRuntime
from gateway.protocols.capture import Taps
from gateway.protocols.clock import read_clock
from gateway.protocols.counters import Traffic
from gateway.protocols.courier import Courier
from gateway.protocols.dialled import Dialled
from gateway.protocols.gate import Gate
from gateway.protocols.hoards import Hoards
from gateway.protocols.listener import DeviceServer
from gateway.protocols.registry import Registry
from gateway.protocols.roster import Roster
from gateway.protocols.surroundings import Surroundings
from gateway.services.assembly import Services, assemble
from gateway.services.captures import Inbox
from gateway.services.filing import FilingWatch
from gateway.services.leaving import Leaving
from gateway.services.retention import Retention
from gateway.services.verify.ports import VerifyPorts
from gateway.settings import Settings
from gateway.storage.opening import Storage

Probe = Callable[[str], None]
NO_ANSWER = "数据库没有回答 the database does not answer"
NO_NUMBERS = "尚未取得记录编号 no passage numbers could be drawn yet"
"""Reasons for not being ready, as /readyz and the status page give them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Everything a running gateway consists of."""

    settings: Settings
    dialects: Mapping[str, Dialect]
    """Every usable one, served or not."""
    log: Log
    services: Services
    presence: PresenceTable
    housekeeping: Housekeeping
    server: DeviceServer
    metrics: Metrics
    health: Health
    taps: Taps | None
    people: PeopleRuntime
    courier: Courier

    def reaches(self, device: DeviceId) -> bool:
        """Say whether orders can get to a device that takes none on its own connection."""
        return self.courier.reaches(device) or self.services.errands.fetches(device)


async def build(
    settings: Settings, storage: Storage, log: Log, probe: Probe, ports: VerifyPorts | None = None
) -> Parts:
    """Wire a gateway over an open database; nothing listens yet.

    Without ``ports`` of verification a terminal that asks who may pass is told to decide itself.
    """
    directory = await storage.directory.load()
    found = load_dialects()
    presence = _presence(settings, found.dialects.values())
    register(presence, directory, await storage.records.contacts(), read_clock().wall)
    served = enabled_dialects(settings.dialects.enabled, found.dialects)
    metrics = _metrics(found, log)
    courier = make_courier(settings, found.dialects, metrics, log)
    services = await _services(
        settings, storage, directory, presence, metrics, log, probe, ports, courier.route
    )
    courier.begin(services.errands, directory)
    filing = FilingWatch(storage.filings, filing_rules(settings), log)
    _fold(metrics, services, presence, filing)
    deafness = Deafness(presence)
    inbox, taps = _captures(settings, storage, services, metrics, log)
    people = _people(services, log)
    return Parts(
        settings=settings,
        dialects=found.dialects,
        log=log,
        services=services,
        presence=presence,
        housekeeping=_housekeeping(
            settings, services, storage, presence, deafness, inbox, people, filing
        ),
        server=_server(settings, served, services, metrics, deafness, taps, log, courier),
        courier=courier,
        metrics=metrics,
        taps=taps,
        people=people,
        health=_health(settings, storage, services, found),
    )


async def _services(
    settings: Settings,
    storage: Storage,
    directory: Directory,
    presence: PresenceTable,
    metrics: Metrics,
    log: Log,
    probe: Probe,
    ports: VerifyPorts | None,
    dialled: Callable[[DeviceId], Dialled | None],
) -> Services:
    return assemble(
        directory=directory,
        store=MeasuredStore(storage.records, metrics, lambda: read_clock().mono),
        presence=presence,
        log=log,
        clock=read_clock,
        limits=desk_limits(settings),
        commands=storage.commands,
        command_limits=command_limits(settings),
        search_limits=search_limits(settings),
        firmwares=await storage.firmwares.all(),
        probe=probe,
        verify_ports=ports,
        verify_limits=verify_limits(settings),
        dialled=dialled,
        sheets=storage.sheets,
    )


def _fold(
    metrics: Metrics, services: Services, presence: PresenceTable, filing: FilingWatch
) -> None:
    fold_filing(metrics, lambda: (filing.status.people, filing.status.due_ms))
    fold_tally(metrics, services.common.tally, services.lanes)
    fold_presence(metrics, presence)
    fold_commands(metrics, services.commands.tally)
    verification = services.verification
    if verification is not None:
        fold_verification(
            metrics,
            verification.tally,
            open_=lambda: verification.verifier.open,
            waiting=lambda: len(verification.decisions),
            galleries=lambda: (verification.galleries.open, verification.galleries.people),
            city=lambda: verification.city_people,
        )


def _metrics(found: Codecs, log: Log) -> Metrics:
    """Make the metrics for the dialects that can be used, and report the others."""
    spoken = [f"{one.name}/{one.version}" for one in found.dialects.values()]
    metrics = Metrics(version=version("gatepost"), dialects=spoken)
    for failure in found.failures:
        metrics[UNUSABLE_CODECS].at(failure.fault.value).inc()
        log.error(
            "codec.unusable",
            codec=failure.name,
            fault=failure.fault.value,
            reason=failure.reason,
            package=failure.package,
        )
    return metrics


def _housekeeping(
    settings: Settings,
    services: Services,
    storage: Storage,
    presence: PresenceTable,
    deafness: Deafness,
    inbox: Inbox,
    people: PeopleRuntime,
    filing: FilingWatch,
) -> Housekeeping:
    retention = Retention(
        photos=storage.photos,
        galleries=storage.galleries,
        city=storage.city,
        limits=retention_limits(settings),
        watch=people.watch,
        log=people.log,
    )
    within_s = command_limits(settings).keep_s
    leaving = Leaving(storage.leavers, services.commands, read_clock, people.log, within_s)
    return Housekeeping(
        services=services,
        store=storage.records,
        firmwares=storage.firmwares,
        presence=presence,
        deafness=deafness,
        inbox=inbox,
        retention=retention,
        filing=filing,
        leaving=leaving,
        clock=read_clock,
        log=people.log,
    )


def _people(services: Services, log: Log) -> PeopleRuntime:
    """Return what operators may have done with people, by what this gateway has."""
    verification = services.verification
    if verification is None:
        return PeopleRuntime(enrolments=None, watch=None, log=log)
    return PeopleRuntime(
        enrolments=verification.enrolments,
        watch=verification,
        log=log,
        workers=verification.workers,
        city=verification.city,
    )


def _captures(
    settings: Settings, storage: Storage, services: Services, metrics: Metrics, log: Log
) -> tuple[Inbox, Taps | None]:
    inbox = Inbox(storage.captures, inbox_limits(settings), services.common.tasks, log)
    taps = Taps(capture_limits(settings), inbox) if settings.capture.mode != "off" else None
    fold_captures(metrics, inbox.tally, lambda: 0 if taps is None else taps.budget.held)
    return inbox, taps


def _server(
    settings: Settings,
    dialects: tuple[Dialect, ...],
    services: Services,
    metrics: Metrics,
    deafness: Deafness,
    taps: Taps | None,
    log: Log,
    courier: Courier,
) -> DeviceServer:
    traffic = Traffic()
    fold_traffic(metrics, lambda: (traffic,))

    def deaf(session: SessionHandle, begins: bool, at: Instant) -> None:
        deafness.told(session.slot, begins, at.mono)

    return DeviceServer(
        Surroundings(
            dialects=dialects,
            desk=services.desk,
            clock=read_clock,
            entropy=os.urandom,
            log=log,
            counters=SessionMetrics(metrics),
            gate=Gate(
                listener_limits(settings), lambda peer: services.desk.shuns(peer, read_clock())
            ),
            roster=Roster(),
            registry=Registry(),
            traffic=traffic,
            flow=flow_limits(settings),
            hoards=Hoards(settings.sessions.receive_bytes),
            deaf=deaf,
            taps=taps,
            verdicts=courier.tell,
            settings=dialect_options(settings),
        )
    )


def _presence(settings: Settings, dialects: Iterable[Dialect]) -> PresenceTable:
    return PresenceTable(
        started=read_clock().mono,
        default_cadence_s=settings.sessions.heartbeat_seconds,
        missed=settings.presence.missed,
        grace_s=settings.presence.grace_seconds,
        unpaced={one.name for one in dialects if one.reach is Reach.PUSH_ONLY},
    )


def register(
    presence: PresenceTable,
    directory: Directory,
    contacts: Mapping[DeviceId, int],
    now_ms: int,
) -> None:
    """Put every device in service into the presence table, with what was known when we last ran.

    The latest contact of all tells when we stopped listening. A device that was silent at that
    moment already stays offline, so that our own restart is news about nobody. A contact that lies
    ahead of us is from a time when our clock was wrong, and tells nothing of anybody else.
    """
    stopped_ms = max((seen for seen in contacts.values() if seen <= now_ms), default=0)
    for device in directory.devices.values():
        seen_ms = contacts.get(device.id)
        if not device.in_service:
            continue
        if seen_ms is None:
            presence.register(device)
            continue
        silent_s = (stopped_ms - seen_ms) / 1000 - FLUSH_EVERY
        presence.register(device, presence.after(device, silent_s))


def follow(presence: PresenceTable, directory: Directory) -> None:
    """Wait for the devices that are in service now, and for no others."""
    expected = [device for device in directory.devices.values() if device.in_service]
    for device in expected:
        presence.register(device)
    presence.keep({device.id for device in expected})


def _health(settings: Settings, storage: Storage, services: Services, found: Codecs) -> Health:
    health = Health()

    def database() -> str | None:
        return None if storage.records.available else NO_ANSWER

    def ids() -> str | None:
        return None if services.ingest.ready else NO_NUMBERS

    def batches() -> str | None:
        trouble = services.committer.trouble()
        return None if trouble is None else f"the last batch could not be stored: {trouble}"

    health.ready_while("database", database)

    def codecs() -> str | None:
        return "; ".join(f"{each.name}: {each.reason}" for each in found.failures) or None

    health.ready_while("ingest", ids)
    health.ready_while("records", batches)
    if settings.codecs.strict:
        health.ready_while("codecs", codecs)
    else:
        health.note("codecs", codecs)
    return health
