"""The transcripts play as written, and the conformance kit finds nothing."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from gateway.codecs.cti import DIALECT
from gateway.codecs.cti.hooks import HOOKS
from gateway.codecs.kit.report import Verdict
from gateway.codecs.kit.run import run
from gateway.codecs.replay import replay
from gateway.codecs.transcript import Transcript, read_transcript

from tests.codecs.cti import vectors

FOLDER = Path(__file__).parents[3] / "fixtures" / "cti"
FILES = sorted(FOLDER.glob("*.wire"))
NOT_APPLICABLE = {3, 6, 10}
"""No line that invents bytes, no checksum over the header, no message that may grow."""


def transcript(path: Path) -> Transcript:
    return read_transcript(path.read_text(encoding="utf-8"), path.name)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_transcript_plays_as_written(path: Path) -> None:
    assert [str(deviation) for deviation in replay(transcript(path), DIALECT.conversation)] == []


def test_the_worked_vectors_are_among_them() -> None:
    lines = transcript(FOLDER / "login_and_record.wire").lines
    sent = [line.what for line in lines if line.sigil == ">"]
    assert vectors.HEARTBEAT in sent
    assert vectors.ATTENDANCE in sent
    assert isinstance(sent[0], bytes)
    assert sent[0][-3] == vectors.LOGIN_XOR


def test_the_conformance_kit_finds_nothing() -> None:
    report = run(DIALECT, [transcript(path) for path in FILES], random.Random(7), HOOKS)
    failed = [(one.code, one.detail) for one in report.findings if one.verdict is Verdict.FAILED]
    passed = {one.code for one in report.findings if one.verdict is Verdict.PASSED}
    assert failed == []
    assert passed >= {f"P{number}" for number in range(11) if number not in NOT_APPLICABLE}
