"""The transcripts play as written, the worked vectors are among them, the kit finds nothing."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from gateway.codecs.hikvision import DIALECT
from gateway.codecs.hikvision.hooks import HOOKS
from gateway.codecs.kit.report import Verdict
from gateway.codecs.kit.run import CHECKS, run
from gateway.codecs.replay import REQUESTS, replay
from gateway.codecs.transcript import Transcript, read_transcript

from tests.codecs.hikvision.vectors import FOLDER, VECTORS

FILES = sorted(FOLDER.glob("*.wire"))
NOT_APPLICABLE = {"G3", "G4", "G6", "P11", "P12", "P13", "P3", "P6", "P9"}
"""No line that invents bytes, no checksum, no fast path, no firmware table, no sources given here,
and services that interface version 1 does not have.
G4, G5 and G6 are people, orders and upgrades: those travel from the gateway to a terminal.
"""


def transcript(path: Path) -> Transcript:
    return read_transcript(path.read_text(encoding="utf-8"), path.name)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_transcript_plays_as_written(path: Path) -> None:
    script = transcript(path)
    make = HOOKS.device if script.header.role == "device" else DIALECT.conversation
    assert make is not None
    deviations = replay(script, make, (*REQUESTS, *HOOKS.requests))
    assert [str(deviation) for deviation in deviations] == []


def streams(sigil: str, role: str) -> list[bytes]:
    found = []
    for path in FILES:
        script = transcript(path)
        lines = [line.what for line in script.lines if line.sigil == sigil]
        if script.header.role == role:
            found.append(b"".join(line for line in lines if isinstance(line, bytes)))
    return found


@pytest.mark.parametrize("name", ["C1", "C2", "C13", "C14", "M1", "M2"])
def test_what_a_terminal_sends_in_the_vectors_is_played(name: str) -> None:
    assert any(VECTORS[name] in stream for stream in streams(">", "server"))


@pytest.mark.parametrize("name", ["C1", "C2", "C13", "C5b"])
def test_the_reference_terminal_sends_the_vectors_to_the_byte(name: str) -> None:
    assert any(VECTORS[name] in stream for stream in streams(">", "device"))


@pytest.mark.parametrize("name", ["C1r", "C3", "C3f", "C13r"])
def test_the_gateway_answers_as_in_the_vectors(name: str) -> None:
    assert any(VECTORS[name] in stream for stream in streams("<", "server"))


def test_the_conformance_kit_finds_nothing() -> None:
    report = run(DIALECT, [transcript(path) for path in FILES], random.Random(7), HOOKS)
    failed = [(one.code, one.detail) for one in report.findings if one.verdict is Verdict.FAILED]
    passed = {one.code for one in report.findings if one.verdict is Verdict.PASSED}
    assert failed == []
    assert passed >= set(CHECKS) - NOT_APPLICABLE
