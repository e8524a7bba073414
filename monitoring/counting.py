"""Brings the numbers that others keep into the metrics: sessions' mishaps, services' tallies.

The other parts know nothing of metrics. Sessions call `SessionMetrics`; what runs per record or per
read is kept as plain integers where it happens and folded in before each scrape. The shapes of
those sources are described here as protocols, so that nothing of services or shells is imported.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from gateway.monitoring import metrics as m
from gateway.monitoring.metrics import Metrics
from gateway.monitoring.presence import Presence, PresenceTable

from gateway.domain.command_queue import CommandState
from gateway.domain.vocabulary import Lane


class SessionMetrics:
    """Counts connections and their mishaps; the sessions' `SessionCounters`."""

    def __init__(self, metrics: Metrics) -> None:
        self._connections = metrics[m.CONNECTIONS]
        self._opened = metrics[m.OPENED]
        self._closed = metrics[m.CLOSED]
        self._refused = metrics[m.REFUSED]
        self._frame_errors = metrics[m.FRAME_ERRORS]
        self._misbehaviour = metrics[m.MISBEHAVIOUR]
        self._unknown = metrics[m.UNKNOWN_MESSAGES]
        self._codec_errors = metrics[m.CODEC_ERRORS]
        self._verified_late = metrics[m.VERIFIED_LATE]
        self._deferred = metrics[m.REFUSED_RECORDS].at("session")

    def opened(self, listener: str) -> None:
        """Count a connection that was let in."""
        self._opened.at(listener).inc()
        self._connections.at(listener).inc()

    def closed(self, listener: str, reason: str) -> None:
        """Count the end of a connection; an undeclared reason counts as ``other``."""
        self._closed.at(listener, reason).inc()
        self._connections.at(listener).inc(-1)

    def refused(self, reason: str) -> None:
        """Count a connection that was not let in."""
        self._refused.at(reason).inc()

    def frame_damaged(self, dialect: str, code: str) -> None:
        """Count bytes that were no frame."""
        self._frame_errors.at(dialect, code).inc()

    def misbehaved(self, dialect: str, code: str) -> None:
        """Count a breach of the protocol; its code is in the log only."""
        del code
        self._misbehaviour.at(dialect).inc()

    def unknown_message(self, dialect: str) -> None:
        """Count a well-formed message the codec does not know."""
        self._unknown.at(dialect).inc()

    def verified_late(self, dialect: str) -> None:
        """Count a decision that came when nobody at the gate could use it any more."""
        self._verified_late.at(dialect).inc()

    def deferred(self, dialect: str) -> None:
        """Count a record refused for its session's lack of credit."""
        del dialect
        self._deferred.inc()

    def codec_error(self, dialect: str) -> None:
        """Count an exception that escaped from a codec."""
        self._codec_errors.at(dialect).inc()


class Traffic(Protocol):
    """Totals of all terminals' connections."""

    reads: int
    bytes_in: int
    bytes_out: int


class Age(Protocol):
    """A histogram over `gateway.monitoring.metrics.AGE_BOUNDS_S`."""

    buckets: list[int]
    total_s: float


class LaneTally(Protocol):
    """What happened to the records of one lane."""

    received: int
    stored: int
    duplicate: int
    conflict: int
    rejected: int
    deferred: int

    @property
    def age(self) -> Age:
        """Age of the stored records."""


class Tally(Protocol):
    """What the services count."""

    time_quarantined: int
    firmware_changes: int
    tombstones: int
    gaps_asked: int
    gaps_unanswered: int
    pictures_stored: int
    pictures_damaged: int
    pictures_declined: int

    @property
    def lanes(self) -> Mapping[Lane, LaneTally]:
        """One tally for each lane."""

    @property
    def templates_refused(self) -> Mapping[str, int]:
        """Templates nobody could compare, by reason."""

    @property
    def logins(self) -> Mapping[str, int]:
        """Attempts by result."""


class CaptureTally(Protocol):
    """What became of captures."""

    kept: int
    stored: int

    @property
    def dropped(self) -> Mapping[str, int]:
        """Those that were not kept, by reason."""


class Waiting(Protocol):
    """The queue before the store."""

    waiting_bytes: int

    def __len__(self) -> int: ...


class PortCounts(Protocol):
    """What happened on one serial port."""

    opened: int
    open: bool
    bytes_in: int
    bytes_out: int
    unsent: int

    @property
    def errors(self) -> Mapping[str, int]:
        """Counts of the driver, by kind."""


class Stripped(Protocol):
    """What was taken out of the streams of serial servers."""

    registrations: int
    heartbeats: int
    unregistered: int


def fold_serial(
    metrics: Metrics,
    ports: Callable[[], Mapping[str, PortCounts]],
    servers: Sequence[Stripped],
) -> None:
    """Have the serial ports' counts exported; ``ports`` returns them by path, up to date."""

    def fold() -> None:
        for path, each in ports().items():
            metrics[m.SERIAL_OPEN].at(path).value = int(each.open)
            metrics[m.SERIAL_OPENINGS].at(path).value = each.opened
            metrics[m.SERIAL_BYTES].at(path, "in").value = each.bytes_in
            metrics[m.SERIAL_BYTES].at(path, "out").value = each.bytes_out
            metrics[m.SERIAL_UNSENT].at(path).value = each.unsent
            for kind, count in each.errors.items():
                metrics[m.SERIAL_ERRORS].at(path, kind).value = count
        additions = metrics[m.SERIAL_SERVER_ADDITIONS]
        additions.at("registration").value = sum(each.registrations for each in servers)
        additions.at("heartbeat").value = sum(each.heartbeats for each in servers)
        additions.at("unregistered").value = sum(each.unregistered for each in servers)

    metrics.before_scrape(fold)


def fold_traffic(metrics: Metrics, traffic: Callable[[], Sequence[Traffic]]) -> None:
    """Have the traffic's totals exported; ``traffic`` returns all there are."""

    def fold() -> None:
        now = traffic()
        metrics[m.READS].at().value = sum(each.reads for each in now)
        metrics[m.BYTES_IN].at().value = sum(each.bytes_in for each in now)
        metrics[m.BYTES_OUT].at().value = sum(each.bytes_out for each in now)

    metrics.before_scrape(fold)


def fold_tally(metrics: Metrics, tally: Tally, waiting: Waiting) -> None:
    """Have the services' tally and the length of their queue exported."""

    def fold() -> None:
        for lane, each in tally.lanes.items():
            _fold_lane(metrics, lane.name.lower(), each)
        refused = sum(each.deferred for each in tally.lanes.values())
        metrics[m.REFUSED_RECORDS].at("ingest").value = refused
        metrics[m.TIME_QUARANTINED].at().value = tally.time_quarantined
        metrics[m.FIRMWARE_CHANGES].at().value = tally.firmware_changes
        metrics[m.LOST].at().value = tally.tombstones
        metrics[m.GAPS].at().value = tally.gaps_asked
        metrics[m.GAPS_UNANSWERED].at().value = tally.gaps_unanswered
        metrics[m.PICTURES].at("stored").value = tally.pictures_stored
        metrics[m.PICTURES].at("damaged").value = tally.pictures_damaged
        metrics[m.PICTURES].at("declined").value = tally.pictures_declined
        for reason, count in tally.templates_refused.items():
            metrics[m.TEMPLATES_REFUSED].at(reason).value = count
        for result, count in tally.logins.items():
            metrics[m.LOGINS].at(result).value = count
        metrics[m.WAITING_RECORDS].at().value = len(waiting)
        metrics[m.WAITING_BYTES].at().value = waiting.waiting_bytes

    metrics.before_scrape(fold)


def _fold_lane(metrics: Metrics, mode: str, tally: LaneTally) -> None:
    metrics[m.RECEIVED].at(mode).value = tally.received
    metrics[m.STORED].at(mode).value = tally.stored
    metrics[m.DUPLICATE].at(mode).value = tally.duplicate
    metrics[m.CONFLICTS].at(mode).value = tally.conflict
    metrics[m.REJECTED].at(mode).value = tally.rejected
    metrics[m.AGE].at(mode).load(tally.age.buckets, tally.age.total_s)


def fold_captures(metrics: Metrics, tally: CaptureTally, held: Callable[[], int]) -> None:
    """Have captures exported; ``held`` returns the bytes remembered of connections."""

    def fold() -> None:
        metrics[m.CAPTURES].at().value = tally.kept
        metrics[m.CAPTURES_STORED].at().value = tally.stored
        metrics[m.CAPTURE_BYTES].at().value = held()
        for reason, count in tally.dropped.items():
            metrics[m.CAPTURES_DROPPED].at(reason).value = count

    metrics.before_scrape(fold)


class OrderCounts(Protocol):
    """What became of orders, by state."""

    @property
    def given(self) -> int:
        """Orders queued."""

    @property
    def ended(self) -> Mapping[CommandState, int]:
        """Orders that ended."""


def fold_commands(metrics: Metrics, tally: OrderCounts) -> None:
    """Have orders exported."""

    def fold() -> None:
        metrics[m.COMMANDS_GIVEN].at().value = tally.given
        for state, count in tally.ended.items():
            metrics[m.COMMANDS_ENDED].at(state.value).value = count

    metrics.before_scrape(fold)


class CallTally(Protocol):
    """What became of calls to terminals, and of verdicts among them."""

    calls: dict[str, int]
    verdicts: dict[str, int]
    streams: dict[str, int]


def fold_calls(metrics: Metrics, tally: CallTally) -> None:
    """Have the ends of calls exported."""

    def fold() -> None:
        for end, count in tally.calls.items():
            metrics[m.CALLS].at(end).value = count
        for end, count in tally.verdicts.items():
            metrics[m.VERDICTS_CALLED].at(end).value = count
        for end, count in tally.streams.items():
            metrics[m.STREAMS].at(end).value = count

    metrics.before_scrape(fold)


def fold_presence(metrics: Metrics, presence: PresenceTable) -> None:
    """Have the states of devices exported by supplier; a supplier that is gone leaves no series."""

    def fold() -> None:
        devices = metrics[m.VENDOR_DEVICES]
        devices.clear()
        for supplier, states in presence.counts().items():
            for state in Presence:
                devices.at(supplier, state.name.lower()).inc(states[state])
        metrics[m.DEVICES_CONNECTED].at().value = presence.connected()
        metrics[m.DEAF_SECONDS].at().value = presence.deaf_total

    metrics.before_scrape(fold)
