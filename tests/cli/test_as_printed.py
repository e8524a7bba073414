"""The commands that the documents print, run as they are printed."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.gateways import free_port
from tests.support.postgres import open_folder
from tests.support.waiting import wait_for

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("README.md", "docs/operators/README.md", "docs/operators/simulator.md")
SHORTER = {"--terminals 200": "--terminals 12", "--duration 600": "--duration 60", ":10:15": ":1:3"}
"""What a test does not wait for; each must still be printed."""
LIMIT_S = 300


def printed(page: str) -> list[list[str]]:
    """Return the commands of a page's shell blocks, comments and continuations resolved."""
    text = (ROOT / page).read_text(encoding="utf-8")
    blocks = "".join(re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL))
    if page.endswith("simulator.md"):
        for long, short in SHORTER.items():
            assert long in blocks
            blocks = blocks.replace(long, short)
    words = (shlex.split(line, comments=True) for line in blocks.replace("\\\n", "").splitlines())
    return [
        [word for word in line[1:] if word != "&"]
        for line in words
        if line and line[0].removeprefix(".venv/bin/") == "gatepost"
    ]


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that looks like a clone to whoever types commands in it."""
    with open_folder() as made:
        for name in ("docs", "fixtures"):
            (made / name).symlink_to(ROOT / name)
        yield made


def environment(folder: Path) -> Mapping[str, str]:
    """Keep apart from other gateways on this machine."""
    return {
        **{name: text for name, text in os.environ.items() if not name.startswith("GATEPOST_")},
        "GATEPOST_GATEWAY__DATA_DIR": str(folder / "data"),
        "GATEPOST_LISTEN__TCP": f"127.0.0.1:{free_port()}",
        "GATEPOST_WEB__LISTEN": f"127.0.0.1:{free_port()}",
    }


@contextmanager
def served(folder: Path, environ: Mapping[str, str], words: list[str]) -> Iterator[None]:
    log = folder / "serve.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "gateway", *words],
            stdout=output,
            stderr=output,
            cwd=folder,
            env=environ,
            start_new_session=True,
        )
    try:
        wait_for(lambda: '"gateway.started"' in log.read_text() or process.poll(), "it starts", 60)
        assert process.poll() is None, log.read_text()
        yield
    finally:
        process.terminate()
        assert process.wait(60) == 0, log.read_text()


def succeed(folder: Path, environ: Mapping[str, str], words: list[str]) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "gateway", *words],
        capture_output=True,
        text=True,
        cwd=folder,
        env=environ,
        timeout=LIMIT_S,
    )
    assert ran.returncode == 0, (words, ran.stdout, ran.stderr)
    assert "Traceback" not in ran.stderr
    assert ran.stdout


@pytest.mark.parametrize("page", PAGES)
def test_every_command_works_as_printed(page: str, folder: Path) -> None:
    commands = printed(page)
    environ = environment(folder)
    at = next(place for place, words in enumerate(commands) if words[0] == "serve")
    for words in commands[:at] or [["init"]]:
        succeed(folder, environ, words)
    with served(folder, environ, commands[at]):
        assert commands[at + 1 :]
        for words in commands[at + 1 :]:
            succeed(folder, environ, words)
