"""An inbox that keeps captures for assertions, and captures made by hand."""

from __future__ import annotations

from dataclasses import replace

from gateway.domain.captures import Capture, Piece, Redaction
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
