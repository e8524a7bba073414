"""The bounds of one connection: before login, half-open, slow to read."""

from __future__ import annotations

import asyncio
import socket

from gateway.protocols.flow import FlowLimits
from gateway.protocols.link import NO_LINGER
from gateway.protocols.sweep import Sweep

from gateway.domain.ids import DeviceId
from gateway.domain.times import Instant
from tests.support.lines import line_dialect
from tests.support.network import Bench, HandClock, bench, run, soon
from tests.support.waiting import until


def test_a_stranger_gets_so_many_bytes_and_not_one_more() -> None:
    async def main() -> None:
        async with bench(line_dialect(before_login_bytes=64)) as b:
            exact, over = await b.call(), await b.call()
            exact.say("BEAT", "x" * 48, "HELLO T-7")
            assert [await exact.hear() for _ in range(2)] == ["BEAT", "IN 7"]
            exact.say("FLOOD 5", "y" * 200)  # no longer a stranger
            assert await exact.hear() == "xxxxx"
            over.say("BEAT", "x" * 49, "HELLO T-8")
            assert await over.ended() == b""
            exact.say("BEAT")
            assert await exact.hear() == "BEAT"
            assert b.counters.counts["closed", "login_bytes"] == 1

    run(main)


def test_a_stranger_that_sends_a_byte_now_and_then_runs_out_of_time() -> None:
    async def main() -> None:
        async with bench() as b:
            loris = await b.call()
            for _ in range(9):
                loris.say("BEAT")
                assert await loris.hear() == "BEAT"
                b.sweep(after=1.1)
            assert len(b.shared.roster) == 1
            b.sweep(after=0.2)
            assert await loris.ended() == b""
            await b.gone()
            assert b.counters.counts["closed", "login_timeout"] == 1
            assert b.shared.gate.strangers == 0

    run(main)


def test_a_silent_terminal_is_told_farewell_at_one_and_a_half_heartbeats_and_ten_seconds() -> None:
    async def main() -> None:
        async with bench() as b:
            caller = await b.call()
            await caller.login("T-7")
            b.sweep(after=54.9)
            caller.say("BEAT")
            assert await caller.hear() == "BEAT"
            b.sweep(after=54.9)
            assert len(b.shared.registry) == 1
            b.sweep(after=0.2)
            assert await caller.ended() == b"FAREWELL idle\n"
            await b.gone()
            assert await b.desk.happened.get() == ("login", "T-7")
            assert await b.desk.happened.get() == ("lost", 7, "idle")

    run(main)


def test_the_limit_of_silence_follows_the_heartbeat_it_was_told() -> None:
    async def main() -> None:
        async with bench() as b:
            b.desk.slow_login = True
            caller = await b.call()
            caller.say("HELLO T-7")
            assert await b.desk.happened.get() == ("login", "T-7")
            session, event = b.desk.logins[0]
            b.desk.admit(session, event, heartbeat_s=10)
            assert await caller.hear() == "IN 7"
            b.sweep(after=24.9)
            assert len(b.shared.registry) == 1
            b.sweep(after=0.2)
            assert await caller.ended() == b"FAREWELL idle\n"

    run(main)


def test_silence_while_the_process_stood_still_was_ours() -> None:
    async def main() -> None:
        async with bench() as b:
            known, stranger = await b.call(), await b.call()
            await known.login("T-7")
            stranger.say("BEAT")
            assert await stranger.hear() == "BEAT"
            sweep = Sweep(b.shared.roster, b.clock, lambda: None)
            sweep.run()
            b.clock.pass_(3600.0)
            sweep.run()
            assert len(b.shared.roster) == 2
            b.clock.pass_(1.0)
            sweep.run()
            assert len(b.shared.roster) == 2
            for _ in range(9):
                b.clock.pass_(1.0)
                sweep.run()
            assert await stranger.ended() == b""
            for _ in range(44):
                b.clock.pass_(1.0)
                sweep.run()
            assert len(b.shared.registry) == 1
            b.clock.pass_(2.0)
            sweep.run()
            assert await known.ended() == b"FAREWELL idle\n"

    run(main)


def test_a_conversations_deadline_is_met() -> None:
    async def main() -> None:
        async with bench() as b:
            caller = await b.call()
            await caller.login("T-7")
            caller.say("WAIT 3", "BEAT")
            assert await caller.hear() == "BEAT"
            b.sweep(after=2.9)
            b.sweep(after=0.1)
            b.sweep(after=1.0)
            caller.say("BEAT")
            assert [await caller.hear() for _ in range(2)] == ["TICK", "BEAT"]
            assert b.desk.heartbeats == 3  # time passing is no sign of life

    run(main)


async def congested(b: Bench) -> tuple[socket.socket, DeviceId]:
    """Log in over a raw socket that reads nothing, and ask for more than fits anywhere."""
    loop = asyncio.get_running_loop()
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.setblocking(False)
    await loop.sock_connect(sock, ("127.0.0.1", b.port))
    await loop.sock_sendall(sock, b"HELLO T-7\n")
    assert await soon(loop.sock_recv(sock, 5)) == b"IN 7\n"
    await loop.sock_sendall(sock, b"FLOOD 8000000\n")
    await until(lambda: bool(b.deafness), "congestion")
    return sock, DeviceId(7)


def test_a_peer_that_does_not_read_is_not_read_and_then_cut_off() -> None:
    async def main() -> None:
        async with bench() as b:
            sock, device = await congested(b)
            with sock:
                loop = asyncio.get_running_loop()
                reads = b.shared.traffic.reads
                await loop.sock_sendall(sock, b"BEAT\n")
                b.sweep()
                assert b.deafness == [(device, True)]
                b.sweep(after=29.0)
                # Not even half-open closing counts the silence: it is ours.
                assert len(b.shared.registry) == 1
                await soon(loop.sock_recv(sock, 1 << 20))
                received = 0
                while received < 4_000_000:  # progress: the thirty seconds begin again
                    received += len(await soon(loop.sock_recv(sock, 1 << 20)))
                b.sweep()
                b.sweep(after=29.9)
                assert len(b.shared.registry) == 1
                assert b.shared.traffic.reads == reads
                b.sweep(after=0.2)
                await b.gone()
            assert b.counters.counts["closed", "slow_reader"] == 1
            assert b.deafness == [(device, True), (device, False)]

    run(main)


def test_a_stall_of_the_process_is_not_the_slow_readers() -> None:
    async def main() -> None:
        async with bench() as b:
            sock, _ = await congested(b)
            with sock:
                sweep = Sweep(b.shared.roster, b.clock, lambda: None)
                sweep.run()
                b.clock.pass_(600.0)
                sweep.run()
                for _ in range(5):
                    b.clock.pass_(5.0)
                    sweep.run()
                assert len(b.shared.registry) == 1
                b.clock.pass_(5.0)
                sweep.run()
                await b.gone()
            assert b.counters.counts["closed", "slow_reader"] == 1

    run(main)


def test_a_peer_that_catches_up_is_read_again_with_fresh_patience() -> None:
    async def main() -> None:
        async with bench() as b:
            sock, device = await congested(b)
            with sock:
                loop = asyncio.get_running_loop()
                await loop.sock_sendall(sock, b"BEAT\n")
                b.clock.pass_(25.0)
                received = b""
                while not received.endswith(b"x\nBEAT\n"):
                    received = received[-20:] + await soon(loop.sock_recv(sock, 1 << 20))
                assert b.deafness == [(device, True), (device, False)]
                b.sweep(after=54.0)
                assert len(b.shared.registry) == 1

    run(main)


def test_last_words_to_a_peer_that_does_not_read_have_their_time_too() -> None:
    async def main() -> None:
        async with bench(flow=FlowLimits(linger_seconds=10.0)) as b:
            sock, device = await congested(b)
            with sock:
                session = b.shared.registry.session(device)
                assert session is not None
                newer = await b.call()
                await newer.login("T-7")
                assert len(b.shared.roster) == 2
                b.sweep(after=9.9)
                assert len(b.shared.roster) == 2
                b.sweep(after=0.2)
                await until(lambda: len(b.shared.roster) < 2, "the loss")
            assert b.counters.counts["closed", "taken_over"] == 1

    run(main)


def test_a_connection_that_breaks_is_told_apart_from_one_that_is_closed() -> None:
    async def main() -> None:
        async with bench() as b:
            caller = await b.call()
            await caller.login("T-7")
            sock = caller.writer.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
            caller.writer.transport.abort()
            await b.gone()
            assert b.counters.counts["closed", "connection_lost"] == 1

    run(main)


class CountingClock(HandClock):
    """Counts how often it is looked at."""

    looks = 0

    def __call__(self) -> Instant:
        self.looks += 1
        return super().__call__()


def test_the_clock_is_read_once_for_each_read() -> None:
    async def main() -> None:
        clock = CountingClock()
        async with bench(clock=clock) as b:
            caller = await b.call()
            await caller.login("T-7")
            looks, reads = clock.looks, b.shared.traffic.reads
            caller.say("BEAT", "NOISE", "BEAT")
            assert [await caller.hear() for _ in range(2)] == ["BEAT", "BEAT"]
            assert (clock.looks - looks, b.shared.traffic.reads - reads) == (1, 1)

    run(main)
