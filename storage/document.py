"""What an operator imports: the directory written with codes and names instead of row numbers."""

from __future__ import annotations

from dataclasses import dataclass, field

from gateway.domain.directory import Area, Corp, DeviceModel, DeviceState, Supplier
from gateway.domain.vocabulary import Direction


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectEntry:
    """A project and the channels through its fence, by name; ``kind`` of each is personnel."""

    code: str
    name: str
    area: str
    corp: str | None = None
    administrator: str = ""
    channels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MountingEntry:
    """Where a device hangs from an instant on (milliseconds since 1970 UTC)."""

    project: str
    channel: str
    direction: Direction = Direction.UNKNOWN
    valid_from_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceEntry:
    """A device; without ``secret`` the one it has is kept, without ``mounting`` its place."""

    serial: str
    supplier: str
    model: str
    dialect: str
    state: DeviceState = DeviceState.ACCEPTED
    cadence_s: int | None = None
    secret: bytes | None = field(default=None, repr=False)
    mounting: MountingEntry | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryDocument:
    """A whole directory or a part of one; what it does not name stays as it is."""

    areas: tuple[Area, ...] = ()
    corps: tuple[Corp, ...] = ()
    suppliers: tuple[Supplier, ...] = ()
    models: tuple[DeviceModel, ...] = ()
    projects: tuple[ProjectEntry, ...] = ()
    devices: tuple[DeviceEntry, ...] = ()
