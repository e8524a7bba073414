"""Noise costs nothing but itself: a later frame is found, on a port and behind a serial server."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import pytest
from gateway.codecs.yls.dialect import DIALECT
from gateway.codecs.yls.frame import pack
from gateway.protocols.clock import read_clock
from gateway.protocols.retry import Retry
from gateway.protocols.serial_door import SerialDoor
from gateway.protocols.stripping import Additions, parse_pattern
from gateway.protocols.transparent import TransparentFactory

from gateway.domain.times import Instant
from gateway.simulator.cable import End
from tests.codecs.yls.vectors import V11, V12
from tests.support.line_devices import LineDevice
from tests.support.network import Bench, HandClock, bench, run
from tests.support.serials import reactor_here, say, settings
from tests.support.waiting import until

REGISTRATION = b"\xc0\xde\x01\x02\x03\x04"
HEARTBEAT = b"onl!"
BOX = Additions(
    registration=parse_pattern("C0 DE ?? ?? ?? ??"),
    every_packet=True,
    heartbeat=parse_pattern(HEARTBEAT.hex()),
)
RECOGNISED = "misbehaved", "yls/1.0", "foreign_address"
"""How it shows that V11, an idle answer on a bus, was understood on a line that is none."""


class RealClock(HandClock):
    """The real one, in the place of the one moved by hand."""

    def __call__(self) -> Instant:
        return read_clock()


def noise(size: int) -> bytes:
    """Random bytes with false starts among them."""
    rng = random.Random(size)
    data = bytearray(rng.randbytes(size))
    for at in range(0, size - 64, 997):
        data[at : at + 4] = V11[:4]
        data[at + 300 : at + 318] = V12[:18]  # a good header without its body
    return bytes(data)


@dataclass
class Port:
    """A line on a bench, seen from the terminal's side."""

    bench: Bench
    side: End

    def read(self) -> bytes:
        return self.side.read() or b""

    def send(self, data: bytes) -> None:
        assert os.write(self.side.fd, data) == len(data)


@asynccontextmanager
async def port(clock: HandClock | None = None) -> AsyncIterator[Port]:
    """Serve YLS/1 on a pseudo-terminal."""
    side = End()
    async with bench(DIALECT, clock=clock, listen=False) as b:
        b.desk.prompt = True
        shared = replace(b.shared, resync=True, noise_bytes=1 << 40)
        with reactor_here() as reactor:
            door = SerialDoor(shared, settings(side.path), reactor, Retry(lambda: 0.5))
            b.server.serve(door)
            yield Port(b, side)
            await b.server.drain(0.0)
        side.close()


async def log_in(line: Port, serial: str = "T-7") -> LineDevice:
    device = LineDevice(serial, line.send)
    device.start()
    await drive(line, device, lambda: device.device.online)
    return device


async def drive(line: Port, device: LineDevice, done: Callable[[], bool]) -> None:
    def look() -> bool:
        device.hear(line.read())
        return done()

    await until(look, "the terminal gets there")


def test_a_frame_after_a_megabyte_of_noise_is_found_and_the_line_serves_on() -> None:
    async def main() -> None:
        async with port() as line:
            counts = line.bench.counters.counts
            await say(line.side, noise(1 << 20) + V11)
            await until(lambda: counts[RECOGNISED] == 1, "V11 is found")
            assert sum(n for key, n in counts.items() if key[0] == "frame_damaged") >= 16
            assert counts["closed", "login_bytes"] == 0
            device = await log_in(line)
            device.record()
            await drive(line, device, lambda: device.acknowledged == {1})

    run(main)


def test_noise_between_records_costs_no_record() -> None:
    async def main() -> None:
        async with port() as line:
            device = await log_in(line)
            for number in range(1, 9):
                await say(line.side, noise(number * 1500))
                device.record()
                await drive(line, device, lambda n=number: n in device.acknowledged)  # type: ignore[misc]
            assert line.bench.desk.records == list(range(1, 9))
            assert line.bench.counters.counts["opened", "serial"] == 1

    run(main)


@pytest.mark.parametrize("length", [1, 400, 493, 0xFFFF])
def test_a_false_header_in_front_of_a_frame_delays_it_by_one_silence(length: int) -> None:
    false = bytearray(pack(0, 0, 4, 9, 1, bytes(length % 4000)))[:18]

    async def main() -> None:
        async with port(RealClock()) as line:
            counts = line.bench.counters.counts
            line.bench.server._sweep.stop()  # what a second later would find does not count
            line.send(bytes(false) + V11)
            await until(lambda: counts[RECOGNISED] == 1, "V11 is found")

    run(main)


def test_a_frame_that_stops_half_way_does_not_take_the_next_one_with_it() -> None:
    async def main() -> None:
        async with port(RealClock()) as line:
            device = await log_in(line)
            counts = line.bench.counters.counts
            line.send(V12[:30])
            await until(lambda: counts["frame_damaged", "yls/1.0", "gap"] == 1, "it is given up")
            device.record()
            await drive(line, device, lambda: device.acknowledged == {1})

    run(main)


def test_a_terminal_that_is_restarted_in_mid_frame_logs_in_again_on_the_same_line() -> None:
    async def main() -> None:
        async with port(RealClock()) as line:
            device = await log_in(line)
            line.send(V12[:30])
            device.start()
            await drive(line, device, lambda: device.device.online)
            device.record()
            await drive(line, device, lambda: device.acknowledged == {1})

    run(main)


def test_telnet_talk_on_a_raw_line_is_noise() -> None:
    async def main() -> None:
        async with port() as line:
            opening = bytes.fromhex("fffb00fffb03fffb2cfffa2c0100004b00fff0")
            line.send(opening)
            await log_in(line)

    run(main)


def test_our_own_frames_that_an_adapter_sends_back_are_dropped() -> None:
    async def main() -> None:
        async with port() as line:
            device = await log_in(line)
            device.record()
            echoed = bytearray()

            def look() -> bool:
                answer = line.read()
                line.send(answer)
                echoed.extend(answer)
                device.hear(answer)
                return device.acknowledged == {1}

            await until(look, "it is acknowledged")
            assert echoed
            device.record()
            await drive(line, device, lambda: device.acknowledged == {1, 2})
            assert line.bench.desk.records == [1, 2]

    run(main)


# Behind a serial server.


@dataclass
class Box:
    """A serial server with one terminal, on a plain socket."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def send(self, data: bytes) -> None:
        """Cut by time and size, each packet with its registration, heartbeats in between."""
        rng = random.Random(len(data))
        while data:
            size = rng.randint(1, 40)
            self.writer.write(REGISTRATION + data[:size])
            if rng.random() < 0.5:
                self.writer.write(HEARTBEAT)
            data = data[size:]


@asynccontextmanager
async def serial_server(
    additions: Additions, clock: HandClock | None = None
) -> AsyncIterator[tuple[Bench, TransparentFactory, Box]]:
    async with bench(DIALECT, clock=clock, listen=False) as b:
        b.desk.prompt = True
        shared = replace(b.shared, resync=True, noise_bytes=65_536)
        factory = TransparentFactory(shared, "serial_server", additions, 0.05)
        listener = await b.server.listen("serial_server", "127.0.0.1", 0, factory=factory)
        box = Box(*await asyncio.open_connection("127.0.0.1", listener.getHost().port))
        try:
            yield b, factory, box
        finally:
            box.writer.close()
            await b.server.drain(0.0)


async def carry(box: Box, device: LineDevice, done: Callable[[], bool]) -> None:
    while not done():
        device.hear(await asyncio.wait_for(box.reader.read(4096), 10))


def test_packets_with_registrations_and_heartbeats_inside_frames_are_understood() -> None:
    async def main() -> None:
        async with serial_server(BOX, RealClock()) as (b, factory, box):
            device = LineDevice("T-7", box.send)
            device.start()
            await carry(box, device, lambda: device.device.online)
            for _ in range(5):
                device.record()
            await carry(box, device, lambda: len(device.acknowledged) == 5)
            assert b.desk.records == [1, 2, 3, 4, 5]
            assert factory.stripped.registrations > 10
            assert factory.stripped.heartbeats > 5
            assert not [key for key in b.counters.counts if key[0] == "frame_damaged"]

    run(main)


def test_a_frame_that_ends_like_a_heartbeat_begins_is_let_through_after_a_silence() -> None:
    tail = parse_pattern(f"{V11[-1]:02x} 01 02 03")

    async def main() -> None:
        async with serial_server(Additions(heartbeat=tail), RealClock()) as (b, _, box):
            box.writer.write(V11)
            await until(lambda: b.counters.counts[RECOGNISED] == 1, "V11 is found")

    run(main)


def test_a_registration_is_no_login_and_a_silent_box_runs_out_of_time() -> None:
    async def main() -> None:
        async with serial_server(BOX) as (b, factory, box):
            box.writer.write(REGISTRATION)
            for _ in range(9):
                box.writer.write(HEARTBEAT)
                await until(lambda: factory.stripped.heartbeats > 0, "it is stripped")
                b.sweep(after=1.1)
            assert len(b.shared.registry) == 0
            b.sweep(after=0.2)
            await b.gone()
            assert b.counters.counts["closed", "login_timeout"] == 1

    run(main)


def test_a_box_that_sends_nothing_but_noise_is_cut_off() -> None:
    async def main() -> None:
        async with serial_server(Additions()) as (b, _, box):
            box.writer.write(noise(70_000))
            await b.gone()
            assert b.counters.counts["closed", "login_bytes"] == 1

    run(main)


def test_a_box_that_sends_nothing_but_its_own_packets_is_cut_off_as_well() -> None:
    async def main() -> None:
        async with serial_server(BOX) as (b, _, box):
            box.writer.write(REGISTRATION + HEARTBEAT * 20_000)
            await b.gone()
            assert b.counters.counts["closed", "login_bytes"] == 1

    run(main)
