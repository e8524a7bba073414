"""What operators do with captures: look, export, erase, and record a terminal for a while."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.capture_settings import CaptureSection
from gateway.capture_transcript import transcript
from gateway.domain.captures import Capture, CaptureSummary
from gateway.domain.errors import GatepostError
from gateway.domain.ids import Serial
from gateway.domain.ports import Log
from gateway.domain.times import Instant
from gateway.protocols.capture import Taps
from gateway.storage.opening import Storage

MOST_RECORDINGS = 16
"""Terminals recorded at a time; what they say is held in memory until a recording ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorder:
    """What only a running gateway can offer."""

    taps: Taps | None
    """None where nothing is captured."""
    settings: CaptureSection
    production: bool
    clock: Callable[[], Instant]
    log: Log


class CaptureOperations:
    """The calls of ``gatepost capture``; ``recorder`` is None when no gateway runs."""

    def __init__(self, storage: Storage, recorder: Recorder | None = None) -> None:
        self._storage = storage
        self._recorder = recorder

    def calls(self) -> Mapping[str, Callable[..., Awaitable[Any]]]:
        """Return the table of calls by name."""
        return {
            "capture.list": self.list_captures,
            "capture.show": self.show,
            "capture.export": self.export,
            "capture.erase": self.erase,
            "capture.start": self.start,
        }

    async def list_captures(self, serial: str | None = None) -> list[dict[str, Any]]:
        """List what is stored, oldest first."""
        return [_brief(one) for one in await self._storage.captures.list(serial)]

    async def show(self, number: int, by: str) -> dict[str, Any]:
        """Return one capture with its bytes in hexadecimal, as pieces in their order."""
        summary, capture = await self._open(number, by)
        pieces = [
            {"inward": piece.inward, "at_ms": piece.at_ms, "data": piece.data.hex()}
            for piece in capture.pieces
        ]
        return {**_brief(summary), "pieces": pieces}

    async def export(self, number: int, by: str) -> str:
        """Return one capture as the text of a transcript."""
        return transcript(*await self._open(number, by))

    async def erase(self, by: str, numbers: Sequence[int] = (), serial: str | None = None) -> int:
        """Erase these captures, or all of one terminal; return how many that were."""
        store = self._storage.captures
        found = [one.id for one in await store.list(serial)] if serial is not None else []
        erased = await store.erase([*numbers, *found])
        if self._recorder is not None:
            self._recorder.log.info("capture.erased", by=by, count=erased, serial=serial)
        return erased

    async def start(self, serial: str, minutes: float, full: bool, by: str) -> dict[str, Any]:
        """Record a terminal from now on, or from its next login."""
        recorder = self._recorder
        if recorder is None:
            raise GatepostError(
                "capture.not_running",
                "no gateway is running, so there is nothing to record.",
                place=f"capture {serial}",
                remedy="Start it with `gatepost serve`.",
            )
        taps = _taps(recorder, serial)
        self._check(recorder, serial, minutes, full, by)
        (await self._storage.directory.load()).registered(serial)
        connected = taps.record(
            Serial(serial), seconds=minutes * 60, full=full, now=recorder.clock()
        )
        recorder.log.warning("capture.recording", serial=serial, by=by, minutes=minutes, full=full)
        return {"connected": connected, "bytes": recorder.settings.recording_bytes}

    @staticmethod
    def _check(recorder: Recorder, serial: str, minutes: float, full: bool, by: str) -> None:
        most = recorder.settings.recording_minutes
        if not 0 < minutes <= most:
            raise GatepostError(
                "capture.minutes",
                f"{minutes:g} minutes are not possible.",
                place=f"capture {serial}",
                remedy=f"Choose at most {most} (capture.recording_minutes).",
            )
        if full and recorder.production and not recorder.settings.full_in_production:
            recorder.log.warning("capture.refused", serial=serial, by=by)
            raise GatepostError(
                "capture.full_refused",
                "in production nobody may record pictures and templates.",
                place=f"capture {serial}",
                remedy="Record without --full, or set capture.full_in_production.",
            )

    async def _open(self, number: int, by: str) -> tuple[CaptureSummary, Capture]:
        found = await self._storage.captures.read(number)
        if found is None:
            raise GatepostError(
                "capture.unknown",
                "there is no capture of this number; it may have been erased.",
                place=f"capture {number}",
                remedy="See `gatepost capture list`.",
            )
        if self._recorder is not None:
            self._recorder.log.info("capture.exported", capture=number, by=by)
        return found


def _taps(recorder: Recorder, serial: str) -> Taps:
    if recorder.taps is None:
        raise GatepostError(
            "capture.off",
            "nothing is captured here.",
            place="setting capture.mode",
            remedy='Set it to "on-fault" and start the gateway again.',
        )
    if len(recorder.taps.recordings.keys() - {Serial(serial)}) >= MOST_RECORDINGS:
        raise GatepostError(
            "capture.too_many",
            f"{MOST_RECORDINGS} terminals are being recorded already.",
            place=f"capture {serial}",
            remedy="Wait until one of these recordings has ended.",
        )
    return recorder.taps


def _brief(one: CaptureSummary) -> dict[str, Any]:
    return {
        "number": one.id,
        "kept_ms": one.kept_ms,
        "serial": one.serial,
        "peer": one.peer,
        "dialect": one.dialect,
        "firmware": one.firmware,
        "code": one.code,
        "whole": one.whole,
        "redaction": one.redaction.value,
        "first_ms": one.first_ms,
        "last_ms": one.last_ms,
        "size": one.size,
    }
