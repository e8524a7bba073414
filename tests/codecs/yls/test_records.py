"""Records on the gateway's side: bodies, groups, what they mean, and how they are acknowledged."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from hashlib import blake2b

import pytest
from gateway.codecs.yls.body import Refused, put
from gateway.codecs.yls.drafts import Draft, fault_draft
from gateway.codecs.yls.groups import Group, Lost, scan
from gateway.codecs.yls.records import report
from gateway.codecs.yls.registers import ENC, Command, Result, Tlv
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.events import (
    Event,
    FaultReported,
    Misbehaved,
    PassageReported,
    PictureRef,
)
from gateway.domain.ids import Receipt
from gateway.domain.vocabulary import (
    Decision,
    Direction,
    FaultSeverity,
    Lane,
    Means,
    VerifiedBy,
)
from tests.codecs.yls import vectors
from tests.codecs.yls.terminal import Terminal, record, records

JPEG = b"\xff\xd8 not quite a picture \xff\xd9"


def passage(event: Event) -> PassageReported:
    assert isinstance(event, PassageReported)
    return event


def only(body: bytes, *, live: bool = True, biometric: bool = True) -> PassageReported:
    (group,) = scan(body, live=live, biometric=biometric)
    assert isinstance(group, Group)
    return passage(report(group, Receipt(1), Lane.LIVE))


def refusal(body: bytes, *, live: bool = False, biometric: bool = True) -> Result:
    with pytest.raises(Refused) as refused:
        scan(body, live=live, biometric=biometric)
    return refused.value.result


def lost(first: int, last: int, reason: int = 1) -> bytes:
    value = b"".join(n.to_bytes(4, "big") for n in (vectors.EPOCH, first, last))
    return put(Tlv.REC_LOST, value + bytes((reason,)), critical=True)


class TestMeaning:
    def test_the_vector(self) -> None:
        terminal = Terminal()
        (event,) = terminal.feed(vectors.V5)
        body = vectors.V5[18:-10]
        assert event == PassageReported(
            receipt=Receipt(1),
            lane=Lane.LIVE,
            identity=bytes.fromhex("6a97f100000004b5"),
            digest=blake2b(body[4:36], digest_size=16).digest(),
            series=vectors.EPOCH,
            number=1205,
            device_ms=vectors.BASE + 1234,
            raw=body,
            direction=Direction.IN,
            decision=Decision.GRANTED,
            means=Means.FACE | Means.IRIS,
            claim="10086",
            verified_by=VerifiedBy.TERMINAL,
            score=0.9632,
            liveness=0.9871,
            door=1,
            temperature_c=36.5,
            helmet=True,
            clock_synchronised=True,
            picture=PictureRef(digest=body[-32:], size=41230),
        )

    def test_what_is_not_told_is_unknown(self) -> None:
        event = only(record(1, person=0, direction=3, decision=77, door=0, rflags=0))
        assert event.claim is None
        assert event.direction is Direction.UNKNOWN
        assert event.decision is Decision.UNKNOWN
        assert (event.score, event.liveness, event.temperature_c) == (None, None, None)
        assert (event.door, event.helmet, event.picture) == (None, None, None)
        assert event.clock_synchronised is False

    def test_the_bounds_of_scores_and_temperatures(self) -> None:
        event = only(record(1, score=0, liveness=10_000, temperature=-1))
        assert (event.score, event.liveness, event.temperature_c) == (0.0, 1.0, -0.01)
        event = only(record(1, score=10_001, liveness=0xFFFF, temperature=0))
        assert (event.score, event.liveness, event.temperature_c) == (None, None, 0.0)

    @pytest.mark.parametrize(
        ("rflags", "who"),
        [
            (0x00, VerifiedBy.TERMINAL),
            (0x04, VerifiedBy.GATEWAY),
            (0x08, VerifiedBy.TERMINAL_AFTER_DEADLINE),
            (0x20, VerifiedBy.GUARD),
            (0x24, VerifiedBy.GATEWAY),
        ],
    )
    def test_who_verified(self, rflags: int, who: VerifiedBy) -> None:
        assert only(record(1, rflags=rflags)).verified_by is who

    def test_every_flag_has_its_field(self) -> None:
        named = {
            0x01: "clock_synchronised",
            0x02: "taken_offline",
            0x10: "repeat",
            0x40: "duress",
            0x80: "test",
        }
        for bit in named:
            event = only(record(1, rflags=bit))
            assert {flag for flag, name in named.items() if getattr(event, name)} == {bit}

    def test_every_decision_and_means(self) -> None:
        for decision in range(10):
            assert only(record(1, decision=decision)).decision == Decision(decision)
        assert only(record(1, method=0x1FF)).means == Means(0x1FF)
        assert only(record(1, method=0xFE04)).means == Means.FINGER

    @pytest.mark.parametrize(("value", "helmet"), [(0, False), (1, True), (2, None), (9, None)])
    def test_the_helmet(self, value: int, *, helmet: bool | None) -> None:
        assert only(record(1, helmet=value)).helmet is helmet

    def test_a_fault(self) -> None:
        draft = fault_draft(vectors.BASE, 7, severity=3, count=4, text="防拆")
        (group,) = scan(b"".join(draft.encode(1, 2)), live=True, biometric=False)
        assert isinstance(group, Group)
        event = report(group, Receipt(9), Lane.BACKFILL)
        assert isinstance(event, FaultReported)
        assert (event.code, event.severity, event.raised) == (7, FaultSeverity.CRITICAL, True)
        assert (event.count, event.first_ms, event.text) == (4, vectors.BASE, "防拆")
        assert (event.series, event.number, event.lane) == (1, 2, Lane.BACKFILL)

    def test_a_fault_of_unknown_severity_is_taken_seriously(self) -> None:
        draft = fault_draft(vectors.BASE, 7, severity=200, raised=False)
        (group,) = scan(b"".join(draft.encode(1, 2)), live=True, biometric=False)
        assert isinstance(group, Group)
        event = report(group, Receipt(9), Lane.LIVE)
        assert isinstance(event, FaultReported)
        assert (event.severity, event.raised) == (FaultSeverity.CRITICAL, False)

    def test_a_text_that_is_none_is_shown_as_far_as_it_can_be_read(self) -> None:
        draft = Draft(time_ms=0, decision=0x20, fault=bytes(14) + b"a\xffb\nc")
        (group,) = scan(b"".join(draft.encode(1, 2)), live=True, biometric=False)
        assert isinstance(group, Group)
        event = report(group, Receipt(9), Lane.LIVE)
        assert isinstance(event, FaultReported)
        assert event.text == "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}c"
        assert event.raw.endswith(b"a\xffb\nc")

    def test_what_is_no_access_and_no_fault_raises_nothing(self) -> None:
        (group,) = scan(record(1, decision=0x20), live=True, biometric=False)
        assert isinstance(group, Group)
        event = report(group, Receipt(9), Lane.LIVE)
        assert isinstance(event, FaultReported)
        assert (event.code, event.raised, event.severity) == (0, False, FaultSeverity.INFO)

    def test_an_inline_picture_is_named_by_its_content_and_not_kept_in_raw(self) -> None:
        body = record(1, helmet=1) + put(Tlv.SNAPSHOT_INLINE, JPEG)
        event = only(body)
        assert event.picture == PictureRef(
            digest=hashlib.sha256(JPEG).digest(), size=len(JPEG), data=JPEG, damage="not_jpeg"
        )
        assert event.raw == record(1, helmet=1)

    def test_templates_and_card_data_are_not_kept_in_raw(self) -> None:
        secret = put(Tlv.FACE_EMB, b"f" * 40) + put(Tlv.IDCARD_TEXT, b"t" * 256)
        kept = put(Tlv.CARD, b"\1card", critical=True) + put(0x7005, b"vendor")
        event = only(record(1) + secret + kept)
        assert event.raw == record(1) + kept


class TestSameBytes:
    def test_a_picture_inline_once_and_by_reference_later_is_no_conflict(self) -> None:
        reference = put(Tlv.SNAPSHOT_REF, b"\1" + bytes(36))
        digests = {
            only(record(1) + extra).digest
            for extra in (b"", reference, put(Tlv.SNAPSHOT_INLINE, JPEG), put(Tlv.HELMET, b"\1"))
        }
        assert len(digests) == 1

    def test_identity_method_and_decision_elements_count_in_any_order(self) -> None:
        card, number = put(Tlv.CARD, b"\1abc"), put(Tlv.QR_DIGEST, bytes(32))
        assert only(record(1) + card).digest != only(record(1)).digest
        assert only(record(1) + card + number).digest == only(record(1) + number + card).digest
        critical = put(Tlv.CARD, b"\1abc", critical=True)
        assert only(record(1) + critical).digest == only(record(1) + card).digest

    @given(st.integers(0, 8 * 32 - 1))
    def test_every_bit_of_the_core_counts(self, bit: int) -> None:
        body = bytearray(record(0x01010101, epoch=0x01010101))
        first = only(bytes(body))
        body[4 + bit // 8] ^= 1 << bit % 8
        if body[20 + 4 + 1] == 0x20:
            return
        other = only(bytes(body))
        assert other.digest != first.digest
        assert (other.identity != first.identity) == (bit < 64)


class TestBodies:
    def test_groups_end_where_the_next_begins(self) -> None:
        body = record(1, helmet=1) + record(2) + lost(3, 5) + record(6, helmet=0)
        found = scan(body, live=False, biometric=False)
        assert [type(one) for one in found] == [Group, Group, Lost, Group]
        assert found[2] == Lost(vectors.EPOCH, 3, 5, 1)
        assert [len(one.extras) for one in found if isinstance(one, Group)] == [1, 0, 1]

    def test_duplicates_are_judged_per_group(self) -> None:
        helmet = put(Tlv.HELMET, b"\1")
        assert len(scan((record(1) + helmet) * 3, live=False, biometric=False)) == 3
        assert refusal(record(1) + helmet * 2) is Result.BAD_TLV
        cards = put(Tlv.CARD, b"\1a") + put(Tlv.CARD, b"\1b")
        assert len(scan(record(1) + cards, live=False, biometric=False)) == 1

    @pytest.mark.parametrize(
        ("body", "result"),
        [
            (b"", Result.MISSING_TLV),
            (record(0), Result.OUT_OF_RANGE),
            (put(Tlv.REC_CORE, bytes(31)), Result.BAD_LENGTH),
            (put(Tlv.REC_CORE, bytes(33)), Result.BAD_LENGTH),
            (record(1)[:-1], Result.BAD_TLV),
            (record(1) + b"\0\0", Result.BAD_TLV),
            (put(Tlv.HELMET, b"\1") + record(1), Result.BAD_TLV),
            (lost(1, 2) + put(Tlv.HELMET, b"\1"), Result.BAD_TLV),
            (record(1) + put(Tlv.HELMET, b"\1\1"), Result.BAD_LENGTH),
            (record(1) + put(Tlv.SNAPSHOT_REF, bytes(36)), Result.BAD_LENGTH),
            (record(1) + put(Tlv.FAULT, bytes(13)), Result.BAD_LENGTH),
            (record(1) + put(0x7001, b"", critical=True), Result.UNSUPPORTED_CRITICAL),
            (lost(0, 2), Result.OUT_OF_RANGE),
            (lost(3, 2), Result.OUT_OF_RANGE),
            (put(Tlv.REC_LOST, bytes(12)), Result.BAD_LENGTH),
            (records(range(1, 34)), Result.OUT_OF_RANGE),
            (record(1) + put(0x7000, b"") * 64, Result.BAD_TLV),
        ],
    )
    def test_what_is_refused(self, body: bytes, result: Result) -> None:
        assert refusal(body) is result

    def test_the_most_a_body_may_hold(self) -> None:
        assert len(scan(records(range(1, 33)), live=False, biometric=False)) == 32
        assert len(scan(record(1) + put(0x7000, b"") * 63, live=True, biometric=False)) == 1

    @pytest.mark.parametrize("body", [record(1) + record(2), lost(1, 2)])
    def test_a_live_body_has_exactly_one_record(self, body: bytes) -> None:
        assert refusal(body, live=True) is Result.BAD_TLV

    @given(st.binary(max_size=200))
    def test_any_bytes_are_read_or_refused(self, body: bytes) -> None:
        with suppress(Refused):
            found = scan(body, live=False, biometric=False)
            assert 1 <= len(found) <= 32


class TestBiometrics:
    @pytest.mark.parametrize(
        "element",
        [
            put(Tlv.SNAPSHOT_INLINE, JPEG),
            put(Tlv.FACE_EMB, bytes(30)),
            put(Tlv.IDCARD_REF, bytes(33)),
            put(Tlv.QR, b"x"),
        ],
    )
    def test_they_need_tls_or_encryption(self, element: bytes) -> None:
        body = record(1202) + element
        terminal = Terminal()
        events = terminal.ask(Command.REC_REALTIME, body)
        assert events == [Misbehaved(code="forbidden", detail="command 0x0101")]
        assert terminal.result() == Result.FORBIDDEN
        assert len(terminal.ask(Command.REC_REALTIME, body, flags=ENC)) == 1
        for trusted in (Terminal(secure=True), Terminal(bench_plain_biometrics=True)):
            assert isinstance(trusted.ask(Command.REC_REALTIME, body)[0], PassageReported)

    def test_a_reference_to_a_picture_does_not(self) -> None:
        assert isinstance(Terminal().feed(vectors.V5)[0], PassageReported)
