"""Pictures a terminal offers, as the desk takes, resumes and declines them."""

from __future__ import annotations

from dataclasses import replace

from gateway.domain.events import (
    BlobCompleted,
    BlobInterrupted,
    BlobOffered,
)
from gateway.domain.ids import Receipt, Serial
from gateway.domain.requests import (
    Accept,
    DeclineBlob,
    TakeBlob,
)
from tests.support.desks import Bench, run
from tests.support.reports import NOW

SERIAL = Serial("YLS-00000001")


def test_an_interrupted_picture_resumes_and_a_known_one_is_not_sent_again() -> None:
    async def body(bench: Bench) -> None:
        session = await bench.login()
        session.submitted.clear()
        desk = bench.services.desk
        offer = BlobOffered(receipt=Receipt(1), digest=b"d" * 32, size=10, kind="snapshot")
        desk.blob_interrupted(session, BlobInterrupted(digest=b"d" * 32, data=b"half"))
        desk.blob_offered(session, offer, NOW)
        await bench.settle()
        assert session.submitted.pop() == TakeBlob(receipt=Receipt(1), prefix=b"half")
        done = BlobCompleted(
            receipt=Receipt(2), digest=b"d" * 32, kind="snapshot", data=b"0123456789"
        )
        desk.blob_completed(session, done, NOW)
        await bench.settle()
        assert session.submitted.pop() == Accept(receipt=Receipt(2))
        desk.blob_offered(session, offer, NOW)
        await bench.settle()
        assert session.submitted.pop() == TakeBlob(receipt=Receipt(1), have_all=True)

    run(body)


def test_pictures_that_cannot_be_taken_are_declined_with_a_reason() -> None:
    async def body(bench: Bench) -> None:
        session = await bench.login()
        session.submitted.clear()
        desk = bench.services.desk
        offer = BlobOffered(receipt=Receipt(1), digest=b"d" * 32, size=10, kind="snapshot")
        desk.blob_offered(session, replace(offer, size=300 * 1024 + 1), NOW)
        desk.blob_offered(session, replace(offer, kind="log"), NOW)
        bench.store.down = True
        desk.blob_offered(session, offer, NOW)
        done = BlobCompleted(receipt=Receipt(2), digest=b"d" * 32, kind="snapshot", data=b"0")
        desk.blob_completed(session, done, NOW)
        await bench.settle()
        assert session.submitted == [
            DeclineBlob(receipt=Receipt(1), code="too_large"),
            DeclineBlob(receipt=Receipt(1), code="unsupported"),
            DeclineBlob(receipt=Receipt(1), code="unavailable"),
            DeclineBlob(receipt=Receipt(2), code="unavailable"),
        ]

    run(body)


def test_a_damaged_picture_is_kept_counted_and_logged() -> None:
    async def body(bench: Bench) -> None:
        session = await bench.login()
        done = BlobCompleted(
            receipt=Receipt(2), digest=b"d" * 32, kind="snapshot", data=b"0", damage="truncated"
        )
        bench.services.desk.blob_completed(session, done, NOW)
        await bench.settle()
        (picture,) = bench.store.pictures.values()
        assert picture.damaged
        assert bench.services.common.tally.pictures_damaged == 1
        assert bench.log.named("picture.damaged")[0]["reason"] == "truncated"

    run(body)
