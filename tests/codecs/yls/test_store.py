"""The terminal's record store: nothing leaves it before it is acknowledged."""

from __future__ import annotations

from gateway.codecs.yls.acks import Ack
from gateway.codecs.yls.body import put
from gateway.codecs.yls.drafts import Draft
from gateway.codecs.yls.groups import Lost, scan
from gateway.codecs.yls.outgoing import Outgoing
from gateway.codecs.yls.registers import Command, Tlv
from gateway.codecs.yls.store import RecordStore
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.events import StoredSeries
from tests.codecs.yls.terminal import record

DRAFT = Draft(time_ms=1)


def filled(count: int, *, history: int = 0) -> RecordStore:
    store = RecordStore(7, history=history)
    for _ in range(count):
        store.record(DRAFT)
    return store


def numbers(store: RecordStore) -> list[int]:
    return [number for (_, number), _ in store.waiting()]


def bits(*numbers: int) -> tuple[int, int]:
    return min(numbers), sum(1 << number - min(numbers) for number in set(numbers))


def test_records_are_numbered_from_one_without_reuse() -> None:
    store = RecordStore(7)
    assert [store.record(DRAFT) for _ in range(3)] == [1, 2, 3]
    assert store.acknowledge(Ack(7, 3, ())) == [(7, 1), (7, 2), (7, 3)]
    assert store.record(DRAFT) == 4
    assert list(store.stores()) == [StoredSeries(series=7, first=4, last=4)]


def test_an_empty_store_says_so() -> None:
    assert list(RecordStore(7).stores()) == [StoredSeries(series=7, first=1, last=0)]
    store = filled(2)
    store.acknowledge(Ack(7, 2, ()))
    assert list(store.stores()) == [StoredSeries(series=7, first=3, last=2)]


def test_a_foreign_epoch_or_number_frees_nothing() -> None:
    store = filled(3)
    assert store.acknowledge(Ack(8, 3, ())) == []
    assert store.acknowledge(Ack(7, 4, (bits(1, 2),))) == []
    assert store.acknowledge(Ack(7, 0, (bits(9),))) == []
    assert store.unacknowledged == 3


def test_islands_free_what_they_name_once() -> None:
    store = filled(10)
    freed = store.acknowledge(Ack(7, 2, (bits(4, 6), bits(6, 7, 2))))
    assert [number for _, number in freed] == [1, 2, 4, 6, 7]
    assert numbers(store) == [3, 5, 8, 9, 10]
    assert list(store.stores()) == [StoredSeries(series=7, first=3, last=10)]


def test_an_older_epoch_keeps_its_numbers_until_it_is_empty() -> None:
    store = filled(2)
    store.new_epoch(9)
    assert store.record(DRAFT) == 1
    assert [key for key, _ in store.waiting()] == [(7, 1), (7, 2), (9, 1)]
    assert [one.series for one in store.stores()] == [7, 9]
    store.acknowledge(Ack(7, 2, ()))
    assert [one.series for one in store.stores()] == [9]
    assert store.find((9, 1)) is not None


def test_history_can_be_asked_for_again() -> None:
    store = filled(5, history=2)
    store.acknowledge(Ack(7, 5, ()))
    assert list(store.stores()) == [StoredSeries(series=7, first=4, last=5)]
    assert store.reopen(7, 1, 3) is False
    assert store.reopen(7, 5, 9) is True
    assert numbers(store) == [5]
    assert store.reopen(7, 1, 5) is True
    assert numbers(store) == [4, 5]
    assert store.reopen(8, 1, 5) is False


def test_records_that_are_given_up_leave_a_tombstone() -> None:
    store = filled(6)
    store.give_up(2, 4, 1)
    assert numbers(store) == [1, 2, 5, 6]
    body = b"".join(kept.body for _, kept in store.waiting())
    assert scan(body, live=False, biometric=False)[1] == Lost(7, 2, 4, 1)
    store.acknowledge(Ack(7, 1, (bits(2, 3, 4),)))
    assert numbers(store) == [5, 6]


def test_pictures_are_owed_once_their_record_is_acknowledged() -> None:
    store = RecordStore(7)
    store.record(Draft(time_ms=1, picture=b"one"))
    store.record(Draft(time_ms=1, picture=b"two"))
    assert store.owed(()) is None
    assert store.picture((7, 2)) == b"two"
    store.acknowledge(Ack(7, 2, ()))
    assert store.owed(()) == ((7, 1), b"one")
    assert store.owed({(7, 1)}) == ((7, 2), b"two")
    store.delivered((7, 1))
    store.delivered((7, 2))
    assert store.owed(()) is None


def test_an_acknowledged_record_of_an_old_epoch_still_owes_its_picture() -> None:
    store = RecordStore(7)
    store.record(Draft(time_ms=1, picture=b"one"))
    store.new_epoch(8)
    store.acknowledge(Ack(7, 1, ()))
    assert store.owed(()) == ((7, 1), b"one")


class TestOutgoing:
    def test_live_records_go_first_and_one_at_a_time(self) -> None:
        store = filled(40)
        outgoing = Outgoing(store, 2000, 0)
        outgoing.recorded((7, 40))
        outgoing.recorded((7, 39))
        parcels = [outgoing.next() for _ in range(4)]
        assert [parcel.keys if parcel else None for parcel in parcels] == [
            ((7, 40),),
            ((7, 39),),
            tuple((7, number) for number in range(1, 33)),
            None,
        ]
        assert [p.command for p in parcels if p] == [
            Command.REC_REALTIME,
            Command.REC_REALTIME,
            Command.REC_BACKFILL,
        ]

    def test_a_frame_holds_what_fits(self) -> None:
        store = filled(40)
        parcel = Outgoing(store, 36 * 5 + 35, 0).next()
        assert parcel is not None
        assert len(parcel.keys) == 5

    def test_a_frame_holds_at_most_64_elements(self) -> None:
        store = RecordStore(7)
        for _ in range(32):
            store.record(Draft(time_ms=1, helmet=1, picture=b"x"))
        parcel = Outgoing(store, 4000, 0).next()
        assert parcel is not None
        assert len(parcel.keys) == 21
        assert len(scan(parcel.body, live=False, biometric=False)) == 21

    def test_what_was_not_acknowledged_goes_out_again_unless_it_rests(self) -> None:
        store = filled(3)
        outgoing = Outgoing(store, 2000, 0)
        parcel = outgoing.next()
        assert parcel is not None
        assert outgoing.next() is None
        outgoing.acknowledged([Ack(7, 1, ())])
        outgoing.returned(parcel)
        parcel = outgoing.next()
        assert parcel is not None
        assert parcel.keys == ((7, 2), (7, 3))
        outgoing.returned(parcel, rest=True)
        assert outgoing.next() is None
        outgoing.reopened(7, 3, 3)
        parcel = outgoing.next()
        assert parcel is not None
        assert parcel.keys == ((7, 3),)

    def test_a_small_picture_travels_inside_where_the_link_protects_it(self) -> None:
        store = RecordStore(7)
        store.record(Draft(time_ms=1, picture=b"p" * 100))
        for most, room, inside in ((100, 140, True), (99, 140, False), (100, 139, False)):
            outgoing = Outgoing(store, room, most)
            outgoing.recorded((7, 1))
            parcel = outgoing.next()
            assert parcel is not None
            assert parcel.inline is inside
        assert put(Tlv.SNAPSHOT_INLINE, b"") == bytes.fromhex("002c0000")
        assert len(record(1)) == 36


@given(st.integers(1, 60), st.lists(st.tuples(st.integers(0, 70), st.sets(st.integers(1, 70)))))
def test_a_store_forgets_exactly_what_it_was_told(
    count: int, acks: list[tuple[int, set[int]]]
) -> None:
    store = filled(count)
    left = set(range(1, count + 1))
    for upto, islands in acks:
        ack = Ack(7, upto, (bits(*islands),) if islands else ())
        freed = [number for _, number in store.acknowledge(ack)]
        told = {n for n in left if n <= upto or n in islands} if upto <= count else set()
        assert set(freed) == told
        assert len(freed) == len(told)
        left -= told
    assert numbers(store) == sorted(left)
