"""From what an operator sets to what each part is bounded by."""

from __future__ import annotations

import os
import resource
from pathlib import Path

from gateway.domain.filings import FilingRules
from gateway.domain.matching import Trait
from gateway.domain.quality import INFRARED, QualityPolicy
from gateway.domain.working_days import Calendar
from gateway.protocols.caller import CallLimits
from gateway.protocols.capture import CaptureLimits
from gateway.protocols.flow import FlowLimits
from gateway.protocols.gate import (
    CONNECTION_BYTES,
    SECURE_CONNECTION_BYTES,
    ListenerLimits,
    connection_ceiling,
)
from gateway.services.captures import InboxLimits
from gateway.services.command.service import CommandLimits
from gateway.services.common import DeskLimits
from gateway.services.retention import RetentionLimits
from gateway.services.searches import SearchLimits
from gateway.services.verify.limits import Threshold, VerifyLimits
from gateway.settings import Settings
from gateway.verification_settings import SFACE


def desk_limits(settings: Settings) -> DeskLimits:
    """Return the bounds of the services."""
    return DeskLimits(
        lane_rows=settings.ingest.lane_rows,
        lane_bytes=settings.ingest.lane_bytes,
        batch_rows=settings.ingest.batch_rows,
        batch_bytes=settings.ingest.batch_bytes,
        spacing_s=settings.ingest.spacing_ms / 1000,
        retry_after_s=settings.ingest.retry_after_seconds,
        transfer_bytes=settings.ingest.transfer_bytes,
        heartbeat_s=settings.sessions.heartbeat_seconds,
        failures_per_serial=settings.lockout.per_serial,
        failures_per_source=settings.lockout.per_source,
        failure_window_s=settings.lockout.window_seconds,
    )


def command_limits(settings: Settings) -> CommandLimits:
    """Return the bounds of orders."""
    return CommandLimits(
        queued=settings.commands.queued,
        seconds=settings.commands.answer_seconds,
        keep_s=settings.commands.longest_wait_seconds,
    )


def search_limits(settings: Settings) -> SearchLimits:
    """Return the bounds of searches for missing records."""
    return SearchLimits(
        first_s=settings.commands.search_first_seconds,
        longest_s=settings.commands.search_longest_seconds,
        attempts=settings.commands.search_attempts,
    )


def call_limits(settings: Settings) -> CallLimits:
    """Return the bounds of calls to terminals."""
    dialling = settings.dialling
    return CallLimits(
        connect_s=dialling.connect_seconds,
        keep_s=dialling.keep_seconds,
        password_pause_s=dialling.password_pause_seconds,
        backoff_s=dialling.backoff_seconds,
        errand_s=dialling.errand_seconds,
        errands=dialling.at_once,
    )


def flow_limits(settings: Settings) -> FlowLimits:
    """Return the bounds of one session."""
    return FlowLimits(
        credit=settings.sessions.credit,
        write_high=settings.sessions.write_buffer_bytes,
        write_low=settings.sessions.write_buffer_bytes // 4,
        stall_seconds=settings.sessions.write_stall_seconds,
    )


def raise_open_files() -> None:
    """Take all the file descriptors we may have: the usual first 1024 hold 768 terminals."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def memory_bytes(cgroup: Path = Path("/sys/fs/cgroup")) -> int:
    """Return how much memory this process may use: the machine's, or less in a container.

    A container sees its own cgroup (version 2) at the root of the file system for them.
    """
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        limit = (cgroup / "memory.max").read_text().strip()
    except OSError:
        return machine
    return machine if limit == "max" else min(machine, int(limit))


def listener_limits(settings: Settings) -> ListenerLimits:
    """Return the bounds of all listeners; without a setting memory and open files decide."""
    connections = settings.listen.connections
    if connections == 0:
        memory = memory_bytes()
        files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        # Half of the machine: the database and the page cache want the other half.
        each = SECURE_CONNECTION_BYTES if settings.listen.tls is not None else CONNECTION_BYTES
        connections = connection_ceiling(memory // 2, each, files)
    return ListenerLimits(
        connections=connections,
        strangers=settings.listen.unauthenticated_total,
        strangers_per_address=settings.listen.unauthenticated_per_address,
        patience_seconds=settings.listen.login_seconds,
    )


def capture_limits(settings: Settings) -> CaptureLimits:
    """Return the bounds of what is remembered of connections."""
    capture = settings.capture
    return CaptureLimits(
        ring_bytes=capture.ring_bytes,
        ring_seconds=capture.ring_seconds,
        budget_bytes=capture.budget_bytes,
        head_bytes=capture.head_bytes,
        recording_bytes=capture.recording_bytes,
        always=capture.mode == "always",
    )


def inbox_limits(settings: Settings) -> InboxLimits:
    """Return the bounds of what is kept of that."""
    capture = settings.capture
    return InboxLimits(
        per_hour=capture.per_hour,
        unknown_per_hour=capture.unknown_per_hour,
        strangers_per_hour=capture.strangers_per_hour,
        total=capture.total,
        waiting=capture.waiting,
        keep_days=capture.keep_days,
    )


def retention_limits(settings: Settings) -> RetentionLimits:
    """Return how long what is biometric is kept."""
    return RetentionLimits(
        photo_days=settings.people.photo_days, template_days=settings.people.template_days
    )


def filing_rules(settings: Settings) -> FilingRules:
    """Return from how many people's faces on something must be filed, and by when."""
    people = settings.people
    return FilingRules(
        warn=people.filing_warning,
        duty=people.filing_duty,
        days=people.filing_days,
        calendar=Calendar(
            holidays=frozenset(people.holidays), worked=frozenset(people.worked_weekends)
        ),
    )


def verify_limits(settings: Settings) -> VerifyLimits:
    """Return by which numbers is decided who passes; a table wins over what is built in."""
    section = settings.verification
    thresholds = {
        (Trait.FACE, SFACE): Threshold(
            one_to_one=section.face_one_to_one,
            one_to_many=section.face_one_to_many,
            margin=section.face_margin,
        )
    }
    for table in settings.threshold:
        thresholds[Trait(table.trait), table.algorithm] = Threshold(
            one_to_one=table.one_to_one, one_to_many=table.one_to_many, margin=table.margin
        )
    # A missing infrared picture is written down and no more, unless it is asked for.
    lenient = () if section.infrared_required else (INFRARED,)
    waived = frozenset((*section.waived, *lenient))
    return VerifyLimits(
        thresholds=thresholds,
        margin_ms=section.margin_ms,
        liveness_floor=section.liveness_floor,
        liveness_required=section.liveness_required,
        linger_s=section.linger_seconds,
        enrolment=QualityPolicy(name="verification.waived", waived=waived),
        refuse_doubles=section.refuse_doubles,
        city_face=settings.city_gallery.face_threshold,
        city_candidates=settings.city_gallery.candidates,
        decision_rows=section.decisions_waiting,
        decision_batch=section.decisions_batch,
    )


def dialect_options(settings: Settings) -> dict[str, dict[str, int | bool]]:
    """Return what each dialect's conversations are told, by the dialect's name.

    See `gateway.codecs.api.Context.settings`.
    """
    sessions = settings.sessions
    return {
        "yls": {"window": sessions.window, "uplink_ms": sessions.uplink_ms},
        "hikvision": settings.hikvision.for_dialect(),
    }
