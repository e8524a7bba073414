"""Who may come in, and how everybody leaves."""

from __future__ import annotations

import asyncio

import pytest
from gateway.protocols.gate import SPARE_FILES, connection_ceiling
from gateway.protocols.hush import MOST_LINES
from gateway.protocols.listener import DrainReport

from gateway.domain.errors import GatepostError
from gateway.domain.ids import DeviceId
from gateway.domain.requests import Accept
from tests.support.network import Caller, bench, run, soon, with_limits
from tests.support.waiting import until


def test_the_ceiling_comes_from_memory_and_open_files() -> None:
    assert connection_ceiling(2_400_000_000) == 100_000
    assert connection_ceiling(2_400_000_000, per_connection=48_000) == 50_000
    assert connection_ceiling(2_400_000_000, open_files=20_000) == 20_000 - SPARE_FILES
    assert connection_ceiling(0) == 1


def test_an_address_may_have_so_many_strangers() -> None:
    async def main() -> None:
        async with bench(limits=with_limits(strangers_per_address=2)) as b:
            first, second = await b.call(), await b.call()
            first.say("BEAT")
            assert await first.hear() == "BEAT"
            third = await b.call()
            assert await third.ended() == b""
            elsewhere = await b.call(local_addr=("127.0.0.2", 0))
            await elsewhere.login("T-9")
            await first.login("T-7")
            fourth = await b.call()
            await fourth.login("T-8")
            assert b.counters.counts["refused", "address"] == 1
            await second.hang_up()

    run(main)


def test_there_is_a_ceiling_for_all() -> None:
    async def main() -> None:
        async with bench(limits=with_limits(connections=2)) as b:
            first, second = await b.call(), await b.call()
            await first.login("T-7")
            await second.login("T-8")
            third = await b.call()
            assert await third.ended() == b""
            await second.hang_up()
            await until(lambda: b.shared.gate.inside < 2, "the gate")
            fourth = await b.call()
            await fourth.login("T-9")
            assert b.counters.counts["refused", "ceiling"] == 1

    run(main)


def test_a_flood_of_refusals_is_one_line_in_the_log() -> None:
    async def main() -> None:
        async with bench(limits=with_limits(connections=1)) as b:
            first = await b.call()
            await first.login("T-7")
            for _ in range(5):
                assert await (await b.call()).ended() == b""
            b.server._sweep.run()
            b.server._sweep.run()
            assert b.log.named("listener.refused") == [{"ceiling": 5}]
            assert await (await b.call()).ended() == b""
            b.server._sweep.run()
            assert b.log.named("listener.refused") == [{"ceiling": 5}, {"ceiling": 1}]

    run(main)


def test_a_flood_of_strangers_is_a_few_lines_and_a_number() -> None:
    async def main() -> None:
        async with bench() as b:

            async def left(caller: Caller) -> None:
                before = b.counters.counts["closed", "peer_closed"]
                await caller.hang_up()
                await until(lambda: b.counters.counts["closed", "peer_closed"] > before, "its end")

            for _ in range(MOST_LINES):  # each is told of twice: what it did, and that it left
                rude = await b.call()
                rude.say("RUDE")
                await left(rude)
            assert len(b.log.named("session.protocol_error")) == MOST_LINES // 2
            assert len(b.log.named("session.closed")) == MOST_LINES // 2
            member = await b.call()
            await member.login("T-7")
            await left(member)
            assert b.log.named("session.closed")[-1]["serial"] == "T-7"
            b.server._sweep.run()
            b.server._sweep.run()
            assert b.log.named("listener.strangers") == [{"hidden": MOST_LINES}]
            await left(await b.call())
            assert "serial" not in b.log.named("session.closed")[-1]

    run(main)


def test_a_taken_port_is_named() -> None:
    async def main() -> None:
        async with bench() as b:
            with pytest.raises(GatepostError) as caught:
                await b.server.listen("second", "127.0.0.1", b.port)
            assert caught.value.code == "listener.unavailable"
            assert caught.value.place == f"second 127.0.0.1:{b.port}"
            assert caught.value.message == "cannot listen: Address already in use."

    run(main)


def test_the_sweep_runs_by_itself() -> None:
    async def main() -> None:
        async with bench() as b:
            caller = await b.call()
            await caller.login("T-7")
            b.clock.pass_(2.0)
            caller.say("BEAT")
            assert await caller.hear() == "BEAT"
            swept = asyncio.Event()
            b.server._sweep._after = swept.set
            await soon(swept.wait())

    run(main)


def test_a_drain_settles_what_is_in_flight_and_takes_nothing_new() -> None:
    async def main() -> None:
        async with bench() as b:
            idle, busy, stranger = await b.call(), await b.call(), await b.call()
            await idle.login("T-7")
            await busy.login("T-8")
            busy.say("REC 1", "REC 2")
            for expected in (("login", "T-7"), ("login", "T-8"), ("record", 1), ("record", 2)):
                assert await b.desk.happened.get() == expected
            stranger.say("BEAT")
            assert await stranger.hear() == "BEAT"
            draining = asyncio.ensure_future(b.server.drain(10.0))
            assert await idle.ended() == b"FAREWELL draining\n"
            assert await stranger.ended() == b"FAREWELL draining\n"
            busy.say("REC 3")
            assert await busy.hear() == "LATER 3"
            with pytest.raises(ConnectionError):
                await b.call()
            b.desk.settle()
            assert await busy.ended() == b"ACK 1\nACK 2\nFAREWELL draining\n"
            assert await soon(draining) == DrainReport(connections=3, aborted=0, unsettled=0)
            assert b.counters.counts["closed", "draining"] == 3

    run(main)


def test_a_drain_ends_when_its_grace_does() -> None:
    async def main() -> None:
        async with bench() as b:
            busy = await b.call()
            await busy.login("T-8")
            busy.say("REC 1", "REC 2")
            for expected in (("login", "T-8"), ("record", 1), ("record", 2)):
                assert await b.desk.happened.get() == expected
            session = b.shared.registry.session(DeviceId(8))
            report = await soon(b.server.drain(0.01))
            assert report == DrainReport(connections=1, aborted=1, unsettled=2)
            assert await busy.ended() == b""
            assert session is not None
            session.submit(Accept(receipt=b.desk.waiting[0][1]))  # too late, and harmless

    run(main)


def test_a_drain_of_nothing_is_over_at_once() -> None:
    async def main() -> None:
        async with bench() as b:
            report = await soon(b.server.drain(10.0))
            assert report == DrainReport(connections=0, aborted=0, unsettled=0)

    run(main)


def test_connections_that_wait_for_their_turn_are_drained_too() -> None:
    async def main() -> None:
        async with bench(limits=with_limits(strangers=1)) as b:
            first, second = await b.call(), await b.call()
            first.say("BEAT")
            assert await first.hear() == "BEAT"
            await until(lambda: b.shared.gate.inside == 2, "the gate")
            report = await soon(b.server.drain(10.0))
            assert report == DrainReport(connections=2, aborted=0, unsettled=0)
            assert await second.ended() == b""

    run(main)
