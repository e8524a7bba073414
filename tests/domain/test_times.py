from __future__ import annotations

import pytest

from gateway.domain.times import (
    FUTURE_LIMIT_MS,
    LATEST_MS,
    OLDEST_PLAUSIBLE_MS,
    TimeVerdict,
    correct,
)
from tests.support.reports import NOW


def test_a_measured_offset_is_applied_beside_the_original() -> None:
    time = correct(NOW.wall + 90_000, 90_000, NOW)
    assert (time.device_ms, time.corrected_ms, time.offset_ms) == (
        NOW.wall + 90_000,
        NOW.wall,
        90_000,
    )
    assert time.verdict is TimeVerdict.PLAUSIBLE


def test_a_time_beyond_all_reason_fits_what_it_is_stored_in() -> None:
    for offset in (None, LATEST_MS, -LATEST_MS):
        time = correct(2**64 - 1, offset, NOW)
        assert time.device_ms == LATEST_MS
        assert abs(NOW.wall - time.corrected_ms) < 2**63
    assert correct(LATEST_MS, None, NOW).device_ms == LATEST_MS


def test_an_offset_measured_before_the_clock_was_set_moves_nothing_into_the_future() -> None:
    for slow in (-3_600_000, OLDEST_PLAUSIBLE_MS - NOW.wall, -NOW.wall):
        time = correct(NOW.wall - 50, slow, NOW)
        assert (time.corrected_ms, time.offset_ms) == (NOW.wall - 50, None)
        assert time.verdict is TimeVerdict.PLAUSIBLE
    kept = correct(NOW.wall - 3_600_000, -3_600_000, NOW)  # taken before it was set
    assert (kept.corrected_ms, kept.offset_ms) == (NOW.wall, -3_600_000)
    ahead = correct(NOW.wall + 90_000, -90_000, NOW)
    assert ahead.verdict is TimeVerdict.FUTURE


def test_an_unknown_offset_stays_unknown() -> None:
    time = correct(NOW.wall, None, NOW)
    assert time.offset_ms is None
    assert time.corrected_ms == NOW.wall


@pytest.mark.parametrize(
    ("device_ms", "verdict"),
    [
        (NOW.wall + FUTURE_LIMIT_MS, TimeVerdict.PLAUSIBLE),
        (NOW.wall + FUTURE_LIMIT_MS + 1, TimeVerdict.FUTURE),
        (NOW.wall - 86_400_000, TimeVerdict.PLAUSIBLE),
        (OLDEST_PLAUSIBLE_MS, TimeVerdict.PLAUSIBLE),
        (OLDEST_PLAUSIBLE_MS - 1, TimeVerdict.BEFORE_SYSTEM),
        (0, TimeVerdict.BEFORE_SYSTEM),
    ],
)
def test_verdicts_at_their_boundaries(device_ms: int, verdict: TimeVerdict) -> None:
    assert correct(device_ms, None, NOW).verdict is verdict


def test_a_time_from_before_the_clock_was_set_is_not_corrected() -> None:
    assert correct(5_000, 90_000, NOW).corrected_ms == 5_000


@pytest.mark.parametrize("offset_ms", [LATEST_MS, 40 * 365 * 86_400_000, -90_000 * 86_400_000])
def test_an_offset_that_makes_a_possible_time_impossible_is_out_of_date(offset_ms: int) -> None:
    """Measured when the clock was decades ahead, or behind, and set since."""
    time = correct(NOW.wall, offset_ms, NOW)
    assert (time.corrected_ms, time.offset_ms) == (NOW.wall, None)
    assert time.verdict is TimeVerdict.PLAUSIBLE
