"""The normalised passage: one vocabulary for every maker, and what the gateway adds to a report.

A passage is never edited. A correction is a new passage that names the old one.
"""

from __future__ import annotations

from enum import IntEnum, IntFlag

from gateway.domain.events import FaultReported, PassageReported
from gateway.domain.ids import ChannelId, DeviceId, MountingId, PassageId, ProjectId
from gateway.domain.times import CorrectedTime
from gateway.domain.values import value
from gateway.domain.vocabulary import Direction


class DirectionSource(IntEnum):
    """Where the direction of a passage comes from."""

    UNKNOWN = 0
    MESSAGE = 1
    MOUNTING = 2
    INFERRED = 3


class PassageFlag(IntFlag):
    """Why a stored passage may not count as attendance; none of them hides the passage."""

    NONE = 0
    STRANGER = 0x01
    REFUSED = 0x02
    TEST_RUN = 0x04
    TIME_QUARANTINED = 0x08
    REPEAT = 0x10
    CLOCK_NOT_SYNCHRONISED = 0x20
    TAKEN_OFFLINE = 0x40
    SUPPLIER_IN_GRACE = 0x80
    TEST_RECORD = 0x100
    DURESS = 0x200
    OPENED_BY_GUARD = 0x400


@value
class Placement:
    """Where a device hangs at one instant, resolved when its record arrives."""

    device: DeviceId
    mounting: MountingId | None = None
    channel: ChannelId | None = None
    project: ProjectId | None = None
    direction: Direction = Direction.UNKNOWN
    accepted: bool = False
    """Only an accepted device's passages count as attendance (R-036); others are a test run."""
    supplier_in_grace: bool = False


@value
class Passage:
    """One person at one gate at one moment, as the gateway stores it."""

    id: PassageId
    report: PassageReported
    """What the terminal said, in our vocabulary."""
    place: Placement
    received_ms: int
    time: CorrectedTime
    direction: Direction
    direction_source: DirectionSource
    flags: PassageFlag
    adapter: str
    """Dialect and version that decoded the report, such as ``yls/1.0``."""


@value
class FaultRecord:
    """A fault a terminal reported about itself, stored under the same promise as a passage."""

    id: PassageId
    report: FaultReported
    place: Placement
    received_ms: int
    time: CorrectedTime
    adapter: str


Record = Passage | FaultRecord
