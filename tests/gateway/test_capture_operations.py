"""Who may record what: the refusals that need no database."""

from __future__ import annotations

import asyncio
from typing import cast

import pytest
from gateway.protocols.capture import CaptureLimits, Taps
from gateway.storage.opening import Storage

from gateway.capture_operations import MOST_RECORDINGS, CaptureOperations, Recorder
from gateway.capture_settings import CaptureSection
from gateway.domain.errors import GatepostError
from gateway.domain.ids import Serial
from gateway.domain.times import Instant
from tests.support.captures import ListInbox
from tests.support.sessions import SilentLog

NOW = Instant(1000.0, 1_788_325_456_000)
NO_STORAGE = cast(Storage, None)
"""A refusal that asked the database first would fail on it."""


def recorder(log: SilentLog, taps: Taps | None, *, allowed: bool = False) -> Recorder:
    return Recorder(
        taps=taps,
        settings=CaptureSection(full_in_production=allowed),
        production=True,
        clock=lambda: NOW,
        log=log,
    )


def refusal(made: Recorder | None, *, full: bool) -> str:
    operations = CaptureOperations(NO_STORAGE, made)
    with pytest.raises(GatepostError) as caught:
        asyncio.run(operations.start("YLS-1", 5, full, "somebody"))
    assert caught.value.remedy
    return caught.value.code


def test_without_a_gateway_or_with_captures_off_there_is_nothing_to_record() -> None:
    assert refusal(None, full=False) == "capture.not_running"
    assert refusal(recorder(SilentLog(), None), full=False) == "capture.off"


def test_in_production_everything_is_refused_to_be_recorded_and_that_is_logged() -> None:
    log = SilentLog()
    taps = Taps(CaptureLimits(), ListInbox())
    assert refusal(recorder(log, taps), full=True) == "capture.full_refused"
    assert log.lines == [("capture.refused", {"serial": "YLS-1", "by": "somebody"})]
    assert taps.recordings == {}
    # What is allowed gets as far as asking whether there is such a terminal.
    for full, allowed in ((False, False), (True, True)):
        operations = CaptureOperations(NO_STORAGE, recorder(log, taps, allowed=allowed))
        with pytest.raises(AttributeError):
            asyncio.run(operations.start("YLS-1", 5, full, "somebody"))


def test_only_so_many_are_recorded_at_a_time() -> None:
    taps = Taps(CaptureLimits(), ListInbox())
    for number in range(MOST_RECORDINGS):
        taps.record(Serial(f"T-{number}"), seconds=60, full=False, now=NOW)
    assert refusal(recorder(SilentLog(), taps), full=False) == "capture.too_many"
    later = Instant(NOW.mono + 61, NOW.wall)
    taps.record(Serial("T-99"), seconds=60, full=False, now=later)
    assert list(taps.recordings) == ["T-99"]
