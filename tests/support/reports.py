"""Reports and directories for tests; every value can be overridden."""

from __future__ import annotations

import hashlib
from typing import Any

from gateway.domain.directory import (
    Area,
    Channel,
    Device,
    DeviceModel,
    Directory,
    Mounting,
    Project,
    Supplier,
)
from gateway.domain.events import FaultReported, PassageReported
from gateway.domain.ids import ChannelId, DeviceId, MountingId, ProjectId, Receipt, Serial
from gateway.domain.times import Instant
from gateway.domain.vocabulary import Decision, Direction, Lane, Means, VerifiedBy

NOW = Instant(1_000.0, 1_788_325_456_000)
EPOCH = 0x6A97F100


def identity(number: int, series: int = EPOCH) -> bytes:
    return series.to_bytes(4, "big") + number.to_bytes(4, "big")


def passage(number: int = 1, *, series: int = EPOCH, **changes: Any) -> PassageReported:
    values: dict[str, Any] = {
        "receipt": Receipt(number),
        "lane": Lane.LIVE,
        "identity": identity(number, series),
        "digest": hashlib.sha256(f"{series}/{number}".encode()).digest(),
        "series": series,
        "number": number,
        "device_ms": NOW.wall - 1_000,
        "raw": b"\x80\x20\x00\x20" + identity(number, series),
        "direction": Direction.IN,
        "decision": Decision.GRANTED,
        "means": Means.FACE,
        "claim": "10086",
        "verified_by": VerifiedBy.TERMINAL,
        "score": 0.96,
        "liveness": 0.98,
        "door": 1,
        "clock_synchronised": True,
    }
    return PassageReported(**{**values, **changes})


def fault(number: int = 1, *, series: int = EPOCH, **changes: Any) -> FaultReported:
    values: dict[str, Any] = {
        "receipt": Receipt(number),
        "lane": Lane.LIVE,
        "identity": identity(number, series),
        "digest": hashlib.sha256(f"fault {series}/{number}".encode()).digest(),
        "series": series,
        "number": number,
        "device_ms": NOW.wall - 1_000,
        "raw": b"\x80\x20\x00\x20" + identity(number, series),
        "code": 7,
        "text": "tamper switch",
    }
    return FaultReported(**{**values, **changes})


def device(number: int = 1, **changes: Any) -> Device:
    values: dict[str, Any] = {
        "id": DeviceId(number),
        "serial": Serial(f"YLS-{number:08d}"),
        "supplier": "S01",
        "model": "FACE-IRIS-A",
        "dialect": "yls",
    }
    return Device(**{**values, **changes})


def directory(*devices: Device) -> Directory:
    """One project with one two-way channel on which all the devices hang."""
    known = devices or (device(),)
    return Directory(
        areas={"990000": Area(code="990000", name="Sample county")},
        suppliers={"S01": Supplier(code="S01", name="Sample maker")},
        models={("S01", "FACE-IRIS-A"): DeviceModel(supplier="S01", name="FACE-IRIS-A")},
        projects={
            ProjectId(1): Project(id=ProjectId(1), code="P1", name="Sample site", area="990000")
        },
        channels={ChannelId(1): Channel(id=ChannelId(1), project=ProjectId(1), name="Gate 1")},
        devices={entry.serial: entry for entry in known},
        mountings={
            entry.id: (
                Mounting(
                    id=MountingId(entry.id),
                    device=entry.id,
                    channel=ChannelId(1),
                    direction=Direction.UNKNOWN,
                    valid_from_ms=0,
                ),
            )
            for entry in known
        },
        secrets={entry.id: bytes([entry.id]) * 32 for entry in known},
    )
