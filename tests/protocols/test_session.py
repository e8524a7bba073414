"""One conversation and the desk, over real sockets."""

from __future__ import annotations

import asyncio

from gateway.protocols.flow import FlowLimits

from gateway.domain.ids import DeviceId, Receipt
from gateway.domain.requests import Accept, Conflict, Parting
from tests.support.lines import line_dialect
from tests.support.network import bench, run


def test_a_terminal_logs_in_and_is_heard() -> None:
    async def main() -> None:
        async with bench() as b:
            caller = await b.call()
            await caller.login("T-7")
            assert b.desk.heartbeats == 1
            caller.say("BEAT")
            assert await caller.hear() == "BEAT"
            assert b.desk.heartbeats == 2
            session = b.shared.registry.session(DeviceId(7))
            assert session is not None
            assert (session.device, session.generation, session.slot) == (7, 1, 7)
            assert session.dialect == "lines/1"
            assert b.log.named("session.opened") == [
                {"peer": "127.0.0.1", "dialect": "lines/1", "serial": "T-7", "device": 7}
            ]
            await caller.hang_up()
            await b.gone()
            assert await b.desk.happened.get() == ("login", "T-7")
            assert await b.desk.happened.get() == ("lost", 7, "peer_closed")
            assert len(b.shared.registry) == 0
            traffic = b.shared.traffic
            assert (traffic.bytes_in, traffic.bytes_out) == (10 + 5, 5 + 5)

    run(main)


def test_only_reads_with_a_healthy_frame_are_heard() -> None:
    async def main() -> None:
        async with bench() as b:
            caller = await b.call()
            await caller.login("T-7")
            caller.say("NOISE", "RUDE", "WAIT 1")
            caller.say("BEAT")
            assert await caller.hear() == "BEAT"
            before = b.desk.heartbeats
            caller.say("NOISE")
            caller.say("FLOOD 1")
            assert await caller.hear() == "x"
            assert b.desk.heartbeats - before == 1
            assert b.counters.counts["frame_damaged", "lines/1", "magic"] == 2
            assert b.counters.counts["misbehaved", "lines/1", "order"] == 1
            assert len(b.log.named("session.protocol_error")) == 1

    run(main)


def test_who_is_locked_out_is_told_so_and_who_is_shunned_is_told_nothing() -> None:
    async def main() -> None:
        async with bench() as b:
            locked, shunned = await b.call(), await b.call()
            locked.say("HELLO L-1")
            assert await locked.ended() == b"OUT locked_out\n"
            shunned.say("HELLO S-1")
            assert await shunned.ended() == b""
            await b.gone()
            assert b.counters.counts["closed", "locked_out"] == 1
            assert b.desk.happened.empty()

    run(main)


def test_a_terminal_that_was_admitted_is_told_why_it_may_not_log_in_again() -> None:
    async def main() -> None:
        async with bench() as b:
            caller = await b.call()
            await caller.login("T-7")
            caller.say("HELLO S-7")
            assert await caller.ended() == b"OUT locked_out\n"

    run(main)


def test_a_failed_proof_and_a_refusal_end_the_connection() -> None:
    async def main() -> None:
        async with bench() as b:
            stranger, refused = await b.call(), await b.call()
            stranger.say("HELLO X-1")
            assert await stranger.ended() == b"OUT denied\n"
            assert await b.desk.happened.get() == ("login_failed", "X-1", "127.0.0.1")
            refused.say("HELLO R-1")
            assert await refused.ended() == b"OUT revoked\n"
            await b.gone()
            assert b.counters.counts["closed", "denied"] == 1
            assert b.counters.counts["closed", "refused"] == 1
            assert b.log.named("session.opened") == []

    run(main)


def test_records_beyond_the_credit_are_deferred_while_reading_goes_on() -> None:
    async def main() -> None:
        async with bench(flow=FlowLimits(credit=2)) as b:
            caller = await b.call()
            await caller.login("T-7")
            caller.say("REC 1", "REC 2", "REC 3", "LOST 4", "BEAT")
            assert [await caller.hear() for _ in range(3)] == ["BEAT", "LATER 3", "LATER 4"]
            assert b.desk.records == [1, 2]
            assert b.counters.counts["deferred", "lines/1"] == 2
            b.desk.settle()
            assert [await caller.hear() for _ in range(2)] == ["ACK 1", "ACK 2"]
            caller.say("REC 3", "LOST 4")
            assert await b.desk.happened.get() == ("login", "T-7")
            for number in (1, 2, 3):
                assert await b.desk.happened.get() == ("record", number)
            assert await b.desk.happened.get() == ("records_lost", 4)

    run(main)


def test_several_answers_leave_in_one_write() -> None:
    async def main() -> None:
        async with bench() as b:
            caller = await b.call()
            await caller.login("T-7")
            caller.say("REC 1", "REC 2", "REC 3")
            for expected in (("login", "T-7"), ("record", 1), ("record", 2), ("record", 3)):
                assert await b.desk.happened.get() == expected
            session = b.shared.registry.session(DeviceId(7))
            assert session is not None
            writes: list[bytes] = []
            session._connection._transport.send = writes.append
            session.submit(
                Accept(receipt=Receipt(1)), Conflict(receipt=Receipt(2)), Accept(receipt=Receipt(3))
            )
            assert len(session.credit) == 0
            await asyncio.sleep(0)
            assert writes == [b"ACK 1\nCONFLICT 2\nACK 3\n"]

    run(main)


def test_a_newer_connection_takes_over_and_the_older_removes_only_itself() -> None:
    async def main() -> None:
        async with bench() as b:
            older, newer = await b.call(), await b.call()
            await older.login("T-7")
            older.say("REC 1")
            await newer.login("T-7")
            assert await older.ended() == b"FAREWELL taken_over\n"
            for expected in (("login", "T-7"), ("record", 1), ("login", "T-7")):
                assert await b.desk.happened.get() == expected
            assert await b.desk.happened.get() == ("lost", 7, "taken_over")
            session = b.shared.registry.session(DeviceId(7))
            assert session is not None
            assert session.generation == 2
            b.desk.settle()  # the older one's record: its connection is gone, nothing happens
            newer.say("BEAT")
            assert await newer.hear() == "BEAT"
            (line,) = b.log.named("session.taken_over")
            assert line["elsewhere"] is False

    run(main)


def test_a_second_login_on_the_same_connection_does_not_take_itself_over() -> None:
    async def main() -> None:
        async with bench() as b:
            caller = await b.call()
            await caller.login("T-7")
            await caller.login("T-7")
            caller.say("BEAT")
            assert await caller.hear() == "BEAT"

    run(main)


def test_a_connection_cannot_change_who_it_is() -> None:
    async def main() -> None:
        async with bench() as b:
            caller = await b.call()
            await caller.login("T-7")
            caller.say("HELLO T-8", "REC 1")
            assert await caller.ended() == b""
            await b.gone()
            assert b.counters.counts["closed", "identity_changed"] == 1
            assert b.desk.records == []

    run(main)


def test_nothing_reaches_the_desk_before_admission() -> None:
    async def main() -> None:
        async with bench() as b:
            b.desk.slow_login = True
            caller = await b.call()
            caller.say("HELLO T-7", "REC 1", "LOST 2", "BEAT")
            assert [await caller.hear() for _ in range(3)] == ["BEAT", "LATER 1", "LATER 2"]
            assert b.desk.heartbeats == 0
            b.desk.admit(*b.desk.logins[0])
            assert await caller.hear() == "IN 7"

    run(main)


def test_an_admission_that_comes_too_late_means_nothing() -> None:
    async def main() -> None:
        async with bench() as b:
            b.desk.slow_login = True
            caller = await b.call()
            caller.say("HELLO T-7")
            assert await b.desk.happened.get() == ("login", "T-7")
            await caller.hang_up()
            await b.gone()
            session, event = b.desk.logins[0]
            assert session.over
            b.desk.admit(session, event)
            assert b.desk.happened.empty()
            assert len(b.shared.registry) == 0

    run(main)


def test_an_admission_without_a_device_is_the_desks_mistake() -> None:
    async def main() -> None:
        async with bench() as b:
            b.desk.slow_login = True
            caller = await b.call()
            caller.say("HELLO T--1")
            assert await b.desk.happened.get() == ("login", "T--1")
            b.desk.admit(*b.desk.logins[0])
            assert await caller.ended() == b""
            await b.gone()
            assert b.counters.counts["closed", "handling_error"] == 1

    run(main)


def test_every_report_reaches_its_desk() -> None:
    async def main() -> None:
        async with bench() as b:
            caller = await b.call()
            await caller.login("T-7")
            caller.say("STATUS", "CLOCK -5", "LOST 3", "OFFER 9", "BLOB abc", "RANGE 2", "RUNS 2.4")
            caller.say("WHAT")
            for expected in (
                ("login", "T-7"),
                ("status", 7),
                ("clock", -5),
                ("records_lost", 3),
                ("blob_offered", 9),
                ("blob_completed", b"abc"),
                ("range_answered", 2),
                ("firmware", "2.4"),
            ):
                assert await b.desk.happened.get() == expected
            assert b.counters.counts["unknown_message", "lines/1"] == 1

    run(main)


def test_a_stranger_reports_in_vain() -> None:
    async def main() -> None:
        async with bench(line_dialect(before_login_bytes=200)) as b:
            caller = await b.call()
            caller.say("STATUS", "CLOCK -5", "REC 3", "OFFER 9", "BLOB abc", "RANGE 2", "HALF x")
            said = ["LATER 3", "DECLINED 9 unavailable", "DECLINED 1 unavailable"]
            assert [await caller.hear() for _ in range(3)] == said
            await caller.hang_up()
            await b.gone()
            assert b.desk.happened.empty()
            assert b.counters.counts["deferred", "lines/1"] == 1

    run(main)


def test_closing_is_flushed_first() -> None:
    async def main() -> None:
        async with bench() as b:
            caller = await b.call()
            await caller.login("T-7")
            caller.say("FLOOD 200000", "BYE", "REC 1")
            assert await caller.ended() == b"x" * 200_000 + b"\nBYE\n"
            await b.gone()
            assert b.counters.counts["closed", "goodbye"] == 1

    run(main)


def test_close_says_farewell_once() -> None:
    async def main() -> None:
        async with bench() as b:
            caller = await b.call()
            await caller.login("T-7")
            session = b.shared.registry.session(DeviceId(7))
            assert session is not None
            session.close(Parting.REVOKED)
            session.close(Parting.IDLE)
            session.submit(Accept(receipt=Receipt(1)))
            assert await caller.ended() == b"FAREWELL revoked\n"
            await b.gone()
            assert b.counters.counts["closed", "revoked"] == 1

    run(main)


def test_what_survives_a_connection_is_handed_over_before_its_loss() -> None:
    async def main() -> None:
        async with bench() as b:
            caller = await b.call()
            await caller.login("T-7")
            caller.say("HALF abc", "BEAT")
            assert await caller.hear() == "BEAT"
            await caller.hang_up()
            assert await b.desk.happened.get() == ("login", "T-7")
            assert await b.desk.happened.get() == ("blob_interrupted", 7, b"abc")
            assert await b.desk.happened.get() == ("lost", 7, "peer_closed")

    run(main)
