"""The transcripts play as written, and the conformance kit finds nothing."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from gateway.codecs.kit.report import Verdict
from gateway.codecs.kit.run import run
from gateway.codecs.replay import REQUESTS, Make, replay
from gateway.codecs.transcript import Transcript, read_transcript
from gateway.codecs.yls import DIALECT
from gateway.codecs.yls.bench import BenchDevice
from gateway.codecs.yls.hooks import HOOKS, lengthen

from tests.codecs.yls import vectors

FOLDER = Path(__file__).parents[3] / "fixtures" / "yls"
FILES = sorted(FOLDER.glob("*.wire"))


def transcript(path: Path) -> Transcript:
    return read_transcript(path.read_text(encoding="utf-8"), path.name)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_transcript_plays_as_written(path: Path) -> None:
    played = transcript(path)
    make: Make = DIALECT.conversation if played.header.role == "server" else BenchDevice
    requests = (*REQUESTS, *HOOKS.requests)
    assert [str(deviation) for deviation in replay(played, make, requests)] == []


def test_the_worked_vectors_are_among_them() -> None:
    sent = b"".join(
        line.what
        for path in FILES
        for line in transcript(path).lines
        if isinstance(line.what, bytes)
    )
    for number in range(1, 14):  # V14's body is refused since 13.1: see test_people.py
        assert getattr(vectors, f"V{number}") in sent, f"V{number}"


def test_the_conformance_kit_finds_nothing() -> None:
    report = run(DIALECT, [transcript(path) for path in FILES], random.Random(7), HOOKS)
    found = {one.code: (one.verdict, one.detail) for one in report.findings}
    failed = {code: one for code, one in found.items() if one[0] is Verdict.FAILED}
    assert failed == {}
    assert all(found[f"P{number}"][0] is Verdict.PASSED for number in range(11))


def test_only_frames_that_others_may_change_are_lengthened() -> None:
    assert lengthen(vectors.V1) is None
    assert lengthen(vectors.V5) is None
    assert lengthen(vectors.V10) is None
    assert lengthen(b"noise") is None
    longer = lengthen(vectors.V12)
    assert longer is not None
    assert len(longer) == len(vectors.V12) + 9
