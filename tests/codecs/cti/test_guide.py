"""The vendors' worked example: its blocks run as printed, and the shipped codec agrees with it."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

from gateway.codecs.cti.server import CtiConversation
from gateway.codecs.replay import replay
from gateway.codecs.transcript import Transcript

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs/vendors/example-cti.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def test_every_step_runs_as_printed_and_the_shipped_codec_plays_its_transcript() -> None:
    session: dict[str, object] = {"__name__": "guide"}
    for block in blocks("python"):
        exec(compile(block, "docs/vendors/example-cti.md", "exec"), session)
    transcript = session["transcript"]
    assert isinstance(transcript, Transcript)
    assert replay(transcript, CtiConversation) == []


def test_the_commands_work_as_printed() -> None:
    (shell,) = blocks("sh")
    lines = [shlex.split(line)[1:] for line in shell.splitlines()]
    assert ["codec", "check", "cti"] in lines
    for words in lines:
        ran = subprocess.run(
            [sys.executable, "-m", "gateway", *words], capture_output=True, text=True, cwd=ROOT
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        assert "cti" in ran.stdout
