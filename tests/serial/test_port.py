"""A serial port as a transport, on a pseudo-terminal: every trap of terminals, and every end."""

from __future__ import annotations

import asyncio
import os
import termios
from collections.abc import Callable

import pytest
from gateway.protocols import serial_port
from gateway.protocols.serial_device import LINE_ERRORS, PortUnavailable, open_device, read_errors
from twisted.internet.error import ConnectionAborted, ConnectionDone, ConnectionLost

from gateway.simulator.cable import End
from tests.support.loops import each_loop, run_on
from tests.support.pipes import Ear, Pump
from tests.support.serials import end, hear, plug, reactor_here, say, settings, unplug
from tests.support.waiting import until

Loop = Callable[[], asyncio.AbstractEventLoop]
EVERY_BYTE = bytes(range(256))
COOKED = termios.ICRNL | termios.IXON | termios.ISTRIP | termios.BRKINT | termios.PARMRK


def spoil(path: str) -> None:
    """Leave a terminal as a login program would: lines, echo, signals, translations."""
    fd = os.open(path, os.O_RDWR | os.O_NOCTTY)
    mode = termios.tcgetattr(fd)
    mode[0] |= COOKED
    mode[1] |= termios.OPOST | termios.ONLCR
    mode[3] |= termios.ICANON | termios.ECHO | termios.ISIG | termios.IEXTEN
    termios.tcsetattr(fd, termios.TCSANOW, mode)
    os.close(fd)


@each_loop
def test_every_byte_passes_both_ways_whatever_the_terminal_was_set_to(new_loop: Loop) -> None:
    async def main() -> None:
        with end() as side, reactor_here() as reactor:
            spoil(side.path)
            ear = Ear()
            port = plug(ear, side.path, reactor)
            data = EVERY_BYTE * 3 + b"\r\n\x11\x13\x03\x04\x1a\xff\xff\x00\r"
            await say(side, data)
            assert await ear.until(len(data)) == data
            port.write(data)
            assert await hear(side, len(data)) == data  # neither echo nor CR LF
            port.loseConnection()
            assert await ear.lost is ConnectionDone

    run_on(new_loop, main)


def test_a_break_cannot_empty_the_buffers_and_a_read_of_nothing_is_no_end() -> None:
    with end() as side:
        spoil(side.path)
        device = open_device(settings(side.path))
        mode = termios.tcgetattr(device.fd)
        assert not mode[0] & (COOKED | termios.IXOFF | termios.INPCK | termios.IGNPAR)
        assert mode[2] & termios.CLOCAL
        assert mode[6][termios.VMIN] == 1
        with pytest.raises(BlockingIOError):
            os.read(device.fd, 1)
        device.close()


@each_loop
def test_a_port_goes_on_after_it_was_woken_for_nothing(new_loop: Loop) -> None:
    async def main() -> None:
        with end() as side, reactor_here() as reactor:
            ear = Ear()
            port = plug(ear, side.path, reactor)
            assert port.doRead() is None  # with VMIN 0 this says that the port is gone
            await say(side, b"still here")
            assert await ear.until(10) == b"still here"
            port.abortConnection()
            assert await ear.lost is ConnectionAborted

    run_on(new_loop, main)


@each_loop
def test_more_than_the_kernel_takes_at_once_is_delivered(new_loop: Loop) -> None:
    async def main() -> None:
        with end() as side, reactor_here() as reactor:
            ear = Ear()
            port = plug(ear, side.path, reactor)
            data = os.urandom(20_000)
            sent = asyncio.get_running_loop().create_future()
            port.write(data)
            port.when_sent(lambda: sent.set_result(None))
            assert await hear(side, len(data)) == data
            await sent
            assert port.settled
            assert port.counts.bytes_out == len(data)
            port.abortConnection()
            await ear.lost

    run_on(new_loop, main)


@each_loop
def test_a_pulled_adapter_is_seen_and_half_a_frame_is_counted_as_unsent(new_loop: Loop) -> None:
    async def main() -> None:
        with end() as side, reactor_here() as reactor:
            ear = Ear()
            port = plug(ear, side.path, reactor)
            port.write(bytes(200_000))
            await until(lambda: port.drained() > 0, "it begins to send")
            unplug(side)
            assert await ear.lost in (ConnectionDone, ConnectionLost)
            counts = port.counts
            assert counts.unsent == 200_000 - counts.bytes_out > 0
            assert not counts.open
            port.write(b"into the void")
            await asyncio.sleep(0)

    run_on(new_loop, main)


@each_loop
def test_a_full_write_queue_pauses_its_producer_until_it_is_empty(new_loop: Loop) -> None:
    async def main() -> None:
        with end() as side, reactor_here() as reactor:
            ear, pump = Ear(), Pump()
            port = plug(ear, side.path, reactor, write_bytes=4096)
            port.registerProducer(pump, True)
            port.write(bytes(100_000))
            await pump.paused.wait()
            assert not pump.resumed.is_set()
            await hear(side, 100_000)
            await pump.resumed.wait()
            port.discard()
            port.abortConnection()
            await ear.lost

    run_on(new_loop, main)


@each_loop
def test_what_is_discarded_never_leaves(new_loop: Loop) -> None:
    async def main() -> None:
        with end() as side, reactor_here() as reactor:
            ear = Ear()
            port = plug(ear, side.path, reactor)
            port.write(b"x" * 60_000)
            await until(lambda: port.drained() > 0, "it begins to send")
            port.discard()
            assert port.counts.unsent == 60_000 - port.drained()
            port.write(b"y")
            heard = bytearray()

            def ends() -> bool:
                heard.extend(side.read() or b"")
                return b"y" in heard

            await until(ends, "y comes")
            assert heard.count(b"x") < 60_000
            assert heard.endswith(b"y")
            port.abortConnection()
            await ear.lost

    run_on(new_loop, main)


def test_a_second_program_on_one_port_is_told_so_and_the_first_goes_on() -> None:
    with end() as side:
        first = open_device(settings(side.path))
        with pytest.raises(PortUnavailable) as refused:
            open_device(settings(side.path, speed=9600))
        assert refused.value.reason == "busy"
        assert termios.tcgetattr(first.fd)[4] == termios.B115200  # nor was its speed changed
        first.close()
        open_device(settings(side.path)).close()


def refusal(path: str, **changes: object) -> str:
    with pytest.raises(PortUnavailable) as refused:
        open_device(settings(path, **changes))
    return refused.value.reason


def test_why_a_port_cannot_be_had_is_told_apart(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("ports")
    (folder / "file").touch()
    assert refusal(str(folder / "gone")) == "missing"
    assert refusal(str(folder / "file")) == "not_serial"
    assert refusal("/dev/null") == "not_serial"
    assert refusal("loop://") == "missing"  # a path, never an address of pyserial's


def test_a_mode_that_the_driver_silently_does_not_take_is_refused() -> None:
    with end() as side:
        assert refusal(side.path, parity="even") == "unsupported"  # pseudo-terminals have none
        open_device(settings(side.path)).close()


def test_a_port_that_cannot_be_prepared_leaves_no_file_open() -> None:
    with end() as side:
        before = sorted(os.listdir("/proc/self/fd"))
        refusal(side.path, parity="odd")
        refusal("/dev/null")
        assert sorted(os.listdir("/proc/self/fd")) == before


def test_a_pseudo_terminal_counts_no_errors() -> None:
    with end() as side:
        device = open_device(settings(side.path))
        assert read_errors(device.fd) is None
        device.close()


@each_loop
def test_the_drivers_counts_are_those_since_the_port_was_opened(
    new_loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    # No driver on a test machine loses characters, so what it would say is played.
    said = [{"framing": 5, "overrun": 1, "parity": 2}]

    def count(fd: int) -> dict[str, int]:
        return dict.fromkeys(LINE_ERRORS, 0) | said[-1]

    async def main() -> None:
        monkeypatch.setattr(serial_port, "read_errors", count)
        with end() as side, reactor_here() as reactor:
            ear = Ear()
            port = plug(ear, side.path, reactor)
            port.count_errors()
            assert sum(port.counts.errors.values()) == 0
            said.append({"framing": 7, "overrun": 1, "parity": 3})
            port.count_errors()
            said.append({"framing": 1})  # loaded anew
            port.abortConnection()
            await ear.lost
            assert port.counts.errors == {
                "framing": 3,
                "overrun": 0,
                "parity": 1,
                "break": 0,
                "buffer": 0,
            }

    run_on(new_loop, main)


def test_the_other_side_of_a_closed_port_may_come_back() -> None:
    side = End()
    open_device(settings(side.path)).close()
    assert side.read() is None  # EIO, and yet not the end
    device = open_device(settings(side.path))
    assert side.read() == b""
    device.close()
    side.close()
