"""From a terminal in the field to a fixture of its codec, by the documents' commands alone."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.gateways import Site, free_port, running
from tests.support.postgres import open_folder
from tests.support.waiting import wait_for

SERIAL = "SIM-CTI-0001"
SHIPPED = Path(__file__).parents[2] / "fixtures" / "cti"
PLAY = ("--dialect", "cti:1", "--duration", "20", "--passages", "4", "--seed", "5", "--json")


def gatepost(folder: Path, *words: str) -> str:
    start = [sys.executable, "-m", "gateway", *words]
    done = subprocess.run(start, capture_output=True, text=True, timeout=200, cwd=folder)
    assert done.returncode == 0, f"{words}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    """Record a terminal at a running gateway and export what it said as a transcript."""
    fixtures = tmp_path / "fixtures" / "cti"
    shutil.copytree(SHIPPED, fixtures)
    table = f'[[unproved]]\nlisten = "127.0.0.1:{free_port()}"\ndialect = "cti"\n'
    with open_folder() as folder:
        site = Site(folder, f'{table}devices = ["{SERIAL}=127.78.0.1"]\n')
        at = ("--config", str(site.config))

        def stored() -> list[dict[str, object]]:
            found: list[dict[str, object]] = json.loads(
                gatepost(folder, "capture", "list", *at, "--json")
            )
            return found

        with running(site):
            gatepost(folder, "simulate", *at, *PLAY)  # registers the terminal
            gatepost(folder, "capture", "start", *at, SERIAL)
            gatepost(folder, "simulate", *at, *PLAY)
            wait_for(lambda: bool(stored()), "the recording is stored", 30)
            (one,) = stored()
            file = fixtures / "found.wire"
            gatepost(folder, "capture", "export", *at, str(one["number"]), "-o", str(file))
    return file


def test_a_capture_becomes_a_fixture(exported: Path, tmp_path: Path) -> None:
    text = exported.read_text(encoding="utf-8")
    assert SERIAL in text
    assert "\n!" not in text
    diff = gatepost(tmp_path, "codec", "bless", "cti", str(exported), "--answer")
    assert '+! Admit {"session": 1' in diff
    assert "+= PassageReported" in diff
    clean = ("codec", "anonymise", "cti", str(exported), "--out", str(exported))
    gatepost(tmp_path, *clean)
    text = exported.read_text(encoding="utf-8")
    assert SERIAL not in text
    assert SERIAL.encode().hex(" ") not in text
    assert gatepost(tmp_path, "codec", "bless", "cti", "--answer", "--dry-run").endswith(
        " 0 changed.\n"
    )
    assert "cti/1: bronze reached" in gatepost(tmp_path, "codec", "check", "cti")
