"""Orders under way: one at a time, outcomes that are true, nothing that moves given twice."""

from __future__ import annotations

import asyncio

import pytest

from gateway.domain.command_queue import Command, CommandId, CommandState
from gateway.domain.commands import DoorCommand, Outcome, ReadConfig
from gateway.domain.errors import GatepostError
from gateway.domain.ids import Ticket
from gateway.domain.requests import NoOrders, Request
from tests.services.command.bench import GATE, OPEN, OTHER, Bench, play
from tests.support.sessions import RecordingSession


def test_an_order_waits_for_its_terminal_and_is_marked_before_it_leaves() -> None:
    async def main(bench: Bench) -> None:
        number = await bench.open()
        assert bench.state(number) is CommandState.QUEUED
        session = bench.connect()
        states: list[CommandState] = []

        def submit(*requests: Request) -> None:
            states.append(bench.state(number))
            session.submitted.extend(requests)

        session.submit = submit  # type: ignore[method-assign]
        await bench.settle()
        assert states == [CommandState.SENT]
        (order,) = session.submitted
        assert isinstance(order, DoorCommand)
        assert order.ticket == Ticket(number)
        await bench.answer(number, Outcome.DONE)
        assert bench.state(number) is CommandState.DONE
        assert bench.store.known[number].result == {"door": "open"}
        assert bench.commands.tally.ended[CommandState.DONE] == 1

    play(main)


def test_a_terminal_has_one_order_at_a_time() -> None:
    async def main(bench: Bench) -> None:
        session = bench.connect()
        first, second = await bench.ask(), await bench.ask()
        await bench.settle()
        assert [one.ticket for one in session.submitted] == [first]  # type: ignore[union-attr]
        await bench.answer(first, Outcome.REFUSED, "busy")
        assert bench.state(first) is CommandState.REFUSED
        assert [one.ticket for one in session.submitted] == [first, second]  # type: ignore[union-attr]

    play(main)


def test_a_newer_order_about_the_same_door_takes_the_place_of_one_that_waits() -> None:
    async def main(bench: Bench) -> None:
        first = await bench.open()
        second = await bench.open()
        elsewhere = await bench.open(OTHER)
        assert bench.state(first) is CommandState.SUPERSEDED
        assert bench.state(second) is CommandState.QUEUED
        assert bench.state(elsewhere) is CommandState.QUEUED

    play(main)


def test_an_order_that_moves_something_is_unknown_when_its_connection_ends() -> None:
    async def main(bench: Bench) -> None:
        session = bench.connect()
        number = await bench.open()
        session.over = True
        bench.commands.lost(GATE, session)
        bench.connect()
        await bench.settle()
        assert bench.state(number) is CommandState.UNKNOWN
        assert bench.sessions[GATE].submitted == []
        assert bench.log.named("command.not_done")[0]["state"] == "unknown"

    play(main)


def test_an_order_that_may_be_repeated_is_and_not_for_ever() -> None:
    async def main(bench: Bench) -> None:
        number = await bench.ask()
        for _ in range(3):
            session = bench.connect()
            await bench.settle()
            assert [type(one) for one in session.submitted] == [ReadConfig]
            session.over = True
            bench.commands.lost(GATE, session)
            await bench.settle()
        assert bench.state(number) is CommandState.UNKNOWN
        assert bench.store.known[number].attempts == 3

    play(main)


def test_an_older_connection_that_ends_late_takes_nothing_with_it() -> None:
    async def main(bench: Bench) -> None:
        older = bench.connect()
        newer = bench.connect()
        number = await bench.open()
        assert len(newer.submitted) == 1
        bench.commands.lost(GATE, older)
        await bench.settle()
        assert bench.state(number) is CommandState.SENT
        await bench.answer(number, Outcome.DONE)
        assert bench.state(number) is CommandState.DONE

    play(main)


def test_what_certainly_never_left_waits_again_a_few_times() -> None:
    async def main(bench: Bench) -> None:
        session = bench.connect()
        number = await bench.open()
        for attempt in range(3):
            assert len(session.submitted) == attempt + 1
            await bench.answer(number, Outcome.NOT_SENT, "busy")
            bench.commands.kick(GATE)
            await bench.settle()
        assert bench.state(number) is CommandState.REFUSED
        assert bench.store.known[number].code == "busy"

    play(main)


def test_what_never_will_leave_is_refused_at_once() -> None:
    async def main(bench: Bench) -> None:
        bench.connect()
        number = await bench.open()
        await bench.answer(number, Outcome.NOT_SENT, "expired")
        assert bench.state(number) is CommandState.REFUSED

    play(main)


def test_a_terminal_that_says_nothing_leaves_it_unknown_and_is_free_again() -> None:
    async def main(bench: Bench) -> None:
        session = bench.connect()
        number = await bench.open()
        bench.later(59)
        await bench.commands.review()
        assert bench.state(number) is CommandState.SENT
        bench.later(1)
        await bench.commands.review()
        await bench.settle()
        assert bench.state(number) is CommandState.UNKNOWN
        await bench.answer(number, Outcome.DONE)  # too late: nobody can say what it was about
        assert bench.state(number) is CommandState.UNKNOWN
        assert len(bench.log.named("command.stray_outcome")) == 1
        await bench.open()
        assert len(session.submitted) == 2

    play(main)


def test_an_order_whose_time_is_over_is_never_sent() -> None:
    async def main(bench: Bench) -> None:
        number = await bench.open(within_s=5)
        bench.later(6)
        session = bench.connect()
        await bench.settle()
        assert session.submitted == []
        await bench.commands.review()
        assert bench.state(number) is CommandState.EXPIRED

    play(main)


def test_a_connection_that_ends_while_the_order_is_fetched_costs_nothing() -> None:
    async def main(bench: Bench) -> None:
        number = await bench.open()
        session = bench.connect()
        session.over = True
        await bench.settle()
        assert session.submitted == []
        assert bench.state(number) is CommandState.QUEUED

    play(main)


def test_without_the_database_nothing_is_sent_and_an_outcome_is_not_invented() -> None:
    async def main(bench: Bench) -> None:
        number = await bench.open()
        bench.store.down = True
        session = bench.connect()
        await bench.settle()
        assert session.submitted == []
        bench.store.down = False
        bench.commands.kick(GATE)
        await bench.settle()
        assert len(session.submitted) == 1
        bench.store.down = True
        await bench.answer(number, Outcome.DONE)
        assert len(bench.log.named("command.not_stored")) == 1
        bench.store.down = False
        assert bench.state(number) is CommandState.SENT
        await bench.commands.begin()
        assert bench.state(number) is CommandState.UNKNOWN

    play(main)


def test_whoever_waits_is_told_once_it_is_over() -> None:
    async def main(bench: Bench) -> None:
        bench.connect()
        number = await bench.open()
        waiting = asyncio.create_task(bench.commands.wait(number, 60.0))
        await bench.settle()
        await bench.answer(number, Outcome.DONE)
        ended = await waiting
        assert ended is not None
        assert ended.state is CommandState.DONE
        again = await bench.commands.wait(number, 60.0)
        assert again == ended
        pending = await bench.open()
        as_it_stands = await bench.commands.wait(pending, 0.0)
        assert as_it_stands is not None
        assert as_it_stands.state is CommandState.SENT
        assert await bench.commands.wait(CommandId(99), 0.0) is None

    play(main)


def test_only_what_still_waits_can_be_cancelled() -> None:
    async def main(bench: Bench) -> None:
        number = await bench.open()
        cancelled = await bench.commands.cancel(number, "guard")
        assert isinstance(cancelled, Command)
        assert cancelled.state is CommandState.CANCELLED
        bench.connect()
        sent = await bench.open()
        kept = await bench.commands.cancel(sent, "guard")
        assert kept is not None
        assert kept.state is CommandState.SENT

    play(main)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"reason": " "}, "command.reason"),
        ({"within_s": 0.0}, "command.patience"),
        ({"within_s": 1e9}, "command.patience"),
    ],
)
def test_an_order_nobody_may_give_is_not_queued(changed: dict[str, object], code: str) -> None:
    async def main(bench: Bench) -> None:
        said: dict[str, object] = {"by": "guard", "reason": "delivery", "within_s": 60.0, **changed}
        with pytest.raises(GatepostError) as caught:
            await bench.commands.give(GATE, "door", OPEN, **said)  # type: ignore[arg-type]
        assert caught.value.code == code
        assert bench.store.known == {}

    play(main)


def test_an_identity_number_in_a_reason_is_not_written_down() -> None:
    async def main(bench: Bench) -> None:
        reason = "for 110101199001010007, who waits"
        given = await bench.commands.give(
            GATE, "door", OPEN, by="guard", reason=reason, within_s=60.0
        )
        assert given.order.reason == "for [identity number], who waits"

    play(main)


def test_what_waits_is_sent_by_the_sweep_once_its_terminal_can_be_reached() -> None:
    async def test(bench: Bench) -> None:
        number = await bench.open()
        session = bench.sessions[GATE] = RecordingSession(GATE)  # and nobody tells of it
        await bench.commands.review()
        await bench.settle()
        assert bench.state(number) is CommandState.SENT
        assert len(session.submitted) == 1

    play(test)


def test_a_terminal_that_cannot_be_reached_costs_no_attempt() -> None:
    async def test(bench: Bench) -> None:
        session = bench.connect()
        number = await bench.open()
        for code, attempts in (
            *[("unreachable", 0)] * 3,
            *(("slow", 1), ("slow", 2)),  # and what is the last attempt is none
            *[("unreachable", 2)] * 3,
        ):
            await bench.answer(number, Outcome.NOT_SENT, code)
            assert bench.state(number) is CommandState.QUEUED
            assert bench.store.known[number].attempts == attempts
            await bench.commands.review()
            await bench.settle()
        assert len(session.submitted) == 9
        await bench.answer(number, Outcome.NOT_SENT, "slow")
        assert bench.state(number) is CommandState.REFUSED

    play(test)


def test_an_order_that_is_being_carried_out_is_waited_for() -> None:
    async def test(bench: Bench) -> None:
        bench.connect()
        number = await bench.open()
        for _ in range(5):
            bench.later(25.0)
            bench.commands.under_way(GATE, Ticket(number), 10.0)
            bench.commands.under_way(GATE, Ticket(99), 1000.0)
            bench.commands.under_way(OTHER, Ticket(number), 1000.0)
            await bench.commands.review()
        assert bench.state(number) is CommandState.SENT
        bench.later(39.0)
        await bench.commands.review()
        assert bench.state(number) is CommandState.SENT
        bench.later(1.0)
        await bench.commands.review()
        await bench.settle()
        assert bench.state(number) is CommandState.UNKNOWN

    play(test, seconds=30.0)


def test_a_terminal_that_fetches_is_told_of_nothing_where_its_order_goes_another_way() -> None:
    async def test(bench: Bench) -> None:
        dialled = bench.sessions[GATE] = RecordingSession(GATE)
        dialled.over = True
        number = await bench.open()
        dialled.over = False
        fetching = RecordingSession(GATE)
        bench.commands.fetch(GATE, fetching)
        await bench.settle()
        assert fetching.submitted == [NoOrders()]
        assert bench.state(number) is CommandState.SENT
        assert len(dialled.submitted) == 1

    play(test)
