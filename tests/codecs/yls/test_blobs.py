"""Pictures on their way in: open, data, close, and every way to be interrupted."""

from __future__ import annotations

import hashlib

import pytest
from gateway.codecs.yls.body import put, put_number
from gateway.codecs.yls.frame import pack
from gateway.codecs.yls.registers import ENC, Command, Result, Tlv

from gateway.domain.events import (
    BlobCompleted,
    BlobInterrupted,
    BlobOffered,
    Event,
    Misbehaved,
)
from gateway.domain.ids import Receipt
from gateway.domain.requests import Accept, DeclineBlob, Defer, TakeBlob
from tests.codecs.yls import vectors
from tests.codecs.yls.terminal import Terminal

PICTURE = b"\xff\xd8" + bytes(range(256)) * 4
DIGEST = hashlib.sha256(PICTURE).digest()
OWNER = bytes((1,)) + vectors.EPOCH.to_bytes(4, "big") + (1205).to_bytes(4, "big")


def opening(
    data: bytes = PICTURE, *, size: int | None = None, kind: int = 1, extra: bytes = b""
) -> bytes:
    return (
        put_number(Tlv.BLOB_TYPE, kind, 1, critical=True)
        + put_number(Tlv.BLOB_SIZE, len(data) if size is None else size, 4, critical=True)
        + put(Tlv.SHA256, hashlib.sha256(data).digest(), critical=True)
        + extra
    )


def chunk(blob: int, offset: int, data: bytes) -> bytes:
    return (
        put_number(Tlv.BLOB_ID, blob, 4, critical=True)
        + put_number(Tlv.OFFSET, offset, 4, critical=True)
        + put(Tlv.DATA, data, critical=True)
    )


def named(blob: int) -> bytes:
    return put_number(Tlv.BLOB_ID, blob, 4, critical=True)


class Sender(Terminal):
    """A terminal inside TLS that sends pictures."""

    def __init__(self) -> None:
        super().__init__(secure=True)

    def open(self, data: bytes = PICTURE, *, prefix: bytes = b"", have_all: bool = False) -> int:
        (offer,) = self.ask(Command.BLOB_OPEN, opening(data))
        assert isinstance(offer, BlobOffered)
        taken = TakeBlob(receipt=offer.receipt, prefix=prefix, have_all=have_all)
        assert self.submit(taken) == []
        answer = self.answer()
        assert answer.number(Tlv.RESULT, 2) == Result.OK
        assert answer.number(Tlv.OFFSET, 4) == (len(data) if have_all else len(prefix))
        return answer.number(Tlv.BLOB_ID, 4)

    def send(self, blob: int, offset: int, data: bytes) -> tuple[int, int | None]:
        self.ask(Command.BLOB_DATA, chunk(blob, offset, data))
        answer = self.answer()
        wanted = answer.number(Tlv.OFFSET, 4) if Tlv.OFFSET in answer else None
        return answer.number(Tlv.RESULT, 2), wanted

    def close(self, blob: int) -> list[Event]:
        return self.ask(Command.BLOB_CLOSE, named(blob))


def test_a_picture_arrives_and_is_confirmed_when_it_is_durable() -> None:
    sender = Sender()
    (offer,) = sender.ask(Command.BLOB_OPEN, opening(extra=put(Tlv.OWNER, OWNER)))
    assert offer == BlobOffered(
        receipt=Receipt(1),
        digest=DIGEST,
        size=len(PICTURE),
        kind="snapshot",
        series=vectors.EPOCH,
        number=1205,
    )
    assert sender.output() == b""
    sender.submit(TakeBlob(receipt=Receipt(1)))
    blob = sender.answer().number(Tlv.BLOB_ID, 4)
    assert sender.send(blob, 0, PICTURE[:1000]) == (Result.OK, 1000)
    assert sender.send(blob, 1000, PICTURE[1000:]) == (Result.OK, len(PICTURE))
    (done,) = sender.close(blob)
    assert done == BlobCompleted(
        receipt=Receipt(2),
        digest=DIGEST,
        kind="snapshot",
        data=PICTURE,
        damage="not_jpeg",
        series=vectors.EPOCH,
        number=1205,
    )
    assert sender.output() == b""
    sender.submit(Accept(receipt=Receipt(2)))
    assert sender.result() == Result.OK
    assert sender.server.lost(sender.now) == []


def test_the_vector_names_a_transfer_that_is_not_open() -> None:
    sender = Sender()
    sender.feed(vectors.V13)
    assert sender.result() == Result.BLOB_UNKNOWN


def test_a_chunk_that_overlaps_is_taken_for_its_tail_and_one_that_leaps_is_not() -> None:
    sender = Sender()
    blob = sender.open()
    assert sender.send(blob, 0, PICTURE[:100]) == (Result.OK, 100)
    assert sender.send(blob, 0, PICTURE[:100]) == (Result.OK, 100)
    assert sender.send(blob, 50, PICTURE[50:150]) == (Result.OK, 150)
    assert sender.send(blob, 20, PICTURE[20:30]) == (Result.OK, 150)
    assert sender.send(blob, 151, PICTURE[151:200]) == (Result.BLOB_OFFSET, 150)
    assert sender.send(blob, 150, PICTURE[150:] + b"x") == (Result.OUT_OF_RANGE, None)
    assert sender.send(blob, 150, PICTURE[150:]) == (Result.OK, len(PICTURE))
    assert isinstance(sender.close(blob)[0], BlobCompleted)


def test_closing_too_early_says_what_is_missing() -> None:
    sender = Sender()
    blob = sender.open()
    sender.send(blob, 0, PICTURE[:100])
    assert sender.close(blob) == []
    answer = sender.answer()
    assert answer.number(Tlv.RESULT, 2) == Result.BLOB_OFFSET
    assert answer.number(Tlv.OFFSET, 4) == 100


def test_a_wrong_digest_discards_everything() -> None:
    sender = Sender()
    blob = sender.open()
    sender.send(blob, 0, bytes(len(PICTURE)))
    events = sender.close(blob)
    assert events == [
        Misbehaved(code="blob_digest"),
        BlobInterrupted(digest=DIGEST, data=b""),
    ]
    assert sender.result() == Result.BLOB_DIGEST
    assert sender.send(blob, 0, PICTURE)[0] == Result.BLOB_UNKNOWN


def test_what_had_arrived_survives_a_lost_connection_at_every_boundary() -> None:
    size = 100
    for cut in range(0, len(PICTURE) + 1, size):
        sender = Sender()
        blob = sender.open()
        for at in range(0, cut, size):
            sender.send(blob, at, PICTURE[at : min(at + size, cut)])
        kept = sender.server.lost(sender.now)
        assert kept == [BlobInterrupted(digest=DIGEST, data=PICTURE[:cut])]
        again = Sender()
        blob = again.open(prefix=PICTURE[:cut])
        if cut < len(PICTURE):
            assert again.send(blob, cut, PICTURE[cut:]) == (Result.OK, len(PICTURE))
        (done,) = again.close(blob)
        assert isinstance(done, BlobCompleted)
        assert done.data == PICTURE


def test_a_picture_that_is_durable_needs_no_data() -> None:
    sender = Sender()
    blob = sender.open(have_all=True)
    assert sender.send(blob, 0, PICTURE[:10]) == (Result.OK, len(PICTURE))
    assert sender.close(blob) == []
    assert sender.result() == Result.OK
    for _ in range(5):
        sender.open(have_all=True, data=PICTURE + bytes((_,)))


def test_opening_what_is_open_goes_on_with_it() -> None:
    sender = Sender()
    blob = sender.open()
    sender.send(blob, 0, PICTURE[:300])
    assert sender.ask(Command.BLOB_OPEN, opening()) == []
    answer = sender.answer()
    assert (answer.number(Tlv.BLOB_ID, 4), answer.number(Tlv.OFFSET, 4)) == (blob, 300)
    sender.ask(Command.BLOB_STATUS, put(Tlv.SHA256, DIGEST))
    assert sender.answer().number(Tlv.OFFSET, 4) == 300
    sender.ask(Command.BLOB_STATUS, put(Tlv.SHA256, bytes(32)))
    assert sender.result() == Result.BLOB_UNKNOWN


def test_two_may_be_open_at_a_time() -> None:
    sender = Sender()
    first = sender.open(b"a" * 10)
    sender.open(b"b" * 10)
    assert sender.ask(Command.BLOB_OPEN, opening(b"c" * 10)) == []
    assert sender.result() == Result.BLOB_QUOTA
    (ended,) = sender.ask(Command.BLOB_ABORT, named(first))
    assert isinstance(ended, BlobInterrupted)
    assert ended.data == b""
    assert sender.result() == Result.OK
    assert sender.open(b"c" * 10) == 3
    sender.ask(Command.BLOB_ABORT, named(first))
    assert sender.result() == Result.BLOB_UNKNOWN


def test_an_offer_under_consideration_is_busy() -> None:
    sender = Sender()
    sender.ask(Command.BLOB_OPEN, opening())
    sender.ask(Command.BLOB_OPEN, opening())
    assert sender.result() == Result.BUSY
    sender.ask(Command.BLOB_DATA, chunk(1, 0, b"x"))
    assert sender.result() == Result.BUSY


@pytest.mark.parametrize(
    ("body", "result"),
    [
        (opening(size=300 * 1024 + 1), Result.TOO_LARGE),
        (opening(size=0), Result.OUT_OF_RANGE),
        (opening(kind=9), Result.FORBIDDEN),
        (opening(kind=5), Result.FORBIDDEN),
        (opening(extra=put_number(Tlv.CHUNK, 2048 - 59, 2)), Result.OUT_OF_RANGE),
        (opening(extra=put_number(Tlv.CHUNK, 0, 2)), Result.OUT_OF_RANGE),
        (opening(extra=put(Tlv.OWNER, b"")), Result.BAD_LENGTH),
        (opening(extra=put(Tlv.OWNER, OWNER[:-1])), Result.BAD_LENGTH),
        (opening()[:-1], Result.BAD_TLV),
        (put_number(Tlv.BLOB_TYPE, 1, 1), Result.MISSING_TLV),
    ],
)
def test_offers_that_are_refused(body: bytes, result: Result) -> None:
    sender = Sender()
    events = sender.ask(Command.BLOB_OPEN, body)
    assert not [event for event in events if isinstance(event, BlobOffered)]
    assert sender.result() == result


@pytest.mark.parametrize(
    "body",
    [
        opening(size=300 * 1024),
        opening(extra=put_number(Tlv.CHUNK, 2048 - 60, 2)),
        opening(extra=put(Tlv.OWNER, b"\3")),
    ],
)
def test_offers_at_the_limit_are_passed_on(body: bytes) -> None:
    (offer,) = Sender().ask(Command.BLOB_OPEN, body)
    assert isinstance(offer, BlobOffered)
    assert offer.number is None


@pytest.mark.parametrize(
    ("code", "result"),
    [
        ("quota", Result.BLOB_QUOTA),
        ("too_large", Result.TOO_LARGE),
        ("unsupported", Result.FORBIDDEN),
        ("unavailable", Result.RETRY_LATER),
    ],
)
def test_the_gateway_declines(code: str, result: Result) -> None:
    sender = Sender()
    (offer,) = sender.ask(Command.BLOB_OPEN, opening())
    assert isinstance(offer, BlobOffered)
    sender.submit(DeclineBlob(receipt=offer.receipt, code=code))
    answer = sender.answer()
    assert answer.number(Tlv.RESULT, 2) == result
    assert (Tlv.HB in answer) == (result == Result.RETRY_LATER)
    assert sender.open() == 2


def test_a_picture_that_cannot_be_stored_now_can_be_closed_again() -> None:
    sender = Sender()
    blob = sender.open()
    sender.send(blob, 0, PICTURE)
    (done,) = sender.close(blob)
    assert isinstance(done, BlobCompleted)
    sender.submit(DeclineBlob(receipt=done.receipt, code="unavailable"))
    assert sender.result() == Result.RETRY_LATER
    (again,) = sender.close(blob)
    assert isinstance(again, BlobCompleted)
    sender.close(blob)
    assert sender.result() == Result.BUSY
    sender.submit(Accept(receipt=again.receipt))
    assert sender.result() == Result.OK


def test_pictures_need_tls_or_encryption_at_every_step() -> None:
    terminal = Terminal()
    terminal.ask(Command.BLOB_OPEN, opening())
    assert terminal.result() == Result.FORBIDDEN
    (offer,) = terminal.ask(Command.BLOB_OPEN, opening(), flags=ENC)
    assert isinstance(offer, BlobOffered)
    terminal.submit(TakeBlob(receipt=offer.receipt))
    blob = terminal.answer().number(Tlv.BLOB_ID, 4)
    terminal.ask(Command.BLOB_DATA, chunk(blob, 0, PICTURE[:10]))
    assert terminal.result() == Result.FORBIDDEN
    terminal.ask(Command.BLOB_DATA, chunk(blob, 0, PICTURE), flags=ENC)
    assert terminal.result() == Result.OK
    (done,) = terminal.ask(Command.BLOB_CLOSE, named(blob))
    assert isinstance(done, BlobCompleted)


def test_without_tls_the_bench_switch_lets_pictures_through() -> None:
    terminal = Terminal(bench_plain_biometrics=True)
    (offer,) = terminal.ask(Command.BLOB_OPEN, opening())
    assert isinstance(offer, BlobOffered)


def test_an_answer_for_an_aborted_transfer_says_it_is_unknown() -> None:
    sender = Sender()
    sender.ask(Command.BLOB_OPEN, opening())
    sender.feed(pack(0, 0, Command.BLOB_ABORT, 99, vectors.SESSION, named(1)))
    assert sender.result() == Result.BUSY
    sender.submit(TakeBlob(receipt=Receipt(1)))
    assert sender.result() == Result.OK
    assert sender.submit(TakeBlob(receipt=Receipt(1))) == []
    assert sender.output() == b""


def test_an_unclear_word_on_a_picture_means_later() -> None:
    sender = Sender()
    sender.ask(Command.BLOB_OPEN, opening())
    sender.submit(Defer(receipt=Receipt(1)))
    assert sender.result() == Result.RETRY_LATER
