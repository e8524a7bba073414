"""A codec from outside the tree that raises, beside one that works."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.badinput.bench import Bench
from tests.badinput.peers import Peer, Unit
from tests.support.gateways import Gateway, Site, running
from tests.support.postgres import open_folder

PLUGIN = """
from tests.support.lines import LineConversation, line_dialect

from gateway.domain.requests import MeasureClock


class Conversation(LineConversation):
    def submit(self, request, now):
        return [] if isinstance(request, MeasureClock) else super().submit(request, now)


DIALECT = line_dialect(conversation=Conversation, opening=lambda head: head.startswith(b"HELLO"))
"""
"""What a vendor installs: the miniature protocol of text lines, whose BOOM makes it raise."""


def install(folder: Path) -> None:
    """Put a distribution with its entry point where Python finds it, as pip would."""
    (folder / "vendor_lines.py").write_text(PLUGIN)
    info = folder / "vendor_lines-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: vendor-lines\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[gateway.codecs]\nlines = vendor_lines:DIALECT\n")


@pytest.fixture(scope="module")
def gateway() -> Iterator[Gateway]:
    with open_folder() as folder:
        plugins = folder / "plugins"
        plugins.mkdir()
        install(plugins)
        found = os.pathsep.join(filter(None, (str(plugins), os.environ.get("PYTHONPATH"))))
        site = Site(folder, '[dialects]\nenabled = ["yls", "lines"]\n')
        with running(site, environ={"PYTHONPATH": found}) as gateway:
            yield gateway


@pytest.fixture
def bench(gateway: Gateway) -> Iterator[Bench]:
    bench = Bench(gateway)
    yield bench
    bench.close()


def login(unit: Unit) -> Peer:
    peer = unit.stranger()
    peer.send(f"HELLO {unit.serial}\n".encode())
    assert peer.line().startswith("IN ")
    return peer


def test_a_codec_that_raises(bench: Bench) -> None:
    lines, yls = bench.unit(dialect="lines"), bench.unit()
    with bench.row("a codec that raises") as row:
        neighbour = yls.login()
        terminal = login(lines)
        terminal.send(b"REC 1\n")
        assert terminal.line() == "ACK 1"
        terminal.send(b"REC 2\nBOOM\n")
        assert terminal.rest() == b""
        row.counted("gatepost_codec_errors_total")
        line = row.logged("session.codec_error", serial=lines.serial, error="Boom")
        assert line["at"].startswith("lines.py:")
        assert "somebody" not in bench.gateway.text()
        row.counted("gatepost_connections_closed_total", reason="codec_error")
        assert neighbour.record(yls.group(1)).holds(1)
        again = login(lines)
        again.send(b"REC 1\nREC 2\n")
        assert {again.line(), again.line()} == {"ACK 1", "ACK 2"}
        assert sorted(n for n, _, _ in bench.found(lines).passages) == [1, 2]
        bench.assert_stored(yls)


def test_first_bytes_of_no_protocol(bench: Bench) -> None:
    unit = bench.unit()
    with bench.row("first bytes of no protocol, where several are served") as row:
        member = unit.login()
        stranger = unit.stranger()
        stranger.send(b"GET / HTTP/1.1\r\n\r\n")
        assert stranger.rest() == b""
        row.counted("gatepost_connections_closed_total", reason="unrecognised")
        row.logged("session.closed", peer=unit.source, reason="unrecognised")
        assert member.record(unit.group(1)).holds(1)
        bench.assert_stored(unit)
