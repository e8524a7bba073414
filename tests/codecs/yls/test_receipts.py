"""Receipts and acknowledgements: one answer per frame, and nothing but what is held."""

from __future__ import annotations

import pytest
from gateway.codecs.yls.acks import Ledger, read_acks
from gateway.codecs.yls.body import Body, Refused, put
from gateway.codecs.yls.frame import as_duplicate
from gateway.codecs.yls.registers import MAC, Command, Result, Tlv
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.events import (
    Event,
    Misbehaved,
    PassageReported,
    RecordsLost,
    StoredSeries,
)
from gateway.domain.ids import Receipt
from gateway.domain.requests import Accept, Conflict, Defer, HeldSeries
from gateway.domain.vocabulary import (
    Lane,
)
from tests.codecs.yls import vectors
from tests.codecs.yls.terminal import Terminal, record, records


def passage(event: Event) -> PassageReported:
    assert isinstance(event, PassageReported)
    return event


def lost(first: int, last: int, reason: int = 1) -> bytes:
    value = b"".join(n.to_bytes(4, "big") for n in (vectors.EPOCH, first, last))
    return put(Tlv.REC_LOST, value + bytes((reason,)), critical=True)


def acks_of(body: Body) -> list[tuple[int, tuple[tuple[int, int], ...]]]:
    return [(ack.upto, ack.islands) for ack in read_acks(body.items)]


class TestReceipts:
    def test_the_vector(self) -> None:
        terminal = Terminal()
        terminal.feed(vectors.V5)
        assert terminal.output() == b""
        terminal.submit(Accept(receipt=Receipt(1)))
        assert terminal.output() == vectors.V6

    def test_one_answer_once_all_are_settled(self) -> None:
        terminal = Terminal()
        events = terminal.ask(Command.REC_BACKFILL, records((1202, 1203, 1205)) + lost(1204, 1204))
        assert [type(event) for event in events] == [PassageReported] * 3 + [RecordsLost]
        assert [passage(event).lane for event in events[:3]] == [Lane.BACKFILL] * 3
        for receipt in (4, 2, 3):
            terminal.submit(Accept(receipt=Receipt(receipt)))
            assert terminal.output() == b""
        terminal.submit(Accept(receipt=Receipt(1)))
        ((frame, body),) = terminal.answers()
        assert frame.command == Command.REC_BACKFILL
        assert body.number(Tlv.RESULT, 2) == Result.OK
        assert acks_of(body) == [(1205, ())]

    def test_a_receipt_is_answered_once(self) -> None:
        terminal = Terminal()
        terminal.ask(Command.REC_REALTIME, record(1202))
        terminal.submit(Accept(receipt=Receipt(1)))
        assert terminal.output()
        for again in (Accept(receipt=Receipt(1)), Defer(receipt=Receipt(1))):
            assert terminal.submit(again) == []
        terminal.submit(Conflict(receipt=Receipt(99)))
        assert terminal.output() == b""

    def test_deferred_records_are_kept_by_the_device(self) -> None:
        terminal = Terminal()
        terminal.ask(Command.REC_BACKFILL, records((1202, 1203, 1204)))
        terminal.submit(Accept(receipt=Receipt(1)))
        terminal.submit(Defer(receipt=Receipt(2), retry_after_s=3))
        terminal.submit(Defer(receipt=Receipt(3), retry_after_s=9))
        body = terminal.answer()
        assert body.number(Tlv.RESULT, 2) == Result.RETRY_LATER
        assert body.number(Tlv.HB, 2) == 9
        assert acks_of(body) == [(1202, ())]

    def test_a_pause_is_at_least_a_second_and_fits_its_field(self) -> None:
        for seconds, said in ((0, 1), (70_000, 0xFFFF)):
            terminal = Terminal()
            terminal.ask(Command.REC_REALTIME, record(1202))
            terminal.submit(Defer(receipt=Receipt(1), retry_after_s=seconds))
            assert terminal.answer().number(Tlv.HB, 2) == said

    def test_a_conflict_counts_as_held(self) -> None:
        terminal = Terminal()
        terminal.ask(Command.REC_REALTIME, record(1202))
        terminal.submit(Conflict(receipt=Receipt(1)))
        body = terminal.answer()
        assert body.number(Tlv.RESULT, 2) == Result.REC_CONFLICT
        assert acks_of(body) == [(1202, ())]

    def test_to_wait_outweighs_a_conflict(self) -> None:
        terminal = Terminal()
        terminal.ask(Command.REC_BACKFILL, records((1202, 1203)))
        terminal.submit(Defer(receipt=Receipt(2)))
        terminal.submit(Conflict(receipt=Receipt(1)))
        assert terminal.result() == Result.RETRY_LATER

    def test_a_record_sent_again_gets_a_new_receipt_or_the_old_answer(self) -> None:
        terminal = Terminal()
        raw = terminal.frame(Command.REC_REALTIME, record(1202))
        first = terminal.feed(raw)
        terminal.submit(Accept(receipt=Receipt(1)))
        said = terminal.output()
        terminal.feed(as_duplicate(raw))
        assert terminal.output() == said
        for turn in range(2, 200):
            (event,) = terminal.ask(Command.REC_REALTIME, record(1202))
            again = passage(event)
            assert again.receipt == turn
            assert (again.identity, again.digest) == (
                passage(first[0]).identity,
                passage(first[0]).digest,
            )
            terminal.submit(Accept(receipt=again.receipt))
            assert acks_of(terminal.answer()) == [(1202, ())]

    def test_a_new_epoch_is_counted_apart(self) -> None:
        terminal = Terminal()
        both = record(1202) + record(1, epoch=0x0B0B0B0B) + record(3, epoch=0x0B0B0B0B)
        for event in terminal.ask(Command.REC_BACKFILL, both):
            terminal.submit(Accept(receipt=passage(event).receipt))
        acks = read_acks(terminal.answer().items)
        assert [(ack.series, ack.upto) for ack in acks] == [(vectors.EPOCH, 1202), (0x0B0B0B0B, 1)]
        assert [ack.islands for ack in acks] == [(), ((2, 0b10),)]

    def test_a_refused_frame_leaves_no_receipt_behind(self) -> None:
        terminal = Terminal()
        events = terminal.ask(Command.REC_BACKFILL, record(1202) + record(0))
        assert events == [Misbehaved(code="out_of_range", detail="command 0x0102")]
        assert terminal.result() == Result.OUT_OF_RANGE
        assert terminal.submit(Accept(receipt=Receipt(1))) == []
        assert terminal.output() == b""


class TestLedger:
    def told(self, ledger: Ledger, *numbers: int) -> list[tuple[int, tuple[tuple[int, int], ...]]]:
        body = Body(
            ledger.tell([(1, number, number) for number in numbers]),
            frozenset({Tlv.ACK_UPTO, Tlv.ACK_BITMAP}),
        )
        return acks_of(body)

    def test_it_starts_below_what_the_device_still_has(self) -> None:
        ledger = Ledger((), (StoredSeries(series=1, first=501, last=600),))
        assert self.told(ledger, 501) == [(500, ())]
        empty = Ledger((), (StoredSeries(series=1, first=601, last=600),))
        assert self.told(empty, 601) == [(600, ())]

    def test_what_the_gateway_holds_wins(self) -> None:
        stores = (StoredSeries(series=1, first=1, last=600),)
        ledger = Ledger((HeldSeries(series=1, upto=50, ranges=((60, 61),)),), stores)
        assert self.told(ledger, 61) == [(50, ((51, 0b11000000000),))]

    def test_bits_reach_512_numbers_from_their_base(self) -> None:
        ledger = Ledger((HeldSeries(series=1, upto=0),), ())
        ledger.hold(1, 513, 513)
        assert self.told(ledger, 513) == [(0, ((513, 1),))]
        ledger.hold(1, 512, 512)
        assert self.told(ledger, 512) == [(0, ((1, 1 << 511),))]
        assert self.told(ledger, 512, 513) == [(0, ((1, 1 << 511), (513, 1)))]

    def test_a_series_nobody_holds_is_not_acknowledged(self) -> None:
        assert Ledger().tell([(1, 5, 5)]) == b""
        assert Ledger().tell([(1, 5, 5), (2, 5, 5)]) == b""

    def test_the_greeting_says_what_fits(self) -> None:
        held = [HeldSeries(series=n, upto=n, ranges=((n + 2, n + 2),)) for n in range(1, 9)]
        assert len(Ledger(held).greet(1000)) == 8 * (12 + 9)
        assert len(Ledger(held).greet(100)) == 4 * (12 + 9) + 12
        assert Ledger(held).greet(11) == b""

    def test_an_answer_stays_in_its_room_and_always_frees_something(self) -> None:
        far = [600 * k for k in range(1, 20)]
        held = (HeldSeries(series=1, upto=0, ranges=((2, 20_000),)), HeldSeries(series=2, upto=3))
        ledger = Ledger(held, (), 216)
        spans = [*((1, number, number) for number in far), (2, 1, 1)]
        told = ledger.tell(spans)
        assert len(told) == 12 + 2 * 72
        assert read_acks(Body(told, frozenset({Tlv.ACK_UPTO, Tlv.ACK_BITMAP})).items)[0].islands
        assert len(Ledger(held, ()).tell(spans)) > 1000

    @given(
        st.integers(0, 40),
        st.sets(st.integers(1, 1200), max_size=60),
        st.sets(st.integers(1, 1200), min_size=1, max_size=32),
    )
    def test_what_is_told_is_held_and_what_was_asked_is_told(
        self, upto: int, held: set[int], asked: set[int]
    ) -> None:
        ledger = Ledger((HeldSeries(series=1, upto=upto),), ())
        for number in held:
            ledger.hold(1, number, number)
        truth = held | set(range(1, upto + 1))
        told: set[int] = set()
        for prefix, islands in self.told(ledger, *asked):
            told |= set(range(1, prefix + 1))
            for base, bits in islands:
                told |= {base + at for at in range(bits.bit_length()) if bits >> at & 1}
        assert told <= truth
        assert asked & truth <= told

    @pytest.mark.parametrize(
        ("body", "result"),
        [
            (put(Tlv.ACK_BITMAP, bytes(5)), Result.BAD_TLV),
            (put(Tlv.ACK_UPTO, bytes(7)), Result.BAD_LENGTH),
            (put(Tlv.ACK_UPTO, bytes(8)) + put(Tlv.ACK_BITMAP, bytes(4)), Result.BAD_TLV),
            (put(Tlv.ACK_UPTO, bytes(8)) + put(Tlv.ACK_BITMAP, bytes(69)), Result.BAD_TLV),
        ],
    )
    def test_broken_acknowledgements_are_refused(self, body: bytes, result: Result) -> None:
        with pytest.raises(Refused) as refused:
            read_acks(Body(body).items)
        assert refused.value.result is result


def test_an_answer_in_clear_is_never_given_to_a_sealed_request() -> None:
    terminal = Terminal(secure=True)
    (event,) = terminal.ask(Command.REC_REALTIME, record(1202), flags=MAC)
    terminal.submit(Accept(receipt=passage(event).receipt))
    ((frame, _),) = terminal.answers()
    assert frame.flags & MAC
