"""Tiers, purity and coverage: what is asked for at which tier, judged on values."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
from gateway.codecs.kit.case import Bench
from gateway.codecs.kit.purity import faults
from gateway.codecs.kit.report import Finding, Report, Verdict
from gateway.codecs.kit.run import CHECKS, run
from gateway.codecs.kit.tiers import DEMANDS, Tier, obstacles, reached, tiered

from tests.codecs.acme import ACME
from tests.codecs.acme_hooks import HOOKS
from tests.codecs.fixtures import finding, transcripts

SOURCE = Path(__file__).parents[1] / "acme.py"


def made(**verdicts: Verdict) -> list[Finding]:
    return [
        Finding(code=code, title=code, verdict=verdicts.get(code, Verdict.PASSED))
        for code in CHECKS
    ]


def test_every_property_belongs_to_one_tier() -> None:
    codes = [code for demand in DEMANDS.values() for code in demand.codes]
    assert sorted(codes) == sorted(CHECKS)
    assert all(demand.proven <= set(demand.codes) for demand in DEMANDS.values())


@pytest.mark.parametrize(
    ("verdicts", "tier"),
    [
        ({}, Tier.GOLD),
        ({"G3": Verdict.NOT_APPLICABLE}, Tier.SILVER),
        ({"P11": Verdict.NOT_APPLICABLE, "G1": Verdict.FAILED}, Tier.SILVER),
        ({"P8": Verdict.FAILED}, Tier.BRONZE),
        ({"P7": Verdict.FAILED}, Tier.NONE),
        ({"P16": Verdict.FAILED}, Tier.NONE),
        ({"P10": Verdict.NOT_APPLICABLE}, Tier.BRONZE),
        ({"P3": Verdict.NOT_APPLICABLE, "P17": Verdict.NOT_APPLICABLE}, Tier.BRONZE),
        ({"P0": Verdict.NOT_APPLICABLE}, Tier.NONE),
        ({"P12": Verdict.FAILED, "P7": Verdict.FAILED}, Tier.NONE),
    ],
)
def test_a_tier_is_reached_when_nothing_is_missing_in_it_or_below(
    verdicts: dict[str, Verdict], tier: Tier
) -> None:
    assert reached(made(**verdicts)) is tier


def test_what_was_not_checked_is_not_reached() -> None:
    assert reached([]) is Tier.NONE
    assert reached(made()[:1]) is Tier.NONE


def test_what_was_not_tried_is_not_called_complete() -> None:
    only = Finding(code="P0", title="P0", verdict=Verdict.FAILED)
    text = tiered(Report(dialect="acme/1", findings=(only,)))
    assert "missing P0" in text
    assert text.count(": not tried\n") == 2


def test_the_report_names_what_is_missing() -> None:
    report = Report(dialect="acme/1", findings=tuple(made(P8=Verdict.FAILED)))
    text = tiered(report)
    assert text.startswith("acme/1: bronze reached\n")
    assert "later firmware does not stop it: missing P8" in text
    assert "\n  P0  passed         P0\n" in text
    assert [f.code for f in obstacles(Tier.SILVER, report.findings)] == ["P8"]


def test_the_worked_example_is_silver_when_it_is_fuzzed_for_a_minute() -> None:
    ticking = count(0.0, 0.5)
    bench = Bench(
        sources={"acme.py": SOURCE.read_text()}, clock=lambda: next(ticking), fuzz_seconds=60.0
    )
    report = run(ACME, transcripts(), random.Random(5), HOOKS, bench=bench)
    late = {f.code: f.detail for f in obstacles(Tier.SILVER, report.findings)}
    assert set(late) == {"P15"}, tiered(report)  # half a second for each look at this clock
    assert "500.0 ms for" in late["P15"]


def test_events_that_no_transcript_expects_are_named() -> None:
    text = SOURCE.read_text() + "\nRangeAnswered(accepted=True, code=1)\n"
    report = run(ACME, transcripts(), random.Random(5), bench=Bench(sources={"acme.py": text}))
    assert "no transcript expects RangeAnswered" in finding(report, "P13").detail


def test_a_dialect_that_claims_ours_is_named() -> None:
    greedy = replace(ACME, name="greedy")
    report = run(ACME, transcripts(), random.Random(5), bench=Bench(others=(greedy,)))
    assert "greedy claims 41 43 10" in finding(report, "P19").detail


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import time", "imports time: the time is an argument"),
        ("from os import path", "imports os: a codec opens nothing"),
        ("import urllib.request as r", "imports urllib.request: bytes come through feed"),
        ("from gateway.storage import pool", "a codec sees gateway.codecs and gateway.domain only"),
        ("x = open('f')", "calls open(): a codec has no input or output"),
        ("import datetime\nx = datetime.datetime.now()", "calls datetime.now(): the time is"),
        ("def f():\n    import logging", "imports logging: return an event"),
        ("eval('1')", "calls eval(): what runs must be in the text"),
    ],
)
def test_impure_text_is_found(text: str, said: str) -> None:
    assert any(said in what for _, what in faults(text))


@pytest.mark.parametrize(
    "text",
    ["import hashlib, struct, datetime", "from . import frames", "from gateway.codecs import tlv"],
)
def test_pure_text_is_not(text: str) -> None:
    assert list(faults(text)) == []
