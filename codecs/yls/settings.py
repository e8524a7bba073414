"""The settings of the gateway's side of YLS/1, read from `Context.settings`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from gateway.codecs.yls.limits import (
    DEFAULT_WINDOW,
    LEAST_MAX_FRAME,
    MOST_FRAME,
    MOST_WINDOW,
    SERIAL_GAP_MS,
)

from gateway.domain.errors import GatepostError


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What an operator may change; keys of `Context.settings` are the field names."""

    max_frame: int = MOST_FRAME
    """Bytes of the largest frame we take, 256…4092; the smaller of both sides counts."""
    window: int = DEFAULT_WINDOW
    """Unanswered requests a device may have, 1…16."""
    gap_ms: int = SERIAL_GAP_MS
    """On a link that can lose bytes: longest silence inside a frame, 5…1000 ms."""
    bus_address: int = 0
    """Of the one device this conversation is with, 1…247; 0 on every link that is no bus."""
    uplink_ms: int = 60
    """Taken off a verification's deadline: how long its last byte was on the way, 0…1000 ms."""
    bench_plain_biometrics: bool = False
    """Take pictures over links that do not protect them. For a test bench only: each session that
    makes use of it reports Misbehaved."""


DEFAULTS = Settings()
_BOUNDS = {
    "max_frame": (LEAST_MAX_FRAME, MOST_FRAME),
    "window": (1, MOST_WINDOW),
    "gap_ms": (5, 1000),
    "uplink_ms": (0, 1000),
    "bus_address": (0, 247),
}


def read_settings(given: dict[str, int | bool]) -> Settings:
    """Check the settings of a context; raises GatepostError ``yls.setting``."""
    return _checked(tuple(given.items())) if given else DEFAULTS


@lru_cache(16)
def _checked(given: tuple[tuple[str, int | bool], ...]) -> Settings:
    """Check once what all connections of a gateway are given, and let them share it."""
    for name, value in given:
        low, high = _BOUNDS.get(name, (0, 1))
        if name not in Settings.__slots__ or not low <= value <= high:
            raise GatepostError(
                "yls.setting",
                f"{name} = {value} is no setting of this dialect, or out of range.",
                place=f"dialect yls, setting {name}",
                remedy=f"Known: {', '.join(sorted(Settings.__slots__))}.",
            )
    return Settings(**dict(given))  # type: ignore[arg-type]
