"""Examining a terminal over real sockets: the reference dials in, and is dialled."""

from __future__ import annotations

import os
import re
import select
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from click.testing import CliRunner
from gateway.codecs.api import Context
from gateway.codecs.kit.exam import Candidate
from gateway.codecs.kit.report import Report, Verdict
from gateway.codecs.yls.clauses import CLAUSES
from gateway.codecs.yls.device import YlsDevice
from gateway.codecs.yls.examiner import YlsExaminer
from gateway.codecs.yls.people import PeopleStore
from gateway.codecs.yls.station import Station
from gateway.codecs.yls.store import RecordStore

from gateway.cli.codec import codec
from gateway.cli.examine import dialling, examine, listening
from gateway.domain.times import Instant
from tests.codecs.yls.pair import CONFIG
from tests.codecs.yls.vectors import EPOCH, KEY

SILENT = {"7.4", "10.3"}
"""Clauses in which an honest terminal lets an answer time pass."""
QUICK = tuple(one for one in CLAUSES if one.code not in SILENT)


PAGE = Path(__file__).parents[2] / "docs" / "vendors" / "checking-a-terminal.md"


class Terminal:
    """The reference terminal on a thread, with real sockets and the real clock."""

    def __init__(self) -> None:
        self.store = RecordStore(EPOCH)
        self.station = Station(people=PeopleStore())
        self.over = threading.Event()

    def now(self) -> Instant:
        return Instant(time.monotonic(), time.time_ns() // 1_000_000)

    def serve(self, line: socket.socket) -> None:
        config = Context(entropy=os.urandom)
        device = YlsDevice(CONFIG, config, self.store, self.station)
        device.start(self.now())
        with line:
            while device.closing is None and not self.over.is_set():
                try:
                    line.sendall(device.output())
                    if select.select([line], [], [], 0.02)[0]:
                        data = line.recv(65_536)
                        if not data:
                            return
                        device.feed(data, self.now())
                except OSError:
                    return
                device.tick(self.now())

    def dial(self, port: int) -> None:
        while not self.over.is_set():
            try:
                self.serve(socket.create_connection(("127.0.0.1", port), timeout=5))
            except OSError:
                return

    def wait(self, server: socket.socket) -> None:
        while not self.over.is_set():
            if select.select([server], [], [], 0.02)[0]:
                self.serve(server.accept()[0])


def examiner() -> YlsExaminer:
    return YlsExaminer(Candidate(secret=KEY, entropy=os.urandom), QUICK)


def honest(report: Report) -> None:
    assert report.passed, report.text()
    passed = [one for one in report.findings if one.verdict is Verdict.PASSED]
    assert len(passed) >= 12, report.text()


def test_a_terminal_that_dials() -> None:
    one, terminal = examiner(), Terminal()
    server, accept = listening("127.0.0.1", 0)
    with server:
        port = server.getsockname()[1]
        thread = threading.Thread(target=terminal.dial, args=(port,))
        thread.start()
        examine(one, accept, seconds=60)
    terminal.over.set()
    thread.join()
    honest(one.report())


def test_a_terminal_that_is_dialled() -> None:
    one, terminal = examiner(), Terminal()
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=terminal.wait, args=(server,))
        thread.start()
        examine(one, dialling("127.0.0.1", server.getsockname()[1]), seconds=60)
        terminal.over.set()
        thread.join()
    honest(one.report())


def test_the_terminal_of_the_page_for_vendors_is_one(tmp_path: Path) -> None:
    (text,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "key.hex").write_text(f"{KEY.hex()}\n")
    one = examiner()
    server, accept = listening("127.0.0.1", 0)
    with server:
        script = text.replace("7000", str(server.getsockname()[1]))
        (tmp_path / "terminal.py").write_text(script)
        with subprocess.Popen([sys.executable, "terminal.py"], cwd=tmp_path) as process:
            examine(one, accept, seconds=60)
            process.kill()
    honest(one.report())


def test_nobody_comes(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text(KEY.hex())
    ran = CliRunner().invoke(
        codec,
        ["check", "yls", "--device", "listen:0", "--key-file", str(key), "--seconds", "0"],
    )
    assert "no terminal logged in" in ran.output
    assert ran.output.count("not exercised") >= len(CLAUSES)
    assert ran.exit_code == 1


@pytest.mark.parametrize("text", ["", "00", "xyz"])
def test_a_key_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    key = tmp_path / "key"
    key.write_text(text)
    ran = CliRunner().invoke(
        codec, ["check", "yls", "--device", "listen:0", "--key-file", str(key)]
    )
    assert ran.exit_code != 0
    assert "codec.key" in ran.output + str(ran.exception)
