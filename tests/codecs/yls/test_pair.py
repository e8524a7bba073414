"""Both sides talking to each other: what one records, the other acknowledges, whatever happens."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from gateway.codecs.yls.acks import Ack
from gateway.codecs.yls.body import Body, put_result
from gateway.codecs.yls.device_events import (
    Acknowledged,
    ClockCompared,
    HeartbeatAnswered,
    Online,
    PictureDelivered,
    RecordsRefused,
)
from gateway.codecs.yls.drafts import Draft
from gateway.codecs.yls.frame import close
from gateway.codecs.yls.registers import Result
from gateway.codecs.yls.store import RecordStore
from gateway.codecs.yls.uploads import Uploads
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.domain.events import Event, Heartbeat, PassageReported
from gateway.domain.ids import Receipt
from gateway.domain.numbers import HeldNumbers
from gateway.domain.requests import Accept, Defer
from gateway.domain.vocabulary import Lane
from tests.codecs.yls.pair import CONFIG, Gateway, Pair
from tests.codecs.yls.vectors import BASE, EPOCH


def draft(person: int = 10086, picture: bytes | None = None) -> Draft:
    return Draft(time_ms=BASE, person=person, direction=1, method=1, picture=picture)


def test_after_login_the_clock_is_compared_and_a_heartbeat_goes_out() -> None:
    pair = Pair().login()
    assert pair.told[0] == Online(session=1, heartbeat_s=30)
    assert ClockCompared(offset_ms=0, delay_ms=0) in pair.told
    assert HeartbeatAnswered() in pair.told
    assert [type(e) for e in pair.events if isinstance(e, Heartbeat)] == [Heartbeat]


def test_a_live_record_is_acknowledged_and_forgotten() -> None:
    pair = Pair().login()
    number = pair.device.record(draft(), pair.now)
    pair.pump()
    assert number == 1
    assert Acknowledged(keys=((EPOCH, 1),)) in pair.told
    assert pair.store.unacknowledged == 0
    assert pair.device.idle


@pytest.mark.parametrize("at", [13, 20], ids=["session", "body"])
def test_an_edited_frame_delays_its_record_and_no_more(at: int) -> None:
    pair = Pair().login()
    pair.device.record(draft(), pair.now)
    pair.collect()
    edited = bytearray(pair.up)
    edited[at] ^= 2
    pair.up = close(bytes(edited[:16]), bytes(edited[18:-2]))
    pair.pump()
    assert pair.store.unacknowledged == 1
    for _ in range(3):
        pair.wait(10)
    assert pair.store.unacknowledged == 0
    assert not any(isinstance(one, RecordsRefused) for one in pair.told)


@pytest.mark.parametrize("result", [Result.BAD_MAC, Result.REPLAY])
def test_a_picture_whose_step_was_damaged_or_forgotten_goes_on(result: Result) -> None:
    picture = b"\xff\xd8" + bytes(range(256)) * 20
    pair = Pair(secure=True)
    pair.store.record(draft(picture=picture))
    pair.login()
    uploads = Uploads(pair.store, 1024)
    assert uploads.next() is None  # delivered already
    pair.store.record(draft(picture=picture))
    pair.store.acknowledge(Ack(EPOCH, 2, ()))
    asked = uploads.next()
    assert asked is not None
    assert uploads.answered(Body(put_result(result)), 100.0) == []
    assert uploads.hold_until == 101.0
    assert uploads.next() == asked


def test_a_scattered_backlog_fits_the_smallest_frames() -> None:
    gateway, store = Gateway(), RecordStore(EPOCH)
    scattered = {1, *range(600, 4201, 600)}
    for number in range(1, 4201):
        store.record(draft())
        if number not in scattered:
            gateway.held.setdefault(EPOCH, HeldNumbers(EPOCH)).add(number)
            store.acknowledge(Ack(EPOCH, 0, ((number, 1),)))
    gateway.answers[1] = Defer(receipt=Receipt(0))
    pair = Pair(gateway, store, config=replace(CONFIG, max_frame=256)).login()
    for _ in range(4):
        pair.wait(2)
    assert pair.device.online
    assert store.unacknowledged == 0
    assert gateway.numbers() == set(range(1, 4201))


def test_the_backlog_goes_out_in_frames_of_32() -> None:
    pair = Pair()
    for person in range(1, 101):
        pair.store.record(draft(person))
    pair.login()
    assert pair.store.unacknowledged == 0
    assert pair.gateway.numbers() == set(range(1, 101))
    lanes = {e.lane for e in pair.events if isinstance(e, PassageReported)}
    assert lanes == {Lane.BACKFILL}


def test_a_picture_follows_its_record_inside_tls() -> None:
    picture = b"\xff\xd8" + bytes(range(256)) * 40
    pair = Pair(secure=True).login()
    pair.device.record(draft(picture=picture), pair.now)
    pair.pump()
    assert PictureDelivered(key=(EPOCH, 1)) in pair.told
    assert pair.gateway.pictures == {hashlib.sha256(picture).digest(): picture}
    assert pair.device.idle


class Ordeal:
    """Two sides, a gateway's memory, and a network that hypothesis misuses."""

    def __init__(self, *, secure: bool) -> None:
        self.secure = secure
        self.gateway = Gateway()
        self.store = RecordStore(EPOCH)
        self.made = 0
        self.freed: list[int] = []
        self.connections = 0
        self.pair = self.connect()

    def connect(self) -> Pair:
        self.connections += 1
        config = replace(CONFIG, max_frame=600)
        seed = str(self.connections)
        pair = Pair(self.gateway, self.store, config=config, secure=self.secure, seed=seed)
        pair.device.start(pair.now)
        return pair

    def step(self, kind: str, size: int) -> None:
        pair = self.pair
        if kind == "record":
            self.made += 1
            picture = b"\xff\xd8" + bytes(size * 40) if size % 3 == 0 else None
            pair.device.record(draft(self.made, picture), pair.now)
        elif kind == "up":
            pair.to_server(size * 7)
        elif kind == "down":
            pair.to_device(size * 7)
        elif kind == "defer":
            self.gateway.answers[self.made + 1] = Defer(receipt=Receipt(0), retry_after_s=2)
        elif kind == "wait":
            pair.wait(size / 10)
        elif kind == "drop":
            pair.drop()
            self.collect()
            self.pair = self.connect()
        if self.pair.device.closing is not None or self.pair.server.closing is not None:
            self.pair.drop()
            self.collect()
            self.pair = self.connect()

    def collect(self) -> None:
        for event in self.pair.told:
            if isinstance(event, Acknowledged):
                self.freed += [number for _, number in event.keys]
        self.pair.told.clear()

    def check(self) -> None:
        """The device forgot exactly what the gateway holds."""
        self.collect()
        left = {number for (_, number), _ in self.store.waiting()}
        assert len(self.freed) == len(set(self.freed))
        assert set(self.freed) <= self.gateway.numbers()
        assert set(self.freed) | left == set(range(1, self.made + 1))

    def settle(self) -> None:
        """Leave the network alone until everything is said."""
        for _ in range(10):
            self.pair.pump()
            self.pair.wait(11)
            if self.pair.device.closing is not None:
                self.pair.drop()
                self.collect()
                self.pair = self.connect()
        self.check()
        assert set(self.freed) == set(range(1, self.made + 1)) == self.gateway.numbers()
        assert self.pair.device.idle or not self.secure


STEPS = st.tuples(
    st.sampled_from(
        ["record", "record", "up", "up", "up", "down", "down", "defer", "wait", "drop"]
    ),
    st.integers(0, 60),
)


@given(st.booleans(), st.lists(STEPS, min_size=10, max_size=100))
@settings(max_examples=250, deadline=None)
def test_every_record_is_acknowledged_exactly_when_it_was_accepted(
    secure: bool, steps: list[tuple[str, int]]
) -> None:
    ordeal = Ordeal(secure=secure)
    for kind, size in steps:
        ordeal.step(kind, size)
        ordeal.check()
    ordeal.settle()


@given(st.permutations(range(6)), st.integers(1, 4))
@settings(max_examples=60, deadline=None)
def test_the_order_in_which_the_gateway_decides_does_not_matter(
    order: list[int], deferred: int
) -> None:
    pair = Pair(window=16).login()
    pair.gateway.answers = dict.fromkeys(range(1, 7))
    for person in range(6):
        pair.device.record(draft(person), pair.now)
    pair.pump()
    reports = [event for event in pair.events if isinstance(event, PassageReported)]
    assert [event.number for event in reports] == [1, 2, 3, 4, 5, 6]
    for at in order:
        report = reports[at]
        if report.number == deferred:
            pair.submit(Defer(receipt=report.receipt, retry_after_s=1))
        else:
            pair.submit(Accept(receipt=report.receipt))
        pair.pump()
    assert {n for (_, n), _ in pair.store.waiting()} == {deferred}
    pair.wait(1)
    assert pair.store.unacknowledged == 0
    assert pair.gateway.numbers() == {deferred}


@given(st.lists(st.integers(1, 200), min_size=1, max_size=40))
@settings(max_examples=60, deadline=None)
def test_how_the_streams_are_cut_never_matters(cuts: list[int]) -> None:
    def run(sizes: list[int]) -> tuple[list[Event], bytes]:
        pair, at, sent = Pair(secure=True), 0, b""
        for person in range(5):
            pair.store.record(draft(person, b"\xff\xd8" + bytes(900 * person)))
        pair.device.start(pair.now)
        pair.collect()
        while pair.up or pair.down:
            at += 1
            size = sizes[at % len(sizes)]
            sent += pair.up[:size]
            pair.to_server(size)
            pair.to_device(size)
            pair.collect()
        return pair.events, sent

    assert run(cuts) == run([1_000_000])
