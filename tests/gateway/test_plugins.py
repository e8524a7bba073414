"""Installed plug-ins, good and bad, seen from outside: the command, the pages, the others."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from gateway.codecs.transcript import read_transcript

from gateway.domain.errors import GatepostError
from tests.support.gateways import Gateway, Site, running
from tests.support.plugins import install
from tests.support.postgres import open_folder

LOGIN = Path(__file__).parents[2] / "fixtures/yls/login_and_record.wire"
GOOD = """
from dataclasses import replace
from tests.support.lines import line_dialect

LINES = line_dialect("lines", opening=lambda first: first[:1].isalpha() and first[:2] != b"YL")
FUTURE = replace(LINES, name="future", api=99)
GREEDY = line_dialect("yls")
def unable(first):
    raise IndexError("hostile")
BROKEN = line_dialect("broken", opening=unable)
"""
BAD = {
    "raises": "raise RuntimeError('licence expired')",
    "leaves": "import sys; sys.exit(3)",
    "absent": "import a_module_nobody_has",
}


@pytest.fixture(scope="module")
def plugins(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("plugins")
    names = {"lines": "LINES", "future": "FUTURE", "yls": "GREEDY", "broken": "BROKEN"}
    install(folder, "lines-gateway", GOOD, {k: f"lines_gateway:{v}" for k, v in names.items()})
    for name, source in BAD.items():
        install(folder, f"{name}-gateway", source, {name: f"{name}_gateway:X"})
    return folder


def environ(plugins: Path) -> dict[str, str]:
    return {"PYTHONPATH": f"{plugins}{os.pathsep}{Path(__file__).parents[2]}"}


@pytest.fixture(scope="module")
def gateway(plugins: Path) -> Iterator[Gateway]:
    served = '[dialects]\nenabled = ["broken", "yls", "lines"]\n'
    with (
        open_folder() as folder,
        running(Site(folder, served), environ=environ(plugins)) as process,
    ):
        yield process


def test_the_list_names_what_works_and_why_the_rest_does_not(plugins: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "gateway", "codec", "list"],
        env={**os.environ, **environ(plugins)},
        capture_output=True,
        text=True,
        check=True,
    )
    shown = ran.stdout
    assert {line.split()[0] for line in shown.splitlines()} >= {"broken", "cti", "lines", "yls"}
    assert "text lines (lines-gateway 0.3)" in shown
    for said in (
        "raises      unusable (import): raises_gateway:X cannot be imported: RuntimeError: licence",
        "leaves      unusable (import): leaves_gateway:X cannot be imported: SystemExit: 3",
        "absent      unusable (import): absent_gateway:X cannot be imported: ModuleNotFoundError",
        "future      unusable (api): lines_gateway:FUTURE targets API 99, this gateway has 1",
        "yls         unusable (clash): lines_gateway:GREEDY claims a name in use (package lines",
    ):
        assert said in shown


def test_what_cannot_be_used_is_a_note_and_a_figure(gateway: Gateway) -> None:
    code, body = gateway.page("/readyz")
    assert code == 200
    (note,) = json.loads(body)["notes"]
    assert note["name"] == "codecs"
    assert "raises: raises_gateway:X cannot be imported" in note["reason"]
    figures = gateway.figures()
    counted = {f: figures[f'gatepost_codecs_unusable{{fault="{f}"}}'] for f in ("import", "clash")}
    assert counted == {"import": 3, "clash": 1}
    assert figures['gatepost_codecs_unusable{fault="api"}'] == 1
    assert gateway.logged("codec.unusable", codec="future", fault="api")


def test_both_dialects_are_served_on_one_port_in_spite_of_a_broken_one(gateway: Gateway) -> None:
    hello = read_transcript(LOGIN.read_text(), "login").lines[0].what
    assert isinstance(hello, bytes)
    for said, heard in ((hello, b"YL\x19\x21"), (b"BEAT\n", b"BEA")):
        with socket.create_connection(("127.0.0.1", gateway.site.port), timeout=10) as link:
            link.sendall(said[:1])
            link.sendall(said[1:])
            assert link.recv(len(heard)) == heard
    assert gateway.await_logged("codec.opening_failed", codec="broken/1")["error"] == "IndexError"


def test_history_is_read_again_through_a_running_gateway(gateway: Gateway) -> None:
    command = ["replay", "yls", "--config", str(gateway.site.config), "--since", "2026-01-01"]
    ran = subprocess.run(
        [sys.executable, "-m", "gateway", "codec", *command, "--apply"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout == "0 records read, 0 stored as new versions.\n"
    with pytest.raises(GatepostError, match="no way to read a stored record"):
        gateway.ask("codec.replay", dialect="lines", since_ms=0, apply=False)
    with pytest.raises(GatepostError, match="no usable dialect"):
        gateway.ask("codec.replay", dialect="nobody", since_ms=0, apply=False)


def test_strict_makes_the_same_plug_ins_a_reason_not_to_be_ready(
    plugins: Path,
) -> None:
    with (
        open_folder() as folder,
        running(Site(folder, "[codecs]\nstrict = true"), environ=environ(plugins)) as gateway,
    ):
        code, body = gateway.page("/readyz")
        assert code == 503
        (check,) = [c for c in json.loads(body)["checks"] if c["name"] == "codecs"]
        assert "future: lines_gateway:FUTURE targets API 99" in check["reason"]
