from __future__ import annotations

from gateway.domain.ids import PassageId, Receipt
from gateway.domain.passages import Placement
from gateway.domain.times import correct
from gateway.domain.vocabulary import Lane
from gateway.services.lanes import Lanes, Waiting
from gateway.services.normalise import normalise
from tests.support.reports import NOW, device, passage
from tests.support.sessions import RecordingSession


def waiting(number: int, size: int = 100) -> Waiting:
    event = passage(number)
    record = normalise(
        event,
        id_=PassageId(number),
        place=Placement(device=device().id),
        time=correct(event.device_ms, None, NOW),
        now=NOW,
        adapter="yls/1.0",
    )
    return Waiting(record, RecordingSession(1), Receipt(number), size)


def numbers(batch: list[Waiting]) -> list[int]:
    return [item.record.report.number for item in batch]


def test_live_records_overtake_backfill() -> None:
    lanes = Lanes(rows=10, bytes_=10_000)
    lanes.put(waiting(1), Lane.BACKFILL)
    lanes.put(waiting(2), Lane.LIVE)
    lanes.put(waiting(3), Lane.BACKFILL)
    assert numbers(lanes.take(rows=2, bytes_=10_000)) == [2, 1]
    assert numbers(lanes.take(rows=2, bytes_=10_000)) == [3]
    assert not lanes


def test_backfill_is_refused_at_half_the_rows_and_live_at_all_of_them() -> None:
    lanes = Lanes(rows=4, bytes_=10_000)
    assert lanes.put(waiting(1), Lane.BACKFILL)
    assert lanes.put(waiting(2), Lane.BACKFILL)
    assert not lanes.put(waiting(3), Lane.BACKFILL)
    assert lanes.put(waiting(4), Lane.LIVE)
    assert lanes.put(waiting(5), Lane.LIVE)
    assert not lanes.put(waiting(6), Lane.LIVE)


def test_bytes_are_bounded_and_given_back() -> None:
    lanes = Lanes(rows=100, bytes_=250)
    assert lanes.put(waiting(1, 200), Lane.LIVE)
    assert not lanes.put(waiting(2, 51), Lane.LIVE)
    assert lanes.put(waiting(3, 50), Lane.LIVE)
    lanes.take(rows=1, bytes_=10_000)
    assert lanes.waiting_bytes == 50
    assert not lanes.put(waiting(4, 76), Lane.BACKFILL)
    assert lanes.put(waiting(5, 75), Lane.BACKFILL)


def test_a_batch_stops_at_its_byte_limit_but_always_holds_one_record() -> None:
    lanes = Lanes(rows=100, bytes_=10_000)
    for number in (1, 2, 3):
        lanes.put(waiting(number, 400), Lane.LIVE)
    assert numbers(lanes.take(rows=10, bytes_=100)) == [1]
    assert numbers(lanes.take(rows=10, bytes_=800)) == [2, 3]
