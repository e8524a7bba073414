"""An inbox that keeps captures for assertions, and captures made by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from gateway.domain.captures import Capture, CaptureCounts, Piece, Redaction
from gateway.domain.ids import Serial
from gateway.domain.times import Instant

BASE = Capture(
    serial=Serial("YLS-00000001"),
    peer="192.0.2.1",
    dialect="yls/1.0",
    firmware="2.3.1",
    code="damaged.magic",
    whole=True,
    redaction=Redaction.DIALECT,
    pieces=(
        Piece(True, 1_788_325_456_000, b"\x00\xffin"),
        Piece(False, 1_788_325_456_250, b"out"),
        Piece(True, 1_788_325_546_250, b"again"),
    ),
)


def capture(serial: str | None = "YLS-00000001", **changes: object) -> Capture:
    changes["serial"] = None if serial is None else Serial(serial)
    return replace(BASE, **changes)  # type: ignore[arg-type]


class ListInbox:
    """Implements CaptureInbox; takes everything unless it is shut."""

    def __init__(self) -> None:
        self.kept: list[Capture] = []
        self.asked: list[tuple[str | None, str]] = []
        self.shut = False

    def admits(self, serial: Serial | None, peer: str, code: str, now: Instant) -> bool:
        self.asked.append((serial, code))
        return not self.shut

    def put(self, capture: Capture, now: Instant) -> None:
        self.kept.append(capture)


class FakeStore:
    """Implements CaptureStore; fails on demand."""

    def __init__(self) -> None:
        self.kept: list[Capture] = []
        self.failure: Exception | None = None
        self.present = CaptureCounts(devices=0, strangers=0)
        self.erased_before: list[int] = []

    async def keep(self, capture: Capture, now_ms: int) -> int:
        await asyncio.sleep(0)
        if self.failure is not None:
            raise self.failure
        self.kept.append(capture)
        return len(self.kept)

    async def counts(self) -> CaptureCounts:
        return self.present

    async def erase_before(self, kept_ms: int) -> int:
        self.erased_before.append(kept_ms)
        return 3

    async def erase(self, numbers: Sequence[int]) -> int:
        return len(numbers)
