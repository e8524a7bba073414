"""Room for pictures on their way, shared by all sessions."""

from __future__ import annotations

from gateway.domain.events import BlobCompleted, BlobInterrupted, BlobOffered
from gateway.domain.ids import DeviceId, Receipt
from gateway.domain.requests import Accept, DeclineBlob, TakeBlob
from gateway.services.pictures import FRAGMENT_OVERHEAD, Fragments, Transfers
from tests.support.desks import Bench, run
from tests.support.reports import NOW, device, directory
from tests.support.sessions import RecordingSession

DEVICE = DeviceId(1)


def digest(number: int) -> bytes:
    return number.to_bytes(32, "big")


async def offer(bench: Bench, session: RecordingSession, number: int, size: int = 4) -> object:
    event = BlobOffered(receipt=Receipt(number), digest=digest(number), size=size, kind="snapshot")
    bench.services.desk.blob_offered(session, event, NOW)
    await bench.settle()
    return session.submitted.pop()


def later(number: int) -> DeclineBlob:
    return DeclineBlob(receipt=Receipt(number), code="unavailable")


def taken(number: int) -> TakeBlob:
    return TakeBlob(receipt=Receipt(number))


def test_all_sessions_share_the_room_and_every_end_gives_it_back() -> None:
    async def body(bench: Bench) -> None:
        desk = bench.services.desk
        one, two = await bench.login(), await bench.login(serial="YLS-00000002")
        assert await offer(bench, one, 1) == taken(1)
        assert await offer(bench, one, 2) == taken(2)
        assert await offer(bench, two, 3) == later(3)
        done = BlobCompleted(receipt=Receipt(9), digest=digest(1), kind="snapshot", data=b"1234")
        bench.store.down = True
        desk.blob_completed(one, done, NOW)
        await bench.settle()
        assert one.submitted.pop() == later(9)
        bench.store.down = False
        assert await offer(bench, two, 3) == later(3)  # the conversation still holds the object
        desk.blob_completed(one, done, NOW)
        await bench.settle()
        assert one.submitted.pop() == Accept(receipt=Receipt(9))
        assert await offer(bench, two, 3) == taken(3)
        desk.blob_interrupted(two, BlobInterrupted(digest=digest(3), data=b""))
        assert await offer(bench, two, 4) == taken(4)
        desk.lost(one, "gone", NOW)
        assert await offer(bench, two, 5) == taken(5)
        assert await offer(bench, two, 6) == later(6)

    run(body, directory(device(1), device(2)), transfer_bytes=8)


def test_what_is_durable_or_cannot_be_asked_takes_no_room() -> None:
    async def body(bench: Bench) -> None:
        desk = bench.services.desk
        session = await bench.login()
        done = BlobCompleted(receipt=Receipt(9), digest=digest(1), kind="snapshot", data=b"1234")
        desk.blob_completed(session, done, NOW)
        await bench.settle()
        session.submitted.clear()
        known = TakeBlob(receipt=Receipt(1), have_all=True)
        assert await offer(bench, session, 1) == known
        bench.store.down = True
        assert await offer(bench, session, 2) == later(2)
        bench.store.down = False
        assert await offer(bench, session, 3) == taken(3)

    run(body, transfer_bytes=4)


def test_a_beginning_is_not_spent_on_a_connection_that_is_gone() -> None:
    async def body(bench: Bench) -> None:
        desk = bench.services.desk
        gone = await bench.login()
        desk.blob_interrupted(gone, BlobInterrupted(digest=digest(1), data=b"12"))
        event = BlobOffered(receipt=Receipt(1), digest=digest(1), size=4, kind="snapshot")
        desk.blob_offered(gone, event, NOW)
        gone.over = True
        await bench.settle()
        desk.lost(gone, "gone", NOW)
        back = await bench.login()
        assert await offer(bench, back, 1) == TakeBlob(receipt=Receipt(1), prefix=b"12")

    run(body)


def test_beginnings_without_bytes_are_not_remembered_and_tiny_ones_cost_their_keeping() -> None:
    fragments = Fragments(10 * (FRAGMENT_OVERHEAD + 1))
    for number in range(100):
        fragments.keep(DEVICE, digest(number), b"")
        fragments.keep(DEVICE, digest(1000 + number), b"x")
    kept = [number for number in range(2000) if fragments.take(DEVICE, digest(number))]
    assert kept == list(range(1090, 1100))
    fragments.keep(DEVICE, digest(1), bytes(10 * FRAGMENT_OVERHEAD - 600))
    assert fragments.take(DEVICE, digest(1))


def test_room_given_back_twice_is_given_back_once() -> None:
    transfers, session = Transfers(4), RecordingSession()
    assert transfers.begin(session, b"a", 4)
    for _ in range(2):
        transfers.end(session, b"a")
        transfers.left(session)
    assert not transfers.begin(session, b"b", 5)
    assert transfers.begin(session, b"b", 4)
