"""Records on their way into the store, built from reports; every value can be overridden."""

from __future__ import annotations

from typing import Any

from gateway.storage.opening import Storage

from gateway.domain.events import FaultReported, PassageReported
from gateway.domain.ids import ChannelId, DeviceId, MountingId, PassageId, ProjectId
from gateway.domain.passages import (
    DirectionSource,
    FaultRecord,
    Passage,
    PassageFlag,
    Placement,
)
from gateway.domain.ports import Outcome
from gateway.domain.times import CorrectedTime, TimeVerdict
from tests.support.reports import NOW, fault, passage

ADAPTER = "yls/1.0"
DEVICE = DeviceId(1)
STORED, DUPLICATE = Outcome.STORED, Outcome.DUPLICATE
CONFLICT, REJECTED = Outcome.CONFLICT, Outcome.REJECTED


def placement(device: int = 1) -> Placement:
    return Placement(
        device=DeviceId(device),
        mounting=MountingId(11),
        channel=ChannelId(12),
        project=ProjectId(13),
        accepted=True,
    )


def corrected(device_ms: int) -> CorrectedTime:
    return CorrectedTime(
        device_ms=device_ms,
        corrected_ms=device_ms - 3,
        offset_ms=3,
        verdict=TimeVerdict.PLAUSIBLE,
    )


def stored_passage(
    id_: int,
    report: PassageReported | None = None,
    *,
    device: int = 1,
    received_ms: int = NOW.wall,
    **changes: Any,
) -> Passage:
    """A passage with record number ``id_`` unless a report is given."""
    said = report or passage(id_)
    values: dict[str, Any] = {
        "id": PassageId(id_),
        "report": said,
        "place": placement(device),
        "received_ms": received_ms,
        "time": corrected(said.device_ms),
        "direction": said.direction,
        "direction_source": DirectionSource.MESSAGE,
        "flags": PassageFlag.NONE,
        "adapter": ADAPTER,
    }
    return Passage(**{**values, **changes})


def stored_fault(
    id_: int,
    report: FaultReported | None = None,
    *,
    device: int = 1,
    received_ms: int = NOW.wall,
) -> FaultRecord:
    said = report or fault(id_)
    return FaultRecord(
        id=PassageId(id_),
        report=said,
        place=placement(device),
        received_ms=received_ms,
        time=corrected(said.device_ms),
        adapter=ADAPTER,
    )


async def rows(storage: Storage, query: str, *arguments: object) -> list[dict[str, Any]]:
    """Return what a query of the database gives, by column."""
    async with storage.database.use() as connection:
        return [dict(row) for row in await connection.fetch(query, *arguments)]


async def counted(storage: Storage) -> tuple[int, int, int, int]:
    """Count the passages, faults, quarantined and rejected records of `DEVICE`."""
    stored = await storage.proofs.counts(DEVICE)
    return stored.passages, stored.faults, stored.quarantined, stored.rejected
