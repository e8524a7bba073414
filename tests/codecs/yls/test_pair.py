"""Both sides talking to each other: what one records, the other acknowledges, whatever happens."""

from __future__ import annotations

import hashlib

from gateway.codecs.yls.device_events import (
    Acknowledged,
    ClockCompared,
    HeartbeatAnswered,
    Online,
    PictureDelivered,
)
from gateway.codecs.yls.drafts import Draft

from gateway.domain.events import Heartbeat, PassageReported
from gateway.domain.vocabulary import Lane
from tests.codecs.yls.pair import Pair
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
