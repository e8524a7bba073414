"""The terminal delivers pictures, never in clear, and resumes."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from gateway.codecs.api import Context
from gateway.codecs.yls.acks import Ack
from gateway.codecs.yls.body import Body, put_number, put_result
from gateway.codecs.yls.device import YlsDevice
from gateway.codecs.yls.device_events import (
    DeviceEvent,
    PictureDelivered,
    PictureRefused,
)
from gateway.codecs.yls.drafts import Draft
from gateway.codecs.yls.registers import Command, Result, Tlv
from gateway.codecs.yls.store import RecordStore
from gateway.codecs.yls.uploads import Uploads

from gateway.domain.events import PassageReported
from gateway.domain.requests import (
    DeclineBlob,
)
from tests.codecs.yls import vectors
from tests.codecs.yls.pair import CONFIG, Gateway, Pair, entropy

PICTURE = b"\xff\xd8" + bytes(range(256)) * 20


class TestPictures:
    def deliver(self, pair: Pair, picture: bytes = PICTURE) -> None:
        pair.device.record(Draft(time_ms=1, picture=picture), pair.now)
        pair.pump()

    def test_a_small_one_travels_inside_its_record(self) -> None:
        pair = Pair(secure=True).login()
        self.deliver(pair, b"\xff\xd8small")
        (event,) = [e for e in pair.events if isinstance(e, PassageReported)]
        assert event.picture is not None
        assert event.picture.data == b"\xff\xd8small"
        assert PictureDelivered(key=(vectors.EPOCH, 1)) in pair.told
        assert pair.store.owed(()) is None

    def test_without_tls_and_encryption_it_stays(self) -> None:
        pair = Pair().login()
        self.deliver(pair)
        assert pair.store.unacknowledged == 0
        assert pair.gateway.pictures == {}
        assert pair.store.owed(()) is not None

    def test_with_encryption_it_is_never_in_clear(self) -> None:
        pair = Pair(config=replace(CONFIG, encrypts=True)).login()
        seen = b""
        for size in (50, 5000):
            pair.device.record(Draft(time_ms=1, picture=b"SECRET" * size), pair.now)
            pair.collect()
            while pair.up or pair.down:
                seen += pair.up
                pair.to_server()
                pair.to_device()
                pair.collect()
        assert len(pair.gateway.pictures) == 2
        assert b"SECRET" not in seen
        assert pair.device.idle

    def test_a_reference_follows_when_the_picture_is_too_large_to_travel_inside(self) -> None:
        pair = Pair(secure=True).login()
        self.deliver(pair)
        (event,) = [e for e in pair.events if isinstance(e, PassageReported)]
        assert event.picture is not None
        assert (event.picture.data, event.picture.size) == (None, len(PICTURE))
        assert list(pair.gateway.pictures.values()) == [PICTURE]

    def test_a_refused_picture_rests_and_the_next_one_goes(self) -> None:
        class Strict(Gateway):
            def answer(self, event):  # type: ignore[no-untyped-def]
                answer = super().answer(event)
                if type(event).__name__ == "BlobOffered" and event.number == 1:
                    return DeclineBlob(receipt=event.receipt, code="too_large")
                return answer

        pair = Pair(Strict(), secure=True).login()
        self.deliver(pair)
        self.deliver(pair, PICTURE + b"2")
        assert PictureRefused(key=(vectors.EPOCH, 1), result="too_large") in pair.told
        assert PictureDelivered(key=(vectors.EPOCH, 2)) in pair.told

    def test_a_gateway_that_cannot_store_now_is_asked_again(self) -> None:
        class Moody(Gateway):
            calls = 0

            def answer(self, event):  # type: ignore[no-untyped-def]
                if type(event).__name__ == "BlobCompleted":
                    self.calls += 1
                    if self.calls == 1:
                        return DeclineBlob(receipt=event.receipt, code="unavailable")
                return super().answer(event)

        pair = Pair(Moody(), secure=True).login()
        self.deliver(pair)
        assert pair.gateway.pictures == {}
        assert pair.device.deadline() == pair.now.mono + 5
        pair.wait(5)
        assert list(pair.gateway.pictures.values()) == [PICTURE]

    def test_a_damaged_resumption_is_discarded_and_sent_once_more(self) -> None:
        gateway = Gateway()
        pair = Pair(gateway, secure=True)
        pair.login()
        number = pair.store.record(Draft(time_ms=1, picture=PICTURE))
        assert number == 1
        gateway.prefixes[hashlib.sha256(PICTURE).digest()] = bytes(3000)
        pair.wait(30)
        assert list(gateway.pictures.values()) == [PICTURE]

    def test_a_transfer_is_resumed_after_every_chunk(self) -> None:
        config = replace(CONFIG, max_frame=600)
        kept: set[int] = set()
        for turns in range(14):
            gateway, store = Gateway(), RecordStore(vectors.EPOCH)
            pair = Pair(gateway, store, config=config, secure=True).login()
            pair.device.record(Draft(time_ms=1, picture=PICTURE), pair.now)
            for _ in range(turns):
                pair.to_server()
                pair.to_device()
            pair.drop()
            kept.update(map(len, gateway.prefixes.values()))
            again = Pair(gateway, store, config=config, secure=True, seed="again").login()
            assert list(gateway.pictures.values()) == [PICTURE]
            assert again.device.idle
        assert kept == {*range(0, len(PICTURE), 540), len(PICTURE)}

    def test_the_bench_switch_sends_it_in_clear(self) -> None:
        pair = Pair(bench_plain_biometrics=True)
        bench = Context(entropy=entropy("bench"), settings={"bench_plain_biometrics": True})
        pair.device = YlsDevice(CONFIG, bench, pair.store)
        pair.login()
        self.deliver(pair)
        assert list(pair.gateway.pictures.values()) == [PICTURE]


class TestUploads:
    """One transfer by its answers alone."""

    def uploads(self) -> Uploads:
        store = RecordStore(vectors.EPOCH)
        store.record(Draft(time_ms=1, picture=PICTURE))
        store.acknowledge(Ack(vectors.EPOCH, 1, ()))
        return Uploads(store, 1000)

    def ask(self, uploads: Uploads, answer: bytes) -> tuple[int, list[DeviceEvent]]:
        wanted = uploads.next()
        assert wanted is not None
        assert uploads.next() is None
        return wanted[0], uploads.answered(Body(answer), 50.0)

    def test_it_goes_where_the_gateway_wants_it(self) -> None:
        uploads = self.uploads()
        here = put_number(Tlv.BLOB_ID, 1, 4) + put_number(Tlv.OFFSET, len(PICTURE), 4)
        assert self.ask(uploads, put_result(0) + here) == (Command.BLOB_OPEN, [])
        back = put_result(Result.BLOB_OFFSET) + put_number(Tlv.OFFSET, len(PICTURE) - 3, 4)
        assert self.ask(uploads, back) == (Command.BLOB_CLOSE, [])
        wanted = uploads.next()
        assert wanted is not None
        assert Body(wanted[1]).bytes(Tlv.DATA) == PICTURE[-3:]
        assert uploads.answered(Body(put_result(Result.BLOB_UNKNOWN)), 50.0) == []
        assert self.ask(uploads, put_result(Result.BUSY)) == (Command.BLOB_OPEN, [])
        assert uploads.hold_until == 51.0
        assert not uploads.idle

    def test_a_digest_that_fails_twice_is_given_up(self) -> None:
        uploads = self.uploads()
        assert self.ask(uploads, put_result(Result.BLOB_DIGEST)) == (Command.BLOB_OPEN, [])
        refused = PictureRefused(key=(vectors.EPOCH, 1), result="blob_digest")
        assert self.ask(uploads, put_result(Result.BLOB_DIGEST)) == (Command.BLOB_OPEN, [refused])
        assert uploads.next() is None
        assert uploads.idle
