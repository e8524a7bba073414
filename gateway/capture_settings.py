"""What may be set for captures: how much is remembered, what is kept of it, and for how long."""

from __future__ import annotations

from typing import Annotated, Literal

from gateway.setting_kinds import MIB, InProduction, Section, setting


class CaptureSection(Section):
    """What is kept of input that did not decode; see captures.md."""

    mode: Literal["on-fault", "off", "always"] = setting(
        "on-fault",
        "When what a connection said is stored: around something that did not decode, never, or "
        "also without a fault.",
        why="A fault nobody can look at cannot be mended; storing everything wants a reason.",
    )
    ring_bytes: int = setting(
        4_096,
        "Bytes remembered of one connection, 13 for each read and write included.",
        why="A login and the last few dozen messages; the largest YLS/1 frame fits.",
        ge=512,
        le=MIB,
    )
    ring_seconds: float = setting(
        300.0,
        "Seconds after which bytes are no longer remembered.",
        why="Ten heartbeats: enough to see what led to a fault.",
        ge=1,
        le=86_400,
    )
    budget_bytes: int = setting(
        64 * MIB,
        "Bytes remembered of all connections together; each gets an equal share.",
        why="10,000 terminals have their full rings in 40 MiB.",
        ge=MIB,
        le=4_096 * MIB,
    )
    head_bytes: int = setting(
        64,
        "Bytes kept of anything whose meaning is unknown; the rest is stored as zeros.",
        why="Shows the header of any message, but nothing of a picture or a template.",
        ge=0,
        le=4_096,
    )
    keep_days: Annotated[int, InProduction(le=30)] = setting(
        7,
        "Days after which a capture is erased.",
        why="Over a weekend somebody can still look; longer would be keeping without a purpose.",
        ge=1,
        le=365,
    )
    per_hour: int = setting(
        6,
        "Captures of one terminal, or of one stranger's address, within an hour.",
        why="The same fault looks the same the seventh time.",
        ge=1,
        le=10_000,
    )
    unknown_per_hour: int = setting(
        2,
        "Captures of unknown messages of one terminal within an hour, beside the others.",
        why="A new firmware sends its new message all day long.",
        ge=1,
        le=10_000,
    )
    strangers_per_hour: int = setting(
        60,
        "Captures of all peers that proved no identity, within an hour.",
        why="A port scan from a thousand addresses must not fill the disk.",
        ge=1,
        le=100_000,
    )
    total: int = setting(
        2_000,
        "Captures stored at a time, a quarter of them of strangers; further ones are dropped.",
        why="With full rings this is 8 MiB; the first of a fault tell more than the last.",
        ge=10,
        le=1_000_000,
    )
    waiting: int = setting(
        32,
        "Captures that may wait to be stored; further ones are dropped.",
        why="The database stores each in milliseconds, and records go first.",
        ge=1,
        le=10_000,
    )
    recording_bytes: int = setting(
        262_144,
        "Bytes of one recording an operator starts; it ends when they are used up.",
        why="Two pictures and what belongs to them; it is held in memory until it is stored.",
        ge=4_096,
        le=16 * MIB,
    )
    recording_minutes: int = setting(
        60,
        "Minutes a recording may be given at most.",
        why="Nobody forgets a recording that ends by itself.",
        ge=1,
        le=1_440,
    )
    full_in_production: bool = setting(
        False,
        "Whether operators may record everything, pictures and templates included, in production.",
        why="Biometric data wants a decision of whoever is responsible for it, not a command.",
    )
