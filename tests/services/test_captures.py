"""The quarantine inbox is bounded in every direction, and a failing database costs no more."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from gateway.domain.captures import CaptureCounts
from gateway.domain.errors import StoreRefused, StoreUnavailable
from gateway.domain.ids import Serial
from gateway.domain.times import Instant
from gateway.services.captures import DAY_MS, Inbox, InboxLimits
from gateway.services.tasks import Tasks
from tests.support.captures import FakeStore, capture
from tests.support.sessions import SilentLog

NOW = Instant(1000.0, 1_788_325_456_000)
LATER = Instant(1000.0 + 3600, NOW.wall + 3_600_000)
SERIAL = Serial("YLS-00000001")


Test = Callable[[Inbox, FakeStore, Tasks], Awaitable[None]]


def with_inbox(test: Test, **limits: int) -> tuple[Inbox, FakeStore, SilentLog]:
    async def main() -> tuple[Inbox, FakeStore, SilentLog]:
        log, store = SilentLog(), FakeStore()
        tasks = Tasks(log)
        inbox = Inbox(store, InboxLimits(**limits), tasks, log)
        await test(inbox, store, tasks)
        await tasks.settle(5.0)
        return inbox, store, log

    return asyncio.run(main())


def test_what_is_put_is_stored_in_order_and_told_once_each() -> None:
    async def main(inbox: Inbox, store: FakeStore, tasks: Tasks) -> None:
        for code in ("damaged.magic", "codec_error"):
            inbox.put(capture(code=code), NOW)
        assert store.kept == [], "storing never delays the session"

    inbox, store, log = with_inbox(main)
    assert [one.code for one in store.kept] == ["damaged.magic", "codec_error"]
    assert (inbox.tally.kept, inbox.tally.stored) == (2, 2)
    assert [line["capture"] for line in log.named("capture.kept")] == [1, 2]
    assert log.named("gateway.task_failed") == []


def test_one_peer_gets_so_many_an_hour_and_unknown_messages_have_their_own() -> None:
    async def main(inbox: Inbox, store: FakeStore, tasks: Tasks) -> None:
        def admitted(code: str, now: Instant = NOW, serial: Serial | None = SERIAL) -> int:
            return sum(inbox.admits(serial, "192.0.2.1", code, now) for _ in range(10))

        assert admitted("damaged.magic") == 6
        assert admitted("unknown.0777") == 2
        assert admitted("damaged.magic", serial=Serial("YLS-00000002")) == 6
        assert admitted("damaged.magic", serial=None) == 6
        assert admitted("damaged.magic", LATER) == 6

    inbox, _, _ = with_inbox(main)
    assert inbox.tally.dropped["rate"] == 4 + 8 + 4 + 4 + 4


def test_a_crowd_of_strangers_is_bounded_together_and_never_costs_a_terminal() -> None:
    async def main(inbox: Inbox, store: FakeStore, tasks: Tasks) -> None:
        peers = [f"198.51.{n // 250}.{n % 250}" for n in range(1000)]
        assert sum(inbox.admits(None, peer, "damaged.magic", NOW) for peer in peers) == 60
        assert inbox.admits(SERIAL, "198.51.0.1", "damaged.magic", NOW)

    inbox, _, _ = with_inbox(main)
    assert inbox.tally.dropped["strangers"] == 940


def test_room_on_disk_ends_for_strangers_first() -> None:
    async def main(inbox: Inbox, store: FakeStore, tasks: Tasks) -> None:
        store.present = CaptureCounts(devices=0, strangers=25)
        await inbox.keep_house(NOW.wall)
        assert not inbox.admits(None, "192.0.2.1", "damaged.magic", NOW)
        assert inbox.admits(SERIAL, "192.0.2.1", "damaged.magic", NOW)
        store.present = CaptureCounts(devices=75, strangers=25)
        await inbox.keep_house(NOW.wall)
        assert not inbox.admits(SERIAL, "192.0.2.1", "damaged.magic", NOW)
        inbox.put(capture(), NOW)
        inbox.put(capture(code="recording"), NOW)

    inbox, store, _ = with_inbox(main, total=100)
    assert inbox.tally.dropped["room"] == 3
    assert [one.code for one in store.kept] == ["recording"], "an operator asked for it"


def test_what_was_admitted_before_the_room_ended_is_not_stored_after_it() -> None:
    async def main(inbox: Inbox, store: FakeStore, tasks: Tasks) -> None:
        for _ in range(20):
            inbox.put(capture(), NOW)

    inbox, store, _ = with_inbox(main, total=10)
    assert len(store.kept) == 10
    assert inbox.tally.dropped["room"] == 10


def test_only_so_many_wait() -> None:
    async def main(inbox: Inbox, store: FakeStore, tasks: Tasks) -> None:
        for _ in range(50):
            inbox.put(capture(), NOW)

    inbox, store, _ = with_inbox(main, waiting=8)
    assert len(store.kept) == 8
    assert inbox.tally.dropped["waiting"] == 42


def test_a_failing_database_costs_the_capture_and_nothing_else() -> None:
    async def main(inbox: Inbox, store: FakeStore, tasks: Tasks) -> None:
        store.failure = StoreUnavailable("it is away.")
        inbox.put(capture(), NOW)
        await tasks.settle(5.0)
        store.failure = StoreRefused("it refuses this.")
        inbox.put(capture(), NOW)
        await tasks.settle(5.0)
        store.failure = None
        inbox.put(capture(), NOW)

    inbox, store, log = with_inbox(main)
    assert (inbox.tally.dropped["database"], inbox.tally.dropped["refused"]) == (1, 1)
    assert len(store.kept) == 1
    assert log.named("gateway.task_failed") == []


def test_house_is_kept_by_the_clock_it_is_given() -> None:
    async def main(inbox: Inbox, store: FakeStore, tasks: Tasks) -> None:
        await inbox.keep_house(NOW.wall)
        assert store.erased_before == [NOW.wall - 7 * DAY_MS]

    _, _, log = with_inbox(main)
    assert log.named("capture.expired") == [{"count": 3}]
