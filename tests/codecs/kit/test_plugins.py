"""Plug-ins from outside the tree: built, installed, found by entry point, and checked."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PLUGINS = Path(__file__).parents[2] / "plugins"
SMALLEST_LINES = 80
"""What a codec that reaches bronze may take, in one file beside one transcript."""


def codec(site: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the command where no project lies, with what is installed in ``site``."""
    return subprocess.run(
        [sys.executable, "-m", "gateway", "codec", *words],
        cwd=site,
        env={**os.environ, "PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both plug-ins, built into wheels and installed without a network."""
    target = tmp_path_factory.mktemp("site")
    for name in ("turnstile", "careless"):
        source = tmp_path_factory.mktemp("source") / name
        shutil.copytree(PLUGINS / name, source)
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps"]
        command += ["--no-build-isolation", "--disable-pip-version-check", "--target", str(target)]
        ran = subprocess.run([*command, str(source)], capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stderr
    return target


def checked(site: Path, name: str) -> tuple[int, dict[str, Any]]:
    fixtures = PLUGINS / name / "fixtures" / name
    ran = codec(site, "check", name, "--fixtures", str(fixtures), "--fuzz", "1", "--json")
    answer: dict[str, Any] = json.loads(ran.stdout)
    return ran.returncode, answer


def test_an_installed_plug_in_is_found(site: Path) -> None:
    shown = codec(site, "list").stdout
    assert "turnstiles that speak lines (turnstile-gateway 0.1.0)" in shown
    assert shown.index("yls ") < shown.index("careless ") < shown.index("turnstile ")


def test_what_was_written_from_the_guide_reaches_bronze(site: Path) -> None:
    code, answer = checked(site, "turnstile")
    assert (code, answer["tier"]) == (0, "bronze"), answer
    assert [f for f in answer["findings"] if f["verdict"] == "FAILED"] == []


def test_it_is_one_small_file_and_one_transcript() -> None:
    folder = PLUGINS / "turnstile"
    (module,) = folder.glob("*.py")
    assert len(module.read_text().splitlines()) <= SMALLEST_LINES
    assert len(list(folder.rglob("*.wire"))) == 1


def test_the_careless_one_is_told_what_to_mend(site: Path) -> None:
    code, answer = checked(site, "careless")
    assert (code, answer["tier"]) == (1, "none")
    said = {f["code"]: f["detail"] for f in answer["findings"] if f["verdict"] == "FAILED"}
    for property_, words in {
        "P1": "byte by byte",
        "P4": "UnicodeDecodeError",
        "P7": "Send the answer in submit(), when Accept comes",
        "P8": "identities differ",
        "P12": "imports time: the time is an argument: use the Instant of feed or tick",
        "P13": "no transcript expects Heartbeat",
        "P14": "it must not end the conversation by an exception",
        "P16": "something outside it (a module, a class) keeps growing",
        "P18": "Dialect(time_basis=…) is missing",
        "P19": "opening() claims more than an eighth of 256 random beginnings",
    }.items():
        assert words in said[property_], said
