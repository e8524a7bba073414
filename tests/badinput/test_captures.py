"""What a running gateway keeps of input that did not decode, and what never gets there."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from gateway.codecs.transcript import Transcript, read_transcript
from gateway.codecs.yls.body import put, put_number
from gateway.codecs.yls.frame import HEADER, Frame, leading
from gateway.codecs.yls.limits import MOST_FRAME
from gateway.codecs.yls.registers import Command, Tlv

from gateway.domain.errors import GatepostError
from tests.badinput.bench import Bench
from tests.badinput.peers import Terminal, Unit
from tests.support.directories import secret_of
from tests.support.gateways import Gateway, Site, running
from tests.support.jpegs import jpeg
from tests.support.postgres import open_folder
from tests.support.waiting import wait_for

PICTURE = jpeg(900, note="somebody's face")
GARBAGE = b"GET /index.html HTTP/1.1\r\nHost: example\r\n\r\n" + b"x" * 200
PER_HOUR = 6


@pytest.fixture(scope="module")
def gateway() -> Iterator[Gateway]:
    with open_folder() as folder, running(Site(folder)) as gateway:
        yield gateway


@pytest.fixture
def bench(gateway: Gateway) -> Iterator[Bench]:
    bench = Bench(gateway)
    yield bench
    bench.close()


def captures(bench: Bench, wanted: int, **of: object) -> list[dict[str, Any]]:
    """Wait until so many captures have these fields."""

    def found() -> list[dict[str, Any]] | None:
        listed = [one for one in bench.gateway.ask("capture.list") if of.items() <= one.items()]
        return listed if len(listed) >= wanted else None

    return wait_for(found, f"{wanted} captures of {of}")


def show_picture(terminal: Terminal) -> None:
    """Send a picture as nobody may, readable on a plain link: it is refused, but was heard."""
    body = put_number(Tlv.BLOB_ID, 1, 4, critical=True)
    body += put_number(Tlv.OFFSET, 0, 4, critical=True) + put(Tlv.DATA, PICTURE)
    assert terminal.ask(Command.BLOB_DATA, body).result != 0


def misbehave(bench: Bench, unit: Unit) -> dict[str, Any]:
    """Log in, show a picture, send garbage; return the capture of the garbage."""
    terminal = unit.login()
    assert terminal.record(unit.group(1)).holds(1)
    show_picture(terminal)
    terminal.send(GARBAGE)
    terminal.violation()
    return captures(bench, 1, serial=unit.serial, code="damaged.magic")[-1]


def stream(transcript: Transcript, sigil: str) -> bytes:
    return b"".join(
        line.what
        for line in transcript.lines
        if line.sigil == sigil and isinstance(line.what, bytes)
    )


def frames(data: bytes) -> list[Frame]:
    return leading(data, MOST_FRAME)[0]


def command(bench: Bench, *arguments: str) -> str:
    """Run ``gatepost capture`` as an operator does."""
    ran = subprocess.run(
        [sys.executable, "-m", "gateway", "capture", *arguments, "--config", bench.site.config],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_garbage_is_kept_found_exported_and_erased(bench: Bench, tmp_path: Path) -> None:
    unit = bench.unit()
    kept = misbehave(bench, unit)
    number = str(kept["number"])
    assert (kept["redaction"], kept["dialect"]) == ("dialect", "yls/1.0")
    assert bench.gateway.await_logged("capture.kept", serial=unit.serial, code="damaged.magic")
    assert unit.serial in command(bench, "list")
    assert "GET /index.html" in command(bench, "show", number)
    file = tmp_path / "found.wire"
    command(bench, "export", number, "-o", str(file))
    bench.gateway.await_logged("capture.exported", capture=kept["number"])
    transcript = read_transcript(file.read_text(), file.name)
    assert transcript.header.dialect == "yls/1.0"
    heard, said = stream(transcript, ">"), stream(transcript, "<")
    assert GARBAGE[:64] + bytes(len(GARBAGE) - 64) == heard[-len(GARBAGE) :]
    assert frames(said)[-1].command == Command.ERROR
    assert command(bench, "erase", number) == "Erased 1 captures.\n"
    with pytest.raises(GatepostError, match=r"capture\.unknown"):
        bench.gateway.ask("capture.show", number=kept["number"], by="test")
    bench.gateway.await_logged("capture.erased", count=1)
    assert unit.login().record(unit.group(2)).holds(2)
    bench.assert_stored(unit)


def test_no_picture_and_no_key_is_kept_unless_an_operator_asks(bench: Bench) -> None:
    unit = bench.unit()
    kept = misbehave(bench, unit)
    text = bench.gateway.ask("capture.export", number=kept["number"], by="test")
    heard = stream(read_transcript(text, "x.wire"), ">")
    (shown,) = [one for one in frames(heard) if one.command == Command.BLOB_DATA]
    assert put(Tlv.DATA, bytes(len(PICTURE))) in shown.body
    for secret in (PICTURE[4:20], secret_of(unit.serial)):
        assert secret not in heard
    (row,) = bench.site.query("select * from capture where id = $1", kept["number"])
    assert GARBAGE[:16] not in row["sealed"]

    command(bench, "start", unit.serial, "--full", "--minutes", "5")
    bench.gateway.await_logged("capture.recording", serial=unit.serial, full=True, minutes=5)
    terminal = unit.login()
    show_picture(terminal)
    terminal.close()
    full = captures(bench, 1, serial=unit.serial, redaction="none")[0]
    text = bench.gateway.ask("capture.export", number=full["number"], by="test")
    assert PICTURE in stream(read_transcript(text, "x.wire"), ">")
    assert bench.gateway.ask("capture.erase", serial=unit.serial, by="test") >= 2
    assert bench.site.query("select from capture where serial = $1", unit.serial) == []


def test_a_flood_of_garbage_leaves_a_few_captures_and_no_scratch(bench: Bench) -> None:
    unit, hostile = bench.unit(), bench.unit(registered=False)
    member = unit.login()
    dropped = 'gatepost_captures_dropped_total{reason="rate"}'
    before = bench.gateway.figure(dropped)
    for _ in range(5 * PER_HOUR):
        peer = hostile.stranger()
        peer.send(GARBAGE)
        assert peer.rest() == b""
    wait_for(lambda: bench.gateway.figure(dropped) - before == 4 * PER_HOUR, "the rest is counted")
    kept = captures(bench, PER_HOUR, peer=hostile.source)
    assert len(kept) == PER_HOUR
    assert {one["serial"] for one in kept} == {None}
    assert {one["size"] for one in kept} == {len(GARBAGE)}
    assert member.record(unit.group(1)).holds(1)
    bench.assert_stored(unit)


def test_a_damaged_header_shows_itself_and_nothing_behind_it(bench: Bench) -> None:
    unit = bench.unit()
    terminal = unit.login()
    raw = bytearray(terminal.request(Command.BLOB_DATA, put(Tlv.DATA, PICTURE)))
    raw[8] ^= 0x10
    terminal.send(bytes(raw))
    terminal.violation()
    (kept,) = captures(bench, 1, serial=unit.serial, code="damaged.header")
    text = bench.gateway.ask("capture.export", number=kept["number"], by="test")
    heard = stream(read_transcript(text, "x.wire"), ">")
    assert heard.endswith(bytes(raw[:HEADER]) + bytes(len(raw) - HEADER))


def test_a_recording_is_refused_with_a_reason(bench: Bench) -> None:
    unit = bench.unit()
    for serial, minutes, code in (
        ("NOBODY", 1, "device.unknown"),
        (unit.serial, 0, "capture.minutes"),
        (unit.serial, 61, "capture.minutes"),
    ):
        with pytest.raises(GatepostError, match=code):
            bench.gateway.ask("capture.start", serial=serial, minutes=minutes, full=False, by="me")


def test_rings_are_shown_while_they_hold_something_and_given_back(bench: Bench) -> None:
    unit = bench.unit()
    terminal = unit.login()
    assert bench.gateway.figure("gatepost_capture_ring_bytes") > 0
    terminal.close()
    wait_for(lambda: bench.gateway.figure("gatepost_capture_ring_bytes") == 0, "rings are empty")
