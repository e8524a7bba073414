from __future__ import annotations

import pytest

from gateway.domain.errors import GatepostError
from gateway.people_input import day_ms

MIDNIGHT = 1_796_054_400_000
"""2026-12-01T00:00:00+08:00."""


@pytest.mark.parametrize(
    ("text", "last", "ms"),
    [
        ("2026-12-01", False, MIDNIGHT),
        (" 2026/12/1 ", False, MIDNIGHT),
        ("2026-11-30", True, MIDNIGHT),
        ("2026-12-01T07:00:00+08:00", True, MIDNIGHT + 7 * 3_600_000),
        ("2026-11-30 16:00:00+00:00", False, MIDNIGHT),
        ("2026-11-30T16:00:00Z", False, MIDNIGHT),
    ],
)
def test_days_are_chinas_and_the_last_one_counts(text: str, last: bool, ms: int) -> None:
    assert day_ms(text, place="to", last=last) == ms


@pytest.mark.parametrize(
    "text", ["", "2026-02-30", "01.12.2026", "2026-12-01T07:00:00", "tomorrow", "9999-12-31"]
)
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(GatepostError, match=r"person\.date") as caught:
        day_ms(text, place="to", last=True)
    assert caught.value.place == "to"
