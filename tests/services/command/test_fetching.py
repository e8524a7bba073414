"""Orders of terminals that fetch them: a poll costs no query, and none is given twice or missed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from gateway.domain.command_queue import Command, CommandState
from gateway.domain.commands import DoorCommand, Outcome
from gateway.domain.errors import StoreUnavailable
from gateway.domain.ids import DeviceId
from gateway.domain.requests import NoOrders
from tests.services.command.bench import GATE, Bench, play
from tests.support.sessions import RecordingSession


def fetching(bench: Bench) -> RecordingSession:
    session = bench.sessions[GATE] = RecordingSession(GATE)
    session.fetches = True
    return session


def counted(bench: Bench) -> list[DeviceId]:
    """Have every look into the store written down."""
    looked: list[DeviceId] = []
    take: Callable[[DeviceId, int], Awaitable[Command | None]] = bench.store.take

    async def look(device: DeviceId, now_ms: int) -> Command | None:
        looked.append(device)
        return await take(device, now_ms)

    bench.store.take = look  # type: ignore[method-assign]
    return looked


def test_a_poll_of_a_terminal_without_orders_looks_once() -> None:
    async def test(bench: Bench) -> None:
        session, looked = fetching(bench), counted(bench)
        for _ in range(5):
            bench.commands.fetch(GATE, session)
            await bench.settle()
        assert session.submitted == [NoOrders()] * 5
        assert len(looked) == 1

    play(test)


def test_an_order_given_between_two_polls_is_fetched_by_the_next() -> None:
    async def test(bench: Bench) -> None:
        session = fetching(bench)
        bench.commands.fetch(GATE, session)
        await bench.settle()
        del bench.sessions[GATE]  # its connection is closed
        number = await bench.open()
        assert bench.state(number) is CommandState.QUEUED
        session = fetching(bench)
        bench.commands.fetch(GATE, session)
        await bench.settle()
        (order,) = session.submitted
        assert isinstance(order, DoorCommand)
        bench.commands.fetch(GATE, session)
        await bench.settle()
        assert session.submitted[1:] == [NoOrders()]  # it has one under way

    play(test)


def test_a_poll_while_an_outcome_is_noted_gets_the_next_order() -> None:
    async def test(bench: Bench) -> None:
        session = fetching(bench)
        first = await bench.open()
        del bench.sessions[GATE]
        given = bench.commands.give(GATE, "status", {}, by="guard", reason="", within_s=60.0)
        await given
        bench.sessions[GATE] = session
        finish = bench.store.finish

        async def slow(*args: object) -> bool:
            bench.commands.fetch(GATE, session)
            return await finish(*args)  # type: ignore[arg-type]

        bench.store.finish = slow  # type: ignore[method-assign,assignment]
        await bench.answer(first, Outcome.DONE)
        await bench.settle()
        assert bench.state(first) is CommandState.DONE
        assert len(session.submitted) == 2
        assert NoOrders() not in session.submitted

    play(test)


def test_without_the_store_a_terminal_is_told_that_there_is_nothing_and_asked_about_again() -> None:
    async def test(bench: Bench) -> None:
        session = fetching(bench)
        take = bench.store.take

        async def away(*args: object) -> None:
            raise StoreUnavailable("away")

        bench.store.take = away  # type: ignore[method-assign,assignment]
        bench.commands.fetch(GATE, session)
        await bench.settle()
        assert session.submitted == [NoOrders()]
        bench.store.take = take  # type: ignore[method-assign]
        del bench.sessions[GATE]
        await bench.open()
        bench.sessions[GATE] = session
        bench.commands.fetch(GATE, session)
        await bench.settle()
        assert isinstance(session.submitted[-1], DoorCommand)

    play(test)


def test_an_order_given_while_nothing_was_found_is_not_missed() -> None:
    async def test(bench: Bench) -> None:
        session = fetching(bench)
        take = bench.store.take
        given: list[DeviceId] = []

        async def slow(device: DeviceId, now_ms: int) -> Command | None:
            found = await take(device, now_ms)
            if not given:
                given.append(device)
                # It comes after the look, and before its result is known.
                door = {"door": 1, "action": "pulse"}
                await bench.commands.give(
                    GATE, "door", door, by="guard", reason="delivery", within_s=60.0
                )
                del bench.sessions[GATE]
            return found

        bench.store.take = slow  # type: ignore[method-assign]
        bench.commands.fetch(GATE, session)
        await bench.settle()
        assert session.submitted == [NoOrders()]
        bench.sessions[GATE] = session
        bench.commands.fetch(GATE, session)
        await bench.settle()
        assert isinstance(session.submitted[-1], DoorCommand)

    play(test)
