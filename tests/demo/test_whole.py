"""The demo as whoever types one command meets it: a real process, from its start to its end."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.postgres import open_folder
from tests.support.processes import naming
from tests.support.waiting import wait_for

START = "PostgreSQL and the gateway start"
KILLED = "The gateway is killed with kill -9"
FIGURES = re.compile(
    r"(\d+) sent, (\d+) acknowledged, (\d+) stored, lost (\d+), twice (\d+)$", re.MULTILINE
)
VERDICT = re.compile(
    r"14 terminals recorded (\d+) events; (\d+) were acknowledged \((\d+) of them back-filled\),"
    r" (\d+) are stored\.\n"
    r"  hikvision: 1 terminals, (\d+) events, (\d+) acknowledged, (\d+) stored\.\n"
    r"  yls: 13 terminals, .*\n"
    r"Pictures: (\d+) taken, (\d+) stored\.\n"
    r"Verifications: \d+ asked, .*\n"
    r"Faces: (\d+) recognised, \d+ strangers turned away, \d+ enrolled people not recognised,"
    r" 0 let in wrongly\.\nAnswered after: .*\n"
    r"Every promise was kept: nothing lost, nothing stored twice, nothing invented\."
)
LIMIT_S = 120
"""After so many seconds the demo hangs, even on a busy machine."""


@pytest.fixture
def folder() -> Iterator[Path]:
    with open_folder() as made:
        made.chmod(0o1777)  # a temporary folder like /tmp
        yield made


@contextmanager
def demo(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Play a small demo whose temporary folder is ``folder``."""
    process = subprocess.Popen(
        [sys.executable, "-m", "gateway", "demo", "--terminals", "12", "--seconds", "8"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # A proxy for the internet must not stand between the demo and its own gateway.
        env={**os.environ, "TMPDIR": str(folder), "http_proxy": "http://127.0.0.1:9"},
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(LIMIT_S)


def read_until(process: subprocess.Popen[str], caption: str) -> None:
    assert process.stdout is not None
    read = []
    for line in process.stdout:
        read.append(line)
        if caption in line:
            return
    raise AssertionError(f"the demo ended before {caption!r}:\n{''.join(read)}")


def left_behind(folder: Path) -> tuple[list[str], list[Path]]:
    return naming(folder), list(folder.iterdir())


def making_its_database(folder: Path) -> bool:
    return any("initdb" in command for command in naming(folder))


def test_a_small_demo_keeps_every_promise_and_leaves_nothing(folder: Path) -> None:
    with demo(folder) as process:
        text, _ = process.communicate(timeout=LIMIT_S)
    assert process.returncode == 0, text
    assert "Shortened for the demo: heartbeat every 5 s (default 30 s)." in text
    for happening in (START, "has no network", KILLED, "is back and sends what it kept"):
        assert happening in text
    found = VERDICT.search(text)
    assert found is not None, text
    sent, acknowledged, backfilled, stored, *rest = map(int, found.groups())
    ours, answered, kept, taken, pictures, known = rest
    assert sent == acknowledged == stored > 100
    assert backfilled > 0
    assert ours == answered == kept > 5
    assert taken == pictures > 0
    assert known > 0
    assert "12 terminals and 2 on serial lines" in text
    assert left_behind(folder) == ([], [])
    no_figure_contradicts_a_promise(text)


def no_figure_contradicts_a_promise(text: str) -> None:
    """What was acknowledged is stored, and what is stored was sent: at every moment shown."""
    lines = [tuple(map(int, line)) for line in FIGURES.findall(text)]
    assert len(lines) >= 6
    for sent, acknowledged, stored, lost, twice in lines:
        assert acknowledged <= stored <= sent
        assert (lost, twice) == (0, 0)
    assert lines[-1][2] > 0


@pytest.mark.parametrize(
    ("caption", "number"),
    [(START, signal.SIGINT), (KILLED, signal.SIGINT), (START, signal.SIGHUP)],
    ids=["while it starts", "while the killed gateway restarts", "the terminal closes"],
)
def test_whoever_stops_it_midway_finds_nothing_left(
    folder: Path, caption: str, number: signal.Signals
) -> None:
    with demo(folder) as process:
        read_until(process, caption)
        if caption == START:
            wait_for(lambda: making_its_database(folder), "the database is made")
        assert naming(folder)
        process.send_signal(number)
        read_until(process, "Ending the gateway and its database")
        process.send_signal(number)  # impatience must not cut the clearing up short
        text, _ = process.communicate(timeout=LIMIT_S)
    assert process.returncode == 130, text
    assert text.endswith("Stopped; nothing is left running. / 已停止，没有遗留任何进程。\n")
    assert "Traceback" not in text
    assert left_behind(folder) == ([], [])
