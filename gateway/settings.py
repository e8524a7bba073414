"""Every setting of the gateway, typed: name, unit, default, bounds and the reason for the default.

This module owns what may be said; it knows neither files nor the environment (`gateway.config`)
nor how settings are written down (`gateway.config_text`).
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, Strict

from gateway.capture_settings import CaptureSection
from gateway.city_settings import CitySection
from gateway.command_settings import CommandsSection
from gateway.dialect_settings import DialectsSection, HikvisionSection, UnprovedTable
from gateway.dialling_settings import DiallingSection
from gateway.matcher_settings import MatcherSection
from gateway.people_settings import PeopleSection
from gateway.serial_settings import SerialServerTable, SerialTable
from gateway.setting_kinds import (
    MIB,
    Address,
    InProduction,
    OptionalAddress,
    OptionalPath,
    Section,
    setting,
)
from gateway.verification_settings import ThresholdTable, VerificationSection


class GatewaySection(Section):
    """What this process is."""

    mode: Literal["production", "demo"] = setting(
        "production",
        "Whether the bounds that keep a real site safe are enforced.",
        why="Demo mode only exists to show in seconds what takes minutes on a site.",
    )
    data_dir: OptionalPath = setting(
        None,
        'Folder for the embedded database, keys and the administration socket; "" is '
        "/var/lib/gatepost for root and ~/.local/share/gatepost for other users.",
        why="A first trial needs neither a decision nor rights.",
    )


class ListenSection(Section):
    """Where terminals connect and what a stranger may cost."""

    tcp: OptionalAddress = setting(
        Address("127.0.0.1", 7790),
        'Plain TCP, "host:port"; "" switches it off.',
        why="Plain TCP belongs on a private network only: logins are proved, "
        "but records travel readable.",
    )
    tls: OptionalAddress = setting(
        None,
        'TLS, "host:port", usually port 7791; "" switches it off.',
        why="Needs a certificate, which a first start does not have.",
    )
    tls_certificate: OptionalPath = setting(
        None, "PEM file with the certificate chain.", why="Wanted as soon as tls is set."
    )
    tls_key: OptionalPath = setting(
        None, "PEM file with the private key.", why="Wanted as soon as tls is set."
    )
    connections: int = setting(
        0,
        "Connections at most; 0 computes it from the machine's memory.",
        why="Half of the memory at 24 kB a connection, 64 kB where tls is set; "
        "the database wants the other half.",
        ge=0,
        le=1_000_000,
    )
    unauthenticated_total: int = setting(
        64,
        "Connections that may be logging in at once; further ones wait for their turn.",
        why="A login takes milliseconds, so even a whole city gets its turn within seconds.",
        ge=1,
        le=10_000,
    )
    unauthenticated_per_address: int = setting(
        8,
        "Connections from one address (IPv6: one /64) that have not logged in; others are refused.",
        why="A site behind one address has a handful of terminals that come back together.",
        ge=1,
        le=10_000,
    )
    login_seconds: Annotated[float, InProduction(ge=5)] = setting(
        10.0,
        "Seconds within which a login must be complete.",
        why="A slow mobile link needs two; a silent peer must not hold a place.",
        ge=0.1,
        le=60,
    )


class SessionsSection(Section):
    """What one logged-in terminal may use."""

    heartbeat_seconds: Annotated[int, InProduction(ge=10)] = setting(
        30,
        "Seconds between heartbeats, told to terminals that have no interval of their own.",
        why="With three missed heartbeats a silent terminal is found in 95 s.",
        ge=1,
        le=300,
    )
    credit: int = setting(
        64,
        "Records of one session that may wait for their commit.",
        why="More would let one backlog fill the lanes; fewer would leave batches half empty.",
        ge=1,
        le=4_096,
    )
    receive_bytes: int = setting(
        128 * MIB,
        "Bytes that messages which are not here whole yet may take together; above it further "
        "connections are not read until others are done.",
        why="After an outage thousands of terminals send pictures at the same time; with what "
        "does not count, and captures, it comes to twice as much.",
        ge=MIB,
        le=65_536 * MIB,
    )
    write_buffer_bytes: int = setting(
        262_144,
        "Bytes that may wait to be sent to one terminal.",
        why="Reached only by a terminal that reads slower than it asks.",
        ge=4_096,
        le=64 * MIB,
    )
    write_stall_seconds: Annotated[float, InProduction(ge=10)] = setting(
        30.0,
        "Seconds without any progress of a full write buffer, after which the session ends.",
        why="Longer than any pause a live mobile link makes.",
        ge=0.1,
        le=600,
    )
    window: int = setting(
        4,
        "Requests a terminal may have unanswered, where its protocol lets us say so.",
        why="Fills a link with 100 ms delay without crowding out heartbeats.",
        ge=1,
        le=16,
    )
    uplink_ms: int = setting(
        60,
        "Milliseconds taken off a verification's deadline: how long the question was on its way.",
        why="What a mobile link takes. With less, answers come when the terminal has given up; "
        "with more, some are not given that would have come in time.",
        ge=0,
        le=1_000,
    )


class IngestSection(Section):
    """How records wait and in what portions they are stored."""

    lane_rows: int = setting(
        20_000,
        "Records that may wait to be stored; back-fill may use half of the room.",
        why="Four seconds of the planned peak; then terminals are asked to try again.",
        ge=100,
        le=1_000_000,
    )
    lane_bytes: int = setting(
        64 * MIB,
        "Bytes that may wait to be stored; back-fill may use half of the room.",
        why="Records with pictures inside reach this before they reach the row limit.",
        ge=MIB,
        le=4_096 * MIB,
    )
    batch_rows: int = setting(
        500,
        "Records at most in one transaction.",
        why="Larger batches gain nothing and make a record wait longer.",
        ge=1,
        le=10_000,
    )
    batch_bytes: int = setting(
        4 * MIB,
        "Bytes at most in one transaction.",
        why="Keeps a batch of pictures inside the time limit of the database.",
        ge=65_536,
        le=256 * MIB,
    )
    transfer_bytes: int = setting(
        256 * MIB,
        "Bytes that all pictures on their way may come to; further ones are asked to come later.",
        why="After an outage thousands of terminals deliver pictures at the same time.",
        ge=MIB,
        le=65_536 * MIB,
    )
    spacing_ms: int = setting(
        2,
        "Milliseconds to wait for company before a batch is committed.",
        why="Under load one commit then carries many records; alone a record loses 2 ms.",
        ge=0,
        le=5,
    )
    retry_after_seconds: int = setting(
        1,
        "Seconds after which a refused terminal may try again.",
        why="Lanes drain within a second once the database answers.",
        ge=1,
        le=3_600,
    )


class StorageSection(Section):
    """The database."""

    dsn: str = setting(
        "",
        'PostgreSQL address, "postgresql://user@host/database"; "" starts the embedded server.',
        why="A first start needs no database of its own.",
        secret=True,
    )
    postgres_user: str = setting(
        "",
        'System user that runs the embedded server when started as root; "" chooses one.',
        why="PostgreSQL refuses to run as root.",
    )
    time_limit_seconds: Annotated[float, InProduction(ge=0.5)] = setting(
        2.0,
        "Seconds a statement may take before the database counts as unavailable.",
        why="A frozen database is noticed after twice this time, inside the 5 s a record has.",
        ge=0.05,
        le=60,
    )


class PresenceSection(Section):
    """When silence becomes a fault."""

    missed: Annotated[int, InProduction(ge=3)] = setting(
        3,
        "Heartbeats that may be missed before a terminal counts as offline.",
        why="Two would report twice as many outages that heal themselves.",
        ge=1,
        le=20,
    )
    grace_seconds: Annotated[float, InProduction(ge=5)] = setting(
        5.0,
        "Seconds added to every deadline.",
        why="Heartbeats of mobile terminals arrive in clumps.",
        ge=0,
        le=300,
    )


class CodecsSection(Section):
    """The protocols spoken, built in or installed as plug-ins."""

    strict: bool = setting(
        False,
        "Whether a plug-in that cannot be used makes the gateway unready instead of being noted.",
        why="One vendor's mistake must not stop the terminals of all the others.",
    )


class LockoutSection(Section):
    """How often a wrong proof may be tried."""

    per_serial: Annotated[int, InProduction(le=20)] = setting(
        5,
        "Failed logins of one serial number from one address within the window; then the proof "
        "is not looked at any more.",
        why="A terminal with the right secret never fails five times.",
        ge=1,
        le=1_000,
    )
    per_source: Annotated[int, InProduction(le=200)] = setting(
        20,
        "Failed logins from one address within the window; then nobody there is answered.",
        why="A site behind one address may hold several wrongly set up terminals.",
        ge=1,
        le=10_000,
    )
    window_seconds: Annotated[int, InProduction(ge=60)] = setting(
        600,
        "Seconds for which a failed login is remembered.",
        why="Makes guessing hopeless and lets an installer try again after a coffee.",
        ge=1,
        le=86_400,
    )


class WebSection(Section):
    """The operators' listener: /metrics, /healthz, /readyz and a status page."""

    listen: OptionalAddress = setting(
        Address("127.0.0.1", 7780),
        'Where it listens, "host:port"; "" switches it off.',
        why="It has no login, so it stays on the machine unless a proxy guards it.",
    )


class LogSection(Section):
    """What is written down about the gateway itself."""

    level: Literal["debug", "info", "warning", "error"] = setting(
        "info",
        "The least important level that is written.",
        why="Info has a line for each connection and batch problem, none for each record.",
    )
    file: OptionalPath = setting(
        None,
        'File to append to; "" writes to standard error.',
        why="A service manager collects standard error.",
    )
    format: Literal["json", "text"] = setting(
        "json",
        "One JSON object a line, or text for people.",
        why="Lines are searched by programs more often than read.",
    )
    queue_lines: int = setting(
        10_000,
        "Lines that may wait to be written; more are counted and dropped.",
        why="A full disk or a stuck terminal must never stop the gateway.",
        ge=100,
        le=1_000_000,
    )


class AdminSection(Section):
    """The way the command line talks to a running gateway."""

    socket: OptionalPath = setting(
        None,
        'Path of the administration socket; "" puts it into data_dir.',
        why="The rights of the folder guard it.",
    )


class Settings(Section):
    """The whole configuration; every section and every key may be left out."""

    gateway: GatewaySection = Field(default_factory=GatewaySection)
    listen: ListenSection = Field(default_factory=ListenSection)
    dialects: DialectsSection = Field(default_factory=DialectsSection)
    hikvision: HikvisionSection = Field(default_factory=HikvisionSection)
    sessions: SessionsSection = Field(default_factory=SessionsSection)
    ingest: IngestSection = Field(default_factory=IngestSection)
    storage: StorageSection = Field(default_factory=StorageSection)
    presence: PresenceSection = Field(default_factory=PresenceSection)
    codecs: CodecsSection = Field(default_factory=CodecsSection)
    lockout: LockoutSection = Field(default_factory=LockoutSection)
    capture: CaptureSection = Field(default_factory=CaptureSection)
    commands: CommandsSection = Field(default_factory=CommandsSection)
    dialling: DiallingSection = Field(default_factory=DiallingSection)
    people: PeopleSection = Field(default_factory=PeopleSection)
    verification: VerificationSection = Field(default_factory=VerificationSection)
    city_gallery: CitySection = Field(default_factory=CitySection)
    matcher: MatcherSection = Field(default_factory=MatcherSection)
    web: WebSection = Field(default_factory=WebSection)
    log: LogSection = Field(default_factory=LogSection)
    admin: AdminSection = Field(default_factory=AdminSection)
    serial: Annotated[tuple[SerialTable, ...], Strict(strict=False)] = ()
    serial_server: Annotated[tuple[SerialServerTable, ...], Strict(strict=False)] = ()
    unproved: Annotated[tuple[UnprovedTable, ...], Strict(strict=False)] = ()
    threshold: Annotated[tuple[ThresholdTable, ...], Strict(strict=False)] = ()


def sections() -> dict[str, type[Section]]:
    """Return the sections by name, in the order in which they are documented."""
    repeated = repeated_tables()
    found: dict[str, Any] = {
        name: field.annotation
        for name, field in Settings.model_fields.items()
        if name not in repeated
    }
    return found


def repeated_tables() -> dict[str, type[Section]]:
    """Return what may be there any number of times, as ``[[name]]``, none being the default."""
    return {
        "serial": SerialTable,
        "serial_server": SerialServerTable,
        "unproved": UnprovedTable,
        "threshold": ThresholdTable,
    }
