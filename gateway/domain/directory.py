"""Who may connect and where devices hang: areas, projects, channels, suppliers, models, devices.

The running gateway asks these questions for every login and every record, so the answers come
from one immutable `Directory` in memory; storage builds a new one after each change.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from gateway.domain.access import Access
from gateway.domain.errors import GatepostError
from gateway.domain.ids import ChannelId, DeviceId, MountingId, ProjectId, Serial
from gateway.domain.passages import Placement
from gateway.domain.requests import Refusal
from gateway.domain.vocabulary import Direction
from gateway.domain.workers import VerificationMode


class Listing(Enum):
    """Whether a supplier or model may be used (R-030, R-033)."""

    LISTED = "listed"
    GRACE = "grace"
    """Delisted, but running devices go on, flagged, until somebody decides (R-033)."""
    DELISTED = "delisted"


class DeviceState(Enum):
    """The life of a device; only ACCEPTED devices produce attendance (R-036)."""

    PLANNED = "planned"
    INSTALLED = "installed"
    TEST_RUN = "test_run"
    ACCEPTED = "accepted"
    REMOVED = "removed"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """An administrative division, by its six-digit code."""

    code: str
    name: str
    parent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Corp:
    """A company, by its 18-character unified social credit code."""

    code: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Supplier:
    """A maker of terminals and the batch it was listed in."""

    code: str
    name: str
    listing: Listing = Listing.LISTED
    batch: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceModel:
    """A model of terminal, named as the terminal names itself when it logs in."""

    supplier: str
    name: str
    listing: Listing = Listing.LISTED
    interface_test: str = ""
    """Report of the passed interface test, without which a model is not listed (R-031)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A construction site."""

    id: ProjectId
    code: str
    name: str
    area: str
    corp: str | None = None
    administrator: str = ""
    verification_mode: VerificationMode = VerificationMode.DEVICE_ONLY


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """One way through the fence, with an in leg and an out leg (R-020, R-022)."""

    id: ChannelId
    project: ProjectId
    name: str
    kind: str = "personnel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mounting:
    """A device on a channel leg for a while; a device hangs in one place at a time."""

    id: MountingId
    device: DeviceId
    channel: ChannelId
    direction: Direction
    """UNKNOWN means two-way: the terminal tells the direction of each passage."""
    valid_from_ms: int
    valid_to_ms: int | None = None

    def covers(self, at_ms: int) -> bool:
        """Whether the device hung here at ``at_ms`` (milliseconds since 1970 UTC)."""
        return self.valid_from_ms <= at_ms and (
            self.valid_to_ms is None or at_ms < self.valid_to_ms
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A terminal we know; its secret is kept elsewhere, encrypted."""

    id: DeviceId
    serial: Serial
    supplier: str
    model: str
    dialect: str
    state: DeviceState = DeviceState.ACCEPTED
    cadence_s: int | None = None
    """Heartbeat interval it is told at login; None: the gateway's setting."""

    @property
    def in_service(self) -> bool:
        """Whether it may connect at all; the silence of one that may not is no news."""
        return self.state not in (DeviceState.BLOCKED, DeviceState.REMOVED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """Everything known at one moment; replaced whole, never changed."""

    areas: dict[str, Area] = field(default_factory=dict)
    corps: dict[str, Corp] = field(default_factory=dict)
    suppliers: dict[str, Supplier] = field(default_factory=dict)
    models: dict[tuple[str, str], DeviceModel] = field(default_factory=dict)
    projects: dict[ProjectId, Project] = field(default_factory=dict)
    channels: dict[ChannelId, Channel] = field(default_factory=dict)
    devices: dict[Serial, Device] = field(default_factory=dict)
    mountings: dict[DeviceId, tuple[Mounting, ...]] = field(default_factory=dict)
    secrets: dict[DeviceId, bytes] = field(default_factory=dict, repr=False)
    accesses: dict[DeviceId, Access] = field(default_factory=dict)
    """Of terminals that are servers and may be dialled."""

    def registered(self, serial: str) -> Device:
        """Return the device of a serial number; raises GatepostError ``device.unknown``."""
        device = self.devices.get(Serial(serial))
        if device is None:
            raise GatepostError(
                "device.unknown",
                "no device with this serial number is registered.",
                place=f"device {serial}",
                remedy="See `gatepost device list`.",
            )
        return device

    def admission(self, serial: Serial, announced_model: str) -> Device | Refusal:
        """Say whether the device may log in (R-030, R-033).

        A terminal that announces another model than the one it was registered with is not the
        device that passed the interface test, so it counts as unlisted.
        """
        device = self.devices.get(serial)
        if device is None:
            return Refusal.NOT_LISTED
        if not device.in_service:
            return Refusal.REVOKED
        if announced_model and announced_model != device.model:
            return Refusal.NOT_LISTED
        supplier = self.suppliers.get(device.supplier)
        model = self.models.get((device.supplier, device.model))
        if supplier is None or model is None:
            return Refusal.NOT_LISTED
        if Listing.DELISTED in (supplier.listing, model.listing):
            return Refusal.NOT_LISTED
        return device

    def mode(self, project: ProjectId) -> VerificationMode:
        """Say what the gateway may do with biometrics for a project; one that is gone: nothing."""
        found = self.projects.get(project)
        return VerificationMode.DEVICE_ONLY if found is None else found.verification_mode

    def placement(self, device: Device, at_ms: int) -> Placement:
        """Say where the device hung at ``at_ms``; a device on a shelf has a bare placement."""
        supplier = self.suppliers.get(device.supplier)
        model = self.models.get((device.supplier, device.model))
        grace = any(
            entry is not None and entry.listing is Listing.GRACE for entry in (supplier, model)
        )
        accepted = device.state is DeviceState.ACCEPTED
        for mounting in self.mountings.get(device.id, ()):
            if mounting.covers(at_ms):
                return Placement(
                    device=device.id,
                    mounting=mounting.id,
                    channel=mounting.channel,
                    project=self.channels[mounting.channel].project,
                    direction=mounting.direction,
                    accepted=accepted,
                    supplier_in_grace=grace,
                )
        return Placement(device=device.id, accepted=accepted, supplier_in_grace=grace)
