"""Serial lines and serial servers: what happens to bytes there, and to adapters."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from gateway.codecs.yls.frame import whole
from gateway.codecs.yls.limits import MOST_FRAME
from gateway.codecs.yls.registers import Result

from gateway.simulator.cable import End
from tests.badinput.bench import Bench
from tests.badinput.peers import result
from tests.support.directories import MODEL, secret_of
from tests.support.gateways import Site, free_port, running
from tests.support.line_devices import LineDevice
from tests.support.postgres import open_folder
from tests.support.waiting import wait_for

REGISTRATION, HEARTBEAT = b"WM\x01\x02\x03\x04", b"onl!"
SETTINGS = """
[[serial]]
path = "{path}"
reopen_seconds = 1
[[serial_server]]
listen = "127.0.0.1:{port}"
registration = "57 4D ?? ?? ?? ??"
registration_every_packet = true
heartbeat = "6F 6E 6C 21"
"""


class Lines:
    """A gateway with one port, whose adapter the test holds, and one listener for boxes."""

    def __init__(self, bench: Bench, path: Path, port: int) -> None:
        self.bench = bench
        self.port = port
        self._path = path
        self._side: End | None = None

    def plug(self) -> None:
        opened = self._openings()
        self._side = End()
        self._path.unlink(missing_ok=True)
        self._path.symlink_to(self._side.path)
        wait_for(lambda: self._openings() > opened, "the port is open")

    def unplug(self) -> None:
        self._path.unlink()
        if self._side is not None:
            self._side.close()
            self._side = None

    def send(self, data: bytes) -> None:
        assert self._side is not None
        assert os.write(self._side.fd, data) == len(data)

    def hear(self) -> bytes:
        assert self._side is not None
        return self._side.read() or b""

    def terminal(self, serial: str, send: Callable[[bytes], object]) -> LineDevice:
        self.bench.register(serial)
        return LineDevice(serial, send, secret_of(serial), MODEL)

    def _openings(self) -> float:
        return self.bench.gateway.figure(f'gatepost_serial_openings_total{{port="{self._path}"}}')


@pytest.fixture(scope="module")
def lines() -> Iterator[Lines]:
    with open_folder() as folder:
        path, port = folder / "gate", free_port()
        with running(Site(folder, SETTINGS.format(path=path, port=port))) as gateway:
            lines = Lines(Bench(gateway), path, port)
            lines.plug()
            yield lines
            lines.unplug()


def reach(device: LineDevice, hear: Callable[[], bytes], done: Callable[[], bool]) -> None:
    def look() -> bool:
        device.hear(hear())
        return done()

    wait_for(look, "the terminal gets there")


def test_noise_and_half_frames_cost_nothing_but_themselves(lines: Lines) -> None:
    device = lines.terminal("LINE-1", lines.send)
    with lines.bench.row("noise and half frames on a serial line") as row:
        lines.send(b"\x00\xff noise YL\x19\x00 more")
        device.start()
        reach(device, lines.hear, lambda: device.device.online)
        lines.send(bytes.fromhex("594c1900000000010000000100000071983880"))
        row.counted("gatepost_frame_errors_total", reason="gap")
        device.record()
        reach(device, lines.hear, lambda: device.acknowledged == {1})
        row.counted_some("gatepost_frame_errors_total", reason="magic")
        row.logged("session.protocol_error", dialect="yls/1.0")
    assert len(lines.bench.site.query("select 1 from passage")) == 1


def test_an_adapter_pulled_in_mid_frame_loses_nothing(lines: Lines) -> None:
    sent: list[bytes] = []
    device = lines.terminal("LINE-2", sent.append)
    lines.unplug()  # the terminal before it hangs there no more
    lines.plug()
    with lines.bench.row("a serial adapter pulled in mid-frame") as row:
        device.start()
        reach(device, lambda: carry(lines, sent), lambda: device.device.online)
        device.record()
        frame = sent.pop()
        lines.send(frame[:40])
        lines.unplug()
        row.logged("serial.lost")
        row.logged("serial.unavailable", reason="missing")
        lines.plug()
        row.counted("gatepost_serial_openings_total")
        lines.send(frame[40:] + frame)
        answer = wait_for(lambda: whole(lines.hear(), MOST_FRAME), "an answer")
        row.told(result(answer), Result.NOT_LOGGED_IN)
        device.start()
        reach(device, lambda: carry(lines, sent), lambda: device.acknowledged == {1})


def carry(lines: Lines, sent: list[bytes]) -> bytes:
    while sent:
        lines.send(sent.pop(0))
    return lines.hear()


def test_what_a_serial_server_adds_is_taken_out(lines: Lines) -> None:
    name = "registration and heartbeat packets of a serial server, also inside a frame"
    with (
        lines.bench.row(name) as row,
        socket.create_connection(("127.0.0.1", lines.port)) as box,
    ):
        box.settimeout(0.05)

        def send(data: bytes) -> None:
            """Cut each frame in two, as a box may, with its heartbeat in between."""
            half = len(data) // 2
            box.sendall(REGISTRATION + data[:half] + HEARTBEAT + REGISTRATION + data[half:])

        def hear() -> bytes:
            try:
                return box.recv(4096)
            except TimeoutError:
                return b""

        device = lines.terminal("BOX-1", send)
        device.start()
        reach(device, hear, lambda: device.device.online)
        device.record()
        reach(device, hear, lambda: device.acknowledged == {1})
        row.counted_some("gatepost_serial_server_additions_total", what="registration")
        row.counted_some("gatepost_serial_server_additions_total", what="heartbeat")
        row.grew("gatepost_serial_server_additions_total", 0, what="unregistered")
        row.grew("gatepost_frame_errors_total", 0)
