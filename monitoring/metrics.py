"""Every metric, declared once: name, meaning, labels and their closed vocabularies.

No device, person, address or error text is ever a label: the number of series depends on the
configuration, never on the fleet. How numbers are kept is the business of
`gateway.monitoring.instruments`.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterable
from typing import Any

from gateway.monitoring.instruments import (
    OTHER,
    Child,
    Declaration,
    Family,
    Label,
    counter,
    gauge,
    histogram,
)
from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest

from gateway.domain.command_queue import CommandState
from gateway.domain.templates import TemplateFault

LISTENER = Label(name="listener", values=("tcp", "tls", "serial", "serial_server", OTHER))
PORT = Label(name="port", limit=64)
DIRECTION = Label(name="direction", values=("in", "out"))
LINE_ERROR = Label(name="kind", values=("framing", "overrun", "parity", "break", "buffer"))
ADDITION = Label(name="what", values=("registration", "heartbeat", "unregistered"))
DIALECT = Label(name="dialect", limit=32)
MODE = Label(name="mode", values=("live", "backfill"))
DAMAGE = Label(
    name="reason",
    values=(
        *("magic", "version", "header", "length", "checksum", "escape", "direction"),
        *("gap", "syntax", OTHER),
    ),
)
ENDING = Label(
    name="reason",
    values=(
        *("peer_closed", "connection_lost", "patience", "login_timeout", "login_bytes"),
        *("unrecognised", "tls_failed", "slow_reader", "identity_changed", "codec_error"),
        *("handling_error", "taken_over", "draining", "idle", "protocol_error", "revoked"),
        *("auth_failed", "locked_out", "peer_error", "goodbye", OTHER),
    ),
)
REFUSAL = Label(name="reason", values=("ceiling", "address", "locked_out", "closed", OTHER))
LOGIN = Label(
    name="result",
    values=(
        *("ok", "bad_credential", "not_listed", "revoked", "locked_out", "overloaded"),
        *("unavailable", OTHER),
    ),
)
CODEC_FAULT = Label(name="fault", values=("import", "clash", "api", "shape"))
PICTURE = Label(name="result", values=("stored", "damaged", "declined"))
COMMAND_STATE = Label(name="state", values=tuple(one.value for one in CommandState if one.over))
CALL_END = Label(
    name="end",
    values=(
        *("answered", "unreachable", "tls", "cut", "slow", "too_large", "not_http"),
        *("password", "challenge", "locked", "other_device", "anonymous", "abandoned"),
    ),
)
STREAM_END = Label(
    name="end",
    values=(
        *("begun", "odd", "unreachable", "tls", "cut", "slow", "not_http", "too_large"),
        *("password", "challenge", "locked", "other_device", "anonymous", "refused", "no_stream"),
    ),
)
VERDICT_END = Label(
    name="end", values=("told", "again", "late", "no_way", "refused", "not_told", "unknown")
)
CAPTURE_DROP = Label(
    name="reason", values=("rate", "strangers", "room", "waiting", "database", "refused")
)
REFUSED_BY = Label(name="by", values=("session", "ingest"))
SUPPLIER = Label(name="vendor", limit=100)
STATE = Label(name="state", values=("online", "late", "offline", "never_seen", "quiet"))
OPERATION = Label(
    name="op",
    values=(
        *("save", "save_lost", "save_pictures", "has_pictures", "held", "keep_cursors"),
        *("keep_contacts", "reserve_ids"),
    ),
)

VERDICT = Label(name="verdict", values=("granted", "denied", "undecided"))
BECAUSE = Label(
    name="reason",
    values=(
        *("recognised", "claim_confirmed", "unknown_face", "ambiguous", "claim_not_confirmed"),
        *("claim_unknown", "not_enrolled", "not_engaged", "no_consent", "liveness_failed"),
        *("picture_refused", "template_refused", "not_offered", "not_placed"),
        *("means_unsupported", "busy", "late", "gallery_not_ready", "cancelled", "failed"),
    ),
)
TEMPLATE_FAULT = Label(name="reason", values=tuple(fault.value for fault in TemplateFault))
ENROLMENT = Label(name="result", values=("accepted", "refused"))
DECISION_FATE = Label(name="result", values=("stored", "dropped"))

LAG_BOUNDS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5)
STORE_BOUNDS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)
AGE_BOUNDS_S = (0.25, 0.5, 1, 2, 3, 4, 5, 7.5, 10, 30, 60, 300, 3600)
"""5 s is what a live record may take (R-100)."""
VERIFY_BOUNDS_S = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.25, 0.3, 0.5, 1, 2.5, 5)
"""0.3 s is what a comparison may take (R-082)."""
BATCH_BOUNDS = (1, 2, 5, 10, 20, 50, 100, 200, 500)

BUILD_INFO = gauge(
    "gatepost_build_info",
    "Always 1; the labels say what runs.",
    Label(name="version", limit=1),
    Label(name="python", limit=1),
)
READY = gauge("gatepost_ready", "1 while /readyz says yes.")
LOOP_LAG = histogram(
    "gatepost_event_loop_lag_seconds",
    "How much later than asked for the event loop runs a timer.",
    LAG_BOUNDS_S,
)
LOOP_BLOCKED = counter(
    "gatepost_event_loop_blocked_total", "Times the event loop was blocked beyond the limit."
)
LOG_DROPPED = counter(
    "gatepost_log_lines_dropped_total", "Log lines lost because they could not be written in time."
)

CONNECTIONS = gauge("gatepost_connections", "Open connections.", LISTENER)
OPENED = counter("gatepost_connections_opened_total", "Connections let in.", LISTENER)
CLOSED = counter(
    "gatepost_connections_closed_total", "Connections ended, by reason.", LISTENER, ENDING
)
REFUSED = counter(
    "gatepost_connections_refused_total", "Connections not let in, by the bound reached.", REFUSAL
)
READS = counter("gatepost_reads_total", "Reads from terminals' connections.")
BYTES_IN = counter("gatepost_received_bytes_total", "Bytes received from terminals.")
BYTES_OUT = counter("gatepost_sent_bytes_total", "Bytes sent to terminals.")
FRAME_ERRORS = counter(
    "gatepost_frame_errors_total", "Pieces of input that were no frame.", DIALECT, DAMAGE
)
MISBEHAVIOUR = counter("gatepost_protocol_errors_total", "Breaches of a protocol.", DIALECT)
UNKNOWN_MESSAGES = counter(
    "gatepost_unknown_messages_total", "Well-formed messages that a codec does not know.", DIALECT
)
CODEC_ERRORS = counter(
    "gatepost_codec_errors_total", "Exceptions that escaped from a codec: always a bug.", DIALECT
)
VERIFIED_LATE = counter(
    "gatepost_verifications_late_total",
    "Answers to verifications that were not sent: the terminal had given up by then.",
    DIALECT,
)
SERIAL_OPEN = gauge("gatepost_serial_port_open", "1 while the port is open.", PORT)
SERIAL_OPENINGS = counter(
    "gatepost_serial_openings_total", "Times the port could be opened; 1 is the start.", PORT
)
SERIAL_BYTES = counter(
    "gatepost_serial_bytes_total", "Bytes on the port, noise included.", PORT, DIRECTION
)
SERIAL_UNSENT = counter(
    "gatepost_serial_unsent_bytes_total",
    "Bytes thrown away because the port went or the terminal took nothing.",
    PORT,
)
SERIAL_ERRORS = counter(
    "gatepost_serial_errors_total",
    "Characters the driver counted as damaged or lost; 0 where it does not count.",
    PORT,
    LINE_ERROR,
)
SERIAL_SERVER_ADDITIONS = counter(
    "gatepost_serial_server_additions_total",
    "Packets of serial servers that were stripped, and connections without their registration.",
    ADDITION,
)
UNUSABLE_CODECS = gauge(
    "gatepost_codecs_unusable",
    "Installed codecs that could not be used, by what is wrong; see `gatepost codec list`.",
    CODEC_FAULT,
)
LOGINS = counter("gatepost_auth_attempts_total", "Attempts to log in, by result.", LOGIN)

RECEIVED = counter("gatepost_records_received_total", "Records that arrived.", MODE)
STORED = counter("gatepost_records_stored_total", "Records committed for the first time.", MODE)
DUPLICATE = counter(
    "gatepost_records_duplicate_total", "Records that were stored already and came again.", MODE
)
CONFLICTS = counter(
    "gatepost_record_conflicts_total",
    "Records whose identity is known with other contents: a cloned or restored terminal.",
    MODE,
)
REJECTED = counter(
    "gatepost_records_rejected_total", "Records the database refuses; kept with their bytes.", MODE
)
REFUSED_RECORDS = counter(
    "gatepost_records_refused_total",
    "Records refused because a limit was reached or nothing can be stored; terminals send them "
    "again.",
    REFUSED_BY,
)
TIME_QUARANTINED = counter(
    "gatepost_records_time_quarantined_total", "Records kept with a time that cannot be right."
)
FIRMWARE_CHANGES = counter(
    "gatepost_firmware_changes_total", "Times a terminal was found to run another firmware."
)
GAPS = counter("gatepost_record_gaps_total", "Ranges of missing records asked for again.")
GAPS_UNANSWERED = counter(
    "gatepost_record_gaps_unanswered_total", "Missing ranges a terminal no longer has."
)
LOST = counter("gatepost_records_lost_total", "Ranges of records that terminals gave up.")
AGE = histogram(
    "gatepost_record_age_seconds",
    "From the event, by the corrected clock, to the commit.",
    AGE_BOUNDS_S,
    MODE,
)
PICTURES = counter(
    "gatepost_pictures_total",
    "Pictures sent apart from their record; damaged ones also when they came inside it.",
    PICTURE,
)
WAITING_RECORDS = gauge("gatepost_ingest_waiting_records", "Records waiting to be committed.")
WAITING_BYTES = gauge("gatepost_ingest_waiting_bytes", "Bytes of records waiting.")

STORE_AVAILABLE = gauge(
    "gatepost_store_available", "1 if the latest question to the database was answered."
)
STORE_FAILURES = counter(
    "gatepost_db_failures_total", "Questions the database did not answer.", OPERATION
)
STORE_SECONDS = histogram(
    "gatepost_db_query_seconds",
    "Time of an operation of the store, its commit included.",
    STORE_BOUNDS_S,
    OPERATION,
)
BATCH_ROWS = histogram("gatepost_db_batch_records", "Records in a transaction.", BATCH_BOUNDS)

VENDOR_DEVICES = gauge(
    "gatepost_vendor_devices", "Registered devices by supplier and state.", SUPPLIER, STATE
)
DEVICES_CONNECTED = gauge("gatepost_devices_connected", "Devices with a session.")
DEAF_SECONDS = counter(
    "gatepost_presence_deaf_seconds_total",
    "Seconds in which the gateway itself could hear nobody; silence then is never a fault.",
)

COMMANDS_GIVEN = counter("gatepost_commands_given_total", "Orders to terminals that were queued.")
COMMANDS_ENDED = counter(
    "gatepost_commands_ended_total", "Orders that ended, by how.", COMMAND_STATE
)
CALLS = counter(
    "gatepost_calls_total",
    "Calls to terminals that are servers: answered, or why not.",
    CALL_END,
)
VERDICTS_CALLED = counter(
    "gatepost_verdicts_called_total",
    "Verdicts that are calls to the terminal, by what became of them.",
    VERDICT_END,
)
STREAMS = counter(
    "gatepost_streams_total",
    "Streams of terminals that are read: begun, or why they ended, and parts that were no event.",
    STREAM_END,
)
CAPTURES = counter("gatepost_captures_kept_total", "Captures stored of input that did not decode.")
CAPTURES_DROPPED = counter(
    "gatepost_captures_dropped_total", "Captures that were not stored, by reason.", CAPTURE_DROP
)
CAPTURES_STORED = gauge("gatepost_captures_stored", "Captures in the database.")
CAPTURE_BYTES = gauge(
    "gatepost_capture_ring_bytes", "Bytes remembered of connections, for a capture."
)

VERIFICATIONS = counter(
    "gatepost_verifications_total",
    "Questions of terminals who may pass, by what they were told and why; each reason has one "
    "verdict. `busy` and `late` are the gateway's own shortcomings, see verification.md.",
    VERDICT,
    BECAUSE,
)
TEMPLATES_REFUSED = counter(
    "gatepost_templates_refused_total",
    "Questions of terminals with a template, or a picture in its place, that nobody could compare, "
    "by what was wrong with it.",
    TEMPLATE_FAULT,
)
VERIFY_SECONDS = histogram(
    "gatepost_verification_seconds",
    "From the read of a question to its answer, whatever it was.",
    VERIFY_BOUNDS_S,
)
VERIFY_OPEN = gauge("gatepost_verifications_open", "Questions that wait for their answer.")
GALLERIES = gauge("gatepost_galleries_open", "Projects whose gallery is in memory.")
GALLERY_PEOPLE = gauge(
    "gatepost_gallery_people", "People in those galleries, counted once for each project."
)
CITY_PEOPLE = gauge(
    "gatepost_city_people",
    "People of the city-wide gallery in memory; 0 where there is none or nobody asked it yet.",
)
FACE_PEOPLE = gauge(
    "gatepost_face_people",
    "People of whom a face template or an enrolment photo is stored, each once.",
)
FILING_DUE = gauge(
    "gatepost_face_filing_due_seconds",
    "Unix time until which that must be filed with the authority; 0 before the duty began.",
)
ENROLMENTS = counter("gatepost_enrolments_total", "Photos offered for enrolment.", ENROLMENT)
DECISIONS = counter(
    "gatepost_decisions_total",
    "Records of decisions stored, and dropped because too many waited or the database refused "
    "them; the answers at the gates do not depend on them.",
    DECISION_FATE,
)
DECISIONS_WAITING = gauge("gatepost_decisions_waiting", "Records of decisions not yet stored.")

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def declared() -> list[Declaration[Any]]:
    """Return every declaration, in the order of this page."""
    return [value for value in globals().values() if isinstance(value, Declaration)]


class Metrics:
    """The numbers of one gateway, all touched by the event loop's thread only.

    ``metrics[STORED].at("live")`` is a child; hot paths keep the child.
    """

    def __init__(self, *, version: str, dialects: Iterable[str]) -> None:
        known = {DIALECT.name: tuple(dialects)}
        self._families = {metric.name: Family(metric, known) for metric in declared()}
        self._before_scrape: list[Callable[[], None]] = []
        self._process = CollectorRegistry()
        ProcessCollector(registry=self._process)
        self[BUILD_INFO].at(version, platform.python_version()).value = 1

    def __getitem__(self, metric: Declaration[Child]) -> Family[Child]:
        return self._families[metric.name]

    def before_scrape(self, fold: Callable[[], None]) -> None:
        """Have ``fold`` called before each scrape, to bring in numbers that are kept elsewhere."""
        self._before_scrape.append(fold)

    def scrape(self) -> bytes:
        """Return everything in Prometheus' text format (`CONTENT_TYPE`)."""
        for fold in self._before_scrape:
            fold()
        parts = [text for family in self._families.values() for text in family.write()]
        return "".join(parts).encode() + generate_latest(self._process)
