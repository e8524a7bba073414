"""Contract of CommandStore, on every PostgreSQL we promise to run on and on the in-memory one."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from gateway.storage.opening import Storage

from gateway.directory_file import to_document
from gateway.domain.audit import Chain
from gateway.domain.command_queue import CommandId, CommandState, CommandStore, NewCommand
from gateway.domain.errors import GatepostError, StoreRefused
from gateway.domain.ids import DeviceId
from tests.support.directories import document
from tests.support.orders import MemoryCommands

NOW = 1_795_600_000_000
ORDER = NewCommand(
    device=DeviceId(0),
    kind="door",
    args={"door": 1, "action": "pulse"},
    subject="door 1",
    repeatable=False,
    audited=True,
    issued_ms=NOW,
    issued_by="guard",
    reason="delivery",
    not_after_ms=NOW + 60_000,
)


async def devices(storage: Storage, count: int = 2) -> list[DeviceId]:
    entered = to_document(document(*(f"T-{n}" for n in range(count))), "test")
    await storage.directory.import_directory(entered)
    known = (await storage.directory.load()).devices
    return sorted(device.id for device in known.values())


@pytest.fixture(params=["postgres", "memory"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def store_of(kind: str, storage: Storage) -> CommandStore:
    return storage.commands if kind == "postgres" else MemoryCommands()


def test_an_order_from_beginning_to_end(kind: str, storage: Storage, run: Any) -> None:
    async def main() -> None:
        gate, other = await devices(storage)
        store = store_of(kind, storage)
        order = replace(ORDER, device=gate)
        given = await store.enqueue(order, 10)
        assert (given.order, given.state, given.attempts) == (order, CommandState.QUEUED, 0)
        assert await store.take(other, NOW) is None
        taken = await store.take(gate, NOW + 5)
        assert taken is not None
        assert (taken.id, taken.state, taken.attempts, taken.sent_ms) == (
            given.id,
            CommandState.SENT,
            1,
            NOW + 5,
        )
        await store.enqueue(replace(order, subject=""), 10)
        assert await store.take(gate, NOW + 6) is None  # one at a time
        assert await store.finish(given.id, CommandState.DONE, "ok", {"door": "open"}, NOW + 9)
        assert not await store.finish(given.id, CommandState.REFUSED, "no", None, NOW + 10)
        ended = await store.show(given.id)
        assert ended is not None
        assert (ended.state, ended.code, ended.result, ended.ended_ms) == (
            CommandState.DONE,
            "ok",
            {"door": "open"},
            NOW + 9,
        )
        assert [one.id for one in await store.list(gate, open_only=False, limit=9)] == [
            given.id + 1,
            given.id,
        ]
        assert [one.id for one in await store.list(None, open_only=True, limit=9)] == [given.id + 1]
        assert await store.show(CommandId(given.id + 99)) is None

    run(main())


def test_replacing_bounding_expiring_cancelling(kind: str, storage: Storage, run: Any) -> None:
    async def main() -> None:
        (gate,) = await devices(storage, 1)
        store = store_of(kind, storage)
        order = replace(ORDER, device=gate)
        first = await store.enqueue(order, 1)
        second = await store.enqueue(order, 1)  # takes the only place from the first
        with pytest.raises(GatepostError) as caught:
            await store.enqueue(replace(order, subject="door 2"), 1)
        assert caught.value.code == "command.queue_full"
        brief = await store.enqueue(replace(order, subject="", not_after_ms=NOW + 5), 9)
        assert [one.id for one in await store.expire(NOW + 6)] == [brief.id]
        assert await store.expire(NOW + 6) == []
        cancelled = await store.cancel(second.id, "guard", NOW + 7)
        assert cancelled is not None
        assert cancelled.state is CommandState.CANCELLED
        again = await store.cancel(first.id, "guard", NOW + 7)
        assert again is not None
        assert again.state is CommandState.SUPERSEDED
        assert await store.cancel(CommandId(first.id + 99), "guard", NOW) is None
        assert await store.take(gate, NOW + 8) is None

    run(main())


def test_after_a_crash_only_what_does_no_harm_twice_is_given_again(
    kind: str, storage: Storage, run: Any
) -> None:
    async def main() -> None:
        gate, other = await devices(storage)
        store = store_of(kind, storage)
        moving = await store.enqueue(replace(ORDER, device=gate), 9)
        asking = await store.enqueue(replace(ORDER, device=other, repeatable=True), 9)
        assert await store.take(gate, NOW)
        assert await store.take(other, NOW)
        assert await store.recover(NOW + 1) == 1
        states = [await store.show(one.id) for one in (moving, asking)]
        assert [one.state for one in states if one] == [CommandState.UNKNOWN, CommandState.QUEUED]
        assert await store.recover(NOW + 2) == 0
        again = await store.take(other, NOW + 3)
        assert again is not None
        assert again.attempts == 2
        await store.put_back(again.id)
        await store.put_back(moving.id)
        third = await store.take(other, NOW + 4)
        assert third is not None
        assert third.id == asking.id
        assert await store.take(gate, NOW + 4) is None

    run(main())


def test_who_waits_is_known_and_what_was_no_attempt_is_not_counted(
    kind: str, storage: Storage, run: Any
) -> None:
    async def main() -> None:
        gate, other = await devices(storage)
        store = store_of(kind, storage)
        assert list(await store.waiting()) == []
        given = await store.enqueue(replace(ORDER, device=gate), 10)
        await store.enqueue(replace(ORDER, device=gate, subject="door 2"), 10)
        await store.enqueue(replace(ORDER, device=other), 10)
        assert sorted(await store.waiting()) == [gate, other]
        await store.take(gate, NOW)
        assert list(await store.waiting()) == [other]
        for uncounted, attempts in ((True, 1), (False, 2), (True, 2)):
            await store.put_back(given.id, uncounted=uncounted)
            taken = await store.take(gate, NOW)
            assert taken is not None
            assert (taken.id, taken.attempts) == (given.id, attempts)

    run(main())


def test_two_at_once_get_one_order_and_one_place(storage: Storage, run: Any) -> None:
    async def main() -> None:
        (gate,) = await devices(storage, 1)
        store = storage.commands
        order = replace(ORDER, device=gate, subject="")
        given = await asyncio.gather(
            *(store.enqueue(order, 2) for _ in range(4)), return_exceptions=True
        )
        assert sum(isinstance(one, GatepostError) for one in given) == 2
        taken = await asyncio.gather(
            *(store.take(gate, NOW) for _ in range(4)), return_exceptions=True
        )
        assert sum(one is not None and not isinstance(one, Exception) for one in taken) == 1

    run(main())


def test_an_order_for_a_device_there_is_not_is_refused(storage: Storage, run: Any) -> None:
    async def main() -> None:
        with pytest.raises(StoreRefused):
            await storage.commands.enqueue(replace(ORDER, device=DeviceId(12345)), 9)

    run(main())


def test_what_moves_something_is_in_the_audit_trail_whatever_becomes_of_it(
    storage: Storage, run: Any
) -> None:
    async def main() -> None:
        (gate,) = await devices(storage, 1)
        store = storage.commands
        first = await store.enqueue(replace(ORDER, device=gate), 9)
        second = await store.enqueue(replace(ORDER, device=gate), 9)
        await store.take(gate, NOW)
        await store.finish(second.id, CommandState.REFUSED, "door_fault", None, NOW + 1_000)
        await store.enqueue(replace(ORDER, device=gate, kind="status", audited=False), 9)
        chain = Chain()
        lines = [line async for page in storage.audit.lines() for line in page]
        assert all(chain.follows(line) for line in lines)
        said = [(line.entry.actor, line.entry.action, line.entry.detail) for line in lines]
        order = 'door {"action": "pulse", "door": 1}'
        assert said == [
            ("guard", "COMMAND", f"{order}: delivery"),
            ("guard", "COMMAND_ENDED", f"{order}: superseded"),
            ("guard", "COMMAND", f"{order}: delivery"),
            ("terminal", "COMMAND_ENDED", f"{order}: refused door_fault"),
        ]
        assert lines[0].entry.subject == f"device {gate} command {first.id}"
        newest = await storage.audit.latest(1)
        assert newest == lines[-1:]
        async with storage.database.use() as connection:
            await connection.execute("update audit set actor = 'nobody' where seq = 2")
        chain = Chain()
        tampered = [line async for page in storage.audit.lines() for line in page]
        assert not all(chain.follows(line) for line in tampered)
        assert chain.lines == 1

    run(main())


def test_lines_written_at_once_make_one_chain(storage: Storage, run: Any) -> None:
    async def main() -> None:
        gates = await devices(storage, 4)
        orders = [replace(ORDER, device=gate, subject="") for gate in gates for _ in range(5)]
        await asyncio.gather(*(storage.commands.enqueue(order, 9) for order in orders))
        chain = Chain()
        async for page in storage.audit.lines():
            assert all(chain.follows(line) for line in page)
        assert chain.lines == 20

    run(main())
