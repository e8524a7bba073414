"""What a terminal is beside its records: everything of it that outlives a connection."""

from __future__ import annotations

from dataclasses import dataclass, field

from gateway.codecs.yls.bus import Broadcasts
from gateway.codecs.yls.firmware import FirmwareBank
from gateway.codecs.yls.objects import ObjectStore
from gateway.codecs.yls.panel import Panel
from gateway.codecs.yls.people import PeopleStore

from gateway.domain.maintenance import QrKey


@dataclass(slots=True)
class Station:
    """The mechanics and memories of one terminal."""

    panel: Panel = field(default_factory=Panel)
    objects: ObjectStore = field(default_factory=ObjectStore)
    people: PeopleStore | None = None
    """None for a terminal that keeps no people."""
    firmware: FirmwareBank | None = None
    """None for a terminal that cannot be upgraded from afar."""
    log: list[tuple[int, bytes]] = field(default_factory=list)
    """Lines of the terminal's own log with their time, milliseconds since 1970 UTC."""
    group_keys: dict[int, bytes] = field(default_factory=dict)
    """Keys of broadcasts by number; the one that came last counts."""
    qr_keys: tuple[QrKey, ...] = ()
    broadcasts: Broadcasts = field(default_factory=Broadcasts)
    address: int = 0
    """On a bus; 0 unassigned."""

    def log_between(self, first_ms: int, last_ms: int) -> bytes:
        """Return the lines of a time, each ended by a newline."""
        return b"".join(line + b"\n" for at, line in self.log if first_ms <= at <= last_ms)
