"""The gateway and its database die again and again under traffic, and no promise is broken."""

from __future__ import annotations

import asyncio
import os
import secrets
from datetime import UTC, datetime

import pytest

from benchmarks.report import record_soak
from gateway.crashpoints import POINTS
from tests.crash.campaign import SETTINGS, Campaign, Report
from tests.support.gateways import Site
from tests.support.postgres import open_folder

SEED_VARIABLE = "GATEPOST_CRASH_SEED"
"""Set it to what a failed run printed to play the same misfortunes again."""


def play(crashes: int) -> Report:
    seed = int(os.environ.get(SEED_VARIABLE) or secrets.randbelow(2**32))
    print(f"{SEED_VARIABLE}={seed}")
    with open_folder() as folder:
        site = Site(folder, SETTINGS)
        try:
            report = asyncio.run(Campaign(site, seed, crashes).run())
        finally:
            site.end_database()
    print(report)
    return report


def assert_kept(report: Report, crashes: int) -> None:
    assert report.broken == []
    assert report.crashes >= crashes
    assert report.recorded == report.acknowledged > crashes * 10
    for point in POINTS:
        assert report.deaths[f"gateway at a named point {point}"] > 0


def test_no_promise_is_broken_by_fifty_crashes() -> None:
    assert_kept(play(50), 50)


@pytest.mark.soak
def test_no_promise_is_broken_by_a_thousand_crashes() -> None:
    report = play(1000)
    # Recorded before it is judged: a run that broke a promise is the one to be read.
    record_soak(f"Made by `make soak` on {datetime.now(UTC):%Y-%m-%d}.\n\n```\n{report}\n```")
    assert_kept(report, 1000)
