"""What all connections of a gateway share, handed to each of them as one value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gateway.codecs.api import Dialect
from gateway.protocols.capture import Taps
from gateway.protocols.counters import SessionCounters, Traffic
from gateway.protocols.flow import FlowLimits
from gateway.protocols.gate import Gate
from gateway.protocols.hoards import Hoards
from gateway.protocols.hush import Hush
from gateway.protocols.registry import Registry

from gateway.domain.ids import DeviceId, Serial
from gateway.domain.ports import DeviceDesk, Log, SessionHandle
from gateway.domain.times import Instant
from gateway.domain.verification import VerdictDue

RECEIVE_BYTES = 128 * 1024 * 1024

if TYPE_CHECKING:
    from gateway.protocols.roster import Roster
    from gateway.protocols.session import Session


def never_deaf(session: SessionHandle, deaf: bool, now: Instant) -> None:
    """Take no note of deafness, where nothing watches presence."""
    del session, deaf, now


def binds_nobody(serial: Serial, peer: str) -> bool:
    """Believe no claim, where no device is bound to an address."""
    del serial, peer
    return False


def tells_nobody(device: DeviceId, due: VerdictDue) -> None:
    """Carry no verdict, where nothing dials terminals."""
    del device, due


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """The desk, the clock, and the lists and limits that hold for every connection."""

    dialects: tuple[Dialect, ...]
    """Served on every listener; with more than one, a connection's first bytes choose."""
    desk: DeviceDesk
    clock: Callable[[], Instant]
    entropy: Callable[[int], bytes]
    """Returns that many fresh random bytes."""
    log: Log
    counters: SessionCounters
    gate: Gate
    roster: Roster
    registry: Registry[Session]
    traffic: Traffic = field(default_factory=Traffic)
    hush: Hush = field(default_factory=Hush)
    flow: FlowLimits = field(default_factory=FlowLimits)
    hoards: Hoards = field(default_factory=lambda: Hoards(RECEIVE_BYTES))
    """What messages that are not here whole may take together."""
    deaf: Callable[[SessionHandle, bool, Instant], None] = never_deaf
    """Told when we stop reading an admitted session's socket (True) and when we read it again or
    lose it (False): its silence in between is ours."""
    verdicts: Callable[[DeviceId, VerdictDue], None] = tells_nobody
    """Carries verdicts that are calls of their own."""
    taps: Taps | None = None
    """Remember what sessions say, where that is wanted."""
    binds: Callable[[Serial, str], bool] = binds_nobody
    """Says whether a device may log in without proof from an address (``[[unproved]]``)."""
    resync: bool = False
    """Links can lose and invent bytes: conversations hunt for the next frame instead of closing."""
    noise_bytes: int = 0
    """Bytes that may come before a login beyond what its dialect allows."""
    settings: dict[str, dict[str, int | bool]] = field(default_factory=dict)
    """Each dialect's own settings by its name, see `gateway.codecs.api.Context`."""
    memories: dict[str, object] = field(default_factory=dict)
    """What conversations of a dialect remember together, by its name."""

    def memory(self, dialect: Dialect) -> object | None:
        """Return what conversations of a dialect remember together, made for the first one."""
        if dialect.memory is None:
            return None
        if dialect.name not in self.memories:
            self.memories[dialect.name] = dialect.memory()
        return self.memories[dialect.name]
