"""What an operator imports: the directory written with codes and names instead of row numbers.

None is "not named": what exists stays as it is. A file that is imported once more must not bring
back a device that was blocked meanwhile, or a supplier that was delisted.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from gateway.domain.directory import Area, Corp, DeviceState, Listing
from gateway.domain.vocabulary import Direction
from gateway.domain.workers import VerificationMode


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplierEntry:
    """A maker of terminals; a new one is listed unless it says otherwise."""

    code: str
    name: str
    listing: Listing | None = None
    batch: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelEntry:
    """A model of terminal; a new one is listed unless it says otherwise."""

    supplier: str
    name: str
    listing: Listing | None = None
    interface_test: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectEntry:
    """A project and the channels through its fence, by name; ``kind`` of each is personnel."""

    code: str
    name: str
    area: str
    corp: str | None = None
    administrator: str | None = None
    verification: VerificationMode | None = None
    """A new project leaves it to its terminals unless it says otherwise."""
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
    """A device; a new one is accepted unless it says otherwise."""

    serial: str
    supplier: str
    model: str
    dialect: str
    state: DeviceState | None = None
    cadence_s: int | None = None
    secret: bytes | None = field(default=None, repr=False)
    mounting: MountingEntry | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryDocument:
    """A whole directory or a part of one; what it does not name stays as it is."""

    areas: tuple[Area, ...] = ()
    corps: tuple[Corp, ...] = ()
    suppliers: tuple[SupplierEntry, ...] = ()
    models: tuple[ModelEntry, ...] = ()
    projects: tuple[ProjectEntry, ...] = ()
    devices: tuple[DeviceEntry, ...] = ()
