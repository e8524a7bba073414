"""A port is kept open, its line has one connection after the other, and all ends in good order."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from gateway.protocols.flow import FlowLimits
from gateway.protocols.retry import Retry
from gateway.protocols.serial_device import PortSettings, open_device
from gateway.protocols.serial_door import STABLE_S, SerialDoor

from gateway.simulator.cable import End
from tests.support.network import Bench, bench, run, soon, with_limits
from tests.support.serials import hear, reactor_here, say, settings, unplug
from tests.support.waiting import until


class Socket:
    """A path that stays while what is plugged in changes, as ``/dev/serial/by-id`` does."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "gate"
        self.side: End

    def plug(self) -> End:
        self.side = End()
        self.path.unlink(missing_ok=True)
        self.path.symlink_to(self.side.path)
        return self.side

    def unplug(self) -> None:
        unplug(self.side)
        self.path.unlink()


def door_of(b: Bench, wanted: PortSettings, reactor: object) -> SerialDoor:
    shared = replace(b.shared, resync=True, noise_bytes=1 << 40)
    return SerialDoor(shared, wanted, reactor, Retry(lambda: 0.5, 0.01, 0.01))  # type: ignore[arg-type]


@asynccontextmanager
async def serving(b: Bench, path: str | Path, **changes: object) -> AsyncIterator[SerialDoor]:
    with reactor_here() as reactor:
        door = door_of(b, settings(str(path), **changes), reactor)
        b.server.serve(door)
        try:
            yield door
        finally:
            await b.server.drain(0.0)


def test_a_terminal_logs_in_over_a_port_and_a_silent_line_is_no_connection(tmp_path: Path) -> None:
    async def main() -> None:
        socket = Socket(tmp_path)
        side = socket.plug()
        async with bench(listen=False) as b, serving(b, socket.path) as door:
            assert door.open
            b.sweep(after=600.0)
            assert len(b.shared.roster) == 0
            await say(side, b"HELLO T-7\n")
            assert await hear(side, 5) == b"IN 7\n"
            assert len(b.shared.registry) == 1
            assert b.counters.counts["opened", "serial"] == 1
            opened = b.log.named("serial.opened")
            assert opened == [{"port": str(socket.path), "mode": "115200 8N1"}]

    run(main)


def test_a_connection_ends_and_the_next_byte_begins_another_on_the_same_port(
    tmp_path: Path,
) -> None:
    async def main() -> None:
        side = Socket(tmp_path).plug()
        async with bench(listen=False) as b, serving(b, side.path) as door:
            await say(side, b"HELLO T-7\n")
            assert await hear(side, 5) == b"IN 7\n"
            await say(side, b"BYE\n")
            assert await hear(side, 4) == b"BYE\n"
            await say(side, b"HELLO T-7\n")
            assert await hear(side, 5) == b"IN 7\n"
            assert b.counters.counts["closed", "goodbye"] == 1
            assert door.counts.opened == 1

    run(main)


def test_a_silent_session_ends_and_the_port_stays(tmp_path: Path) -> None:
    async def main() -> None:
        side = Socket(tmp_path).plug()
        async with bench(listen=False) as b, serving(b, side.path) as door:
            await say(side, b"HELLO T-7\n")
            assert await hear(side, 5) == b"IN 7\n"
            b.sweep(after=56.0)
            assert await hear(side, 14) == b"FAREWELL idle\n"
            await b.gone()
            assert door.open
            await say(side, b"HELLO T-8\n")  # another terminal on the same cable
            assert await hear(side, 5) == b"IN 8\n"

    run(main)


def test_bytes_that_come_while_a_connection_ends_belong_to_the_next(tmp_path: Path) -> None:
    async def main() -> None:
        side = Socket(tmp_path).plug()
        async with bench(listen=False) as b, serving(b, side.path):
            await say(side, b"HELLO T-7\n")
            assert await hear(side, 5) == b"IN 7\n"
            for connection in b.shared.roster:
                connection.abort("slow_reader")  # ends a moment later
                break
            os.write(side.fd, b"HELLO T-9\n")
            assert await hear(side, 5) == b"IN 9\n"

    run(main)


def test_a_pulled_adapter_is_opened_again_when_it_is_back(tmp_path: Path) -> None:
    async def main() -> None:
        socket = Socket(tmp_path)
        side = socket.plug()
        async with bench(listen=False) as b, serving(b, socket.path) as door:
            await say(side, b"HELLO T-7\nHEL")
            assert await hear(side, 5) == b"IN 7\n"
            assert await b.desk.happened.get() == ("login", "T-7")
            socket.unplug()
            assert (await b.desk.happened.get())[:2] == ("lost", 7)
            await until(lambda: bool(b.log.named("serial.unavailable")), "it complains")
            assert not door.open
            side = socket.plug()
            await until(lambda: door.open, "it is open again")
            await say(side, b"HELLO T-7\n")  # half a line before the cut does not spoil it
            assert await hear(side, 5) == b"IN 7\n"
            assert door.counts.opened == 2
            assert len(b.log.named("serial.lost")) == 1
            assert len(b.log.named("serial.unavailable")) == 1  # however often it was tried
            assert b.log.named("serial.unavailable")[0]["reason"] == "missing"

    run(main)


def test_what_was_not_sent_before_the_cut_is_not_sent_after_it(tmp_path: Path) -> None:
    async def main() -> None:
        socket = Socket(tmp_path)
        side = socket.plug()
        flow = FlowLimits(linger_seconds=60)
        async with bench(listen=False, flow=flow) as b, serving(b, socket.path) as door:
            await say(side, b"HELLO T-7\nFLOOD 100000\n")
            await until(lambda: door.counts.bytes_out > 1000, "it begins to send")
            socket.unplug()
            await until(lambda: not door.open, "it is seen")
            assert b.log.named("serial.lost")[0]["unsent"] == door.counts.unsent > 0
            side = socket.plug()
            await until(lambda: door.open, "it is open again")
            await say(side, b"HELLO T-7\n")
            assert await hear(side, 5) == b"IN 7\n"
            assert side.read() == b""

    run(main)


def test_a_port_in_use_is_named_and_taken_once_it_is_free(tmp_path: Path) -> None:
    async def main() -> None:
        side = Socket(tmp_path).plug()
        other = open_device(settings(side.path))
        async with bench(listen=False) as b, serving(b, side.path) as door:
            await until(lambda: bool(b.log.named("serial.unavailable")), "it complains")
            complaint = b.log.named("serial.unavailable")[0]
            assert complaint["reason"] == "busy"
            assert "Another program" in str(complaint["remedy"])
            other.close()
            await until(lambda: door.open, "it is taken")

    run(main)


class Pauses(Retry):
    """Notes when it is told of a success."""

    def __init__(self) -> None:
        super().__init__(lambda: 0.5, 0.01, 0.01)
        self.resets = 0

    def reset(self) -> None:
        self.resets += 1


def test_a_loose_contact_does_not_begin_the_pauses_anew(tmp_path: Path) -> None:
    async def main() -> None:
        socket = Socket(tmp_path)
        async with bench(listen=False) as b:
            with reactor_here() as reactor:
                pauses = Pauses()
                door = SerialDoor(b.shared, settings(str(socket.path)), reactor, pauses)
                b.server.serve(door)
                for stays, resets in ((STABLE_S - 1, 0), (STABLE_S, 1)):
                    socket.plug()
                    await until(lambda: door.open, "it is open")
                    b.clock.pass_(stays)
                    socket.unplug()
                    await until(lambda: not door.open, "it is gone")
                    assert pauses.resets == resets
                await b.server.drain(0.0)

    run(main)


def test_a_terminal_waits_unread_for_its_turn_and_loses_nothing(tmp_path: Path) -> None:
    async def main() -> None:
        side = Socket(tmp_path).plug()
        async with bench(limits=with_limits(strangers=1)) as b, serving(b, side.path):
            first = await b.call()
            first.say("BEAT")
            assert await first.hear() == "BEAT"
            await say(side, b"HELLO T-7\n")
            await until(lambda: len(b.shared.roster) == 2, "it waits")
            assert len(b.shared.registry) == 0
            await first.login("T-8")
            assert await hear(side, 5) == b"IN 7\n"

    run(main)


def test_a_peer_that_takes_nothing_is_cut_off_and_the_port_serves_on(tmp_path: Path) -> None:
    async def main() -> None:
        side = Socket(tmp_path).plug()
        async with bench(listen=False) as b, serving(b, side.path, write_bytes=4096) as door:
            await say(side, b"HELLO T-7\n")
            assert await hear(side, 5) == b"IN 7\n"
            await say(side, b"FLOOD 200000\n")
            await until(lambda: b.deafness == [(7, True)], "its queue is full")
            for _ in range(32):
                b.sweep(after=1.0)
            await b.gone()
            assert b.counters.counts["closed", "slow_reader"] == 1
            assert door.open
            assert door.counts.unsent > 100_000  # and the next terminal does not get them
            await say(side, b"\nHELLO T-7\n")
            await until(lambda: len(b.shared.registry) == 1, "it is back")

    run(main)


def test_a_stop_says_farewell_and_closes_the_port(tmp_path: Path) -> None:
    async def main() -> None:
        side = Socket(tmp_path).plug()
        async with bench(listen=False) as b, serving(b, side.path) as door:
            await say(side, b"HELLO T-7\n")
            assert await hear(side, 5) == b"IN 7\n"
            stop = asyncio.ensure_future(b.server.drain(5.0))
            assert await hear(side, 18) == b"FAREWELL draining\n"
            report = await soon(stop)
            assert report.aborted == 0
            assert not door.open
            assert side.read() is None

    run(main)


def test_a_stop_does_not_wait_for_a_port_that_is_not_there(tmp_path: Path) -> None:
    async def main() -> None:
        async with bench(listen=False) as b, serving(b, tmp_path / "gone"):
            await until(lambda: bool(b.log.named("serial.unavailable")), "it complains")
            await soon(b.server.drain(5.0))

    run(main)
