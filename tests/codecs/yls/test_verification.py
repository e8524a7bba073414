"""Who may pass: what is read, what is answered, and that nobody waits for bulk."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from struct import pack

import pytest
from gateway.codecs.yls import layout
from gateway.codecs.yls.body import Refused, put, put_number
from gateway.codecs.yls.device_events import Decided, FellBack, PictureDelivered
from gateway.codecs.yls.drafts import Draft
from gateway.codecs.yls.frame import Frame, parse
from gateway.codecs.yls.inquiry import AwaitedPicture, Inquiry, read_inquiry, write_decision
from gateway.codecs.yls.limits import MOST_VERIFICATIONS
from gateway.codecs.yls.registers import ENC, MAC, OW, Command, Result, Tlv
from gateway.codecs.yls.templates import read_face, read_iris, write_face, write_iris
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.ids import Receipt
from gateway.domain.verification import (
    CardRef,
    Denied,
    Granted,
    Hesitation,
    IdCardRef,
    Undecided,
    VerifyCancelled,
    VerifyLate,
    VerifyRequested,
)
from gateway.domain.vocabulary import Decision, Means
from tests.codecs.yls import vectors
from tests.codecs.yls.pair import CONFIG, Pair
from tests.codecs.yls.terminal import Terminal
from tests.support.jpegs import jpeg

V7_BODY, V8_BODY = vectors.V7[18:-10], vectors.V8[18:-10]
CARD = Inquiry(means=8, cards=(CardRef(kind=1, number=b"\x04\xa1"),), door=1, direction=1)
BY_PICTURE = replace(CONFIG, verifies_by_picture=True, encrypts=True)


def sent(data: bytes) -> list[Frame]:
    found = []
    while data:
        size = int.from_bytes(data[14:16], "big") + 20
        found.append(parse(data[:size]))
        data = data[size:]
    return found


def granted(receipt: Receipt) -> Granted:
    return Granted(receipt=receipt, claim="10086", score=0.941, open_ms=3000)


def requested(terminal: Terminal, body: bytes, flags: int | None = None) -> VerifyRequested:
    (event,) = terminal.ask(Command.VERIFY_REQ, body, flags=flags)
    assert isinstance(event, VerifyRequested)
    return event


def test_the_vectors_are_written_and_read_to_the_byte() -> None:
    read = read_inquiry(V7_BODY, protected=True, by_picture=False)
    assert read.encode() == V7_BODY
    assert (read.means, read.deadline_ms, read.liveness) == (3, 250, 9800)
    said = Granted(
        receipt=Receipt(1), claim="10086", score=0.941, prompt="张三 请通行", open_ms=3000
    )
    assert write_decision(said) == V8_BODY


class TestGateway:
    def test_a_template_needs_protection_and_a_card_does_not(self) -> None:
        terminal = Terminal()
        terminal.ask(Command.VERIFY_REQ, V7_BODY)
        assert terminal.result() == Result.FORBIDDEN
        assert requested(terminal, V7_BODY, ENC).means == Means.FACE | Means.IRIS
        assert requested(terminal, CARD.encode()).cards == CARD.cards
        assert requested(Terminal(secure=True), V7_BODY).irises

    def test_the_budget_is_the_deadline_less_the_way_here(self) -> None:
        asked = replace(CARD, deadline_ms=200).encode()
        assert requested(Terminal(), asked).budget_ms == 140
        assert requested(Terminal(uplink_ms=0), asked).budget_ms == 200
        hopeless = Terminal(uplink_ms=300)
        assert hopeless.ask(Command.VERIFY_REQ, asked) == []
        assert hopeless.result() == Result.DEADLINE

    def test_a_decision_in_time_is_sent_and_a_late_one_counted(self) -> None:
        terminal = Terminal()
        event = requested(terminal, CARD.encode())
        terminal.wait(0.189)
        assert terminal.submit(granted(event.receipt)) == []
        assert terminal.answer().number(Tlv.PERSON_NO, 4) == 10086
        event = requested(terminal, CARD.encode())
        terminal.now = terminal.now._replace(mono=terminal.now.mono + 0.2)
        late = VerifyLate(about=event.receipt, late_ms=10)
        assert terminal.submit(granted(event.receipt)) == [late]
        assert terminal.result() == Result.DEADLINE
        assert terminal.submit(granted(event.receipt)) == []
        assert terminal.output() == b""

    def test_without_a_word_the_terminal_is_told_that_it_is_too_late(self) -> None:
        terminal = Terminal()
        event = requested(terminal, CARD.encode())
        assert terminal.server.deadline() == pytest.approx(terminal.now.mono + 0.19)
        terminal.wait(0.19)
        assert terminal.result() == Result.DEADLINE
        terminal.wait(60)
        assert terminal.output() == b""
        (late,) = terminal.submit(granted(event.receipt))
        assert isinstance(late, VerifyLate)
        assert terminal.output() == b""

    def test_a_repetition_is_not_asked_twice(self) -> None:
        terminal = Terminal()
        raw = terminal.frame(Command.VERIFY_REQ, CARD.encode())
        (event,) = terminal.feed(raw)
        assert terminal.feed(raw) == []
        assert terminal.output() == b""
        assert isinstance(event, VerifyRequested)
        terminal.submit(granted(event.receipt))
        first = terminal.output()
        assert terminal.feed(raw) == []
        assert terminal.output() == first

    def test_a_full_window_of_records_keeps_nobody_waiting(self) -> None:
        terminal = Terminal()
        for number in range(1202, 1206):
            record = b"".join(Draft(time_ms=1).encode(vectors.EPOCH, number))
            terminal.ask(Command.REC_REALTIME, record)
        event = requested(terminal, CARD.encode())
        terminal.submit(granted(event.receipt))
        assert terminal.result() == Result.OK
        terminal.ask(Command.HEARTBEAT)
        assert terminal.server.closing == "window"

    def test_too_many_at_once_are_busy(self) -> None:
        terminal = Terminal()
        for _ in range(MOST_VERIFICATIONS):
            requested(terminal, CARD.encode())
        assert terminal.ask(Command.VERIFY_REQ, CARD.encode()) == []
        assert terminal.result() == Result.BUSY
        terminal.wait(0.2)
        terminal.output()
        requested(terminal, CARD.encode())

    def test_a_cancelled_question_is_never_answered(self) -> None:
        terminal = Terminal()
        event = requested(terminal, CARD.encode())
        cancel = put_number(Tlv.CANCEL_SEQ, terminal.seq, 4, critical=True)
        assert terminal.say(Command.VERIFY_CANCEL, cancel) == [VerifyCancelled(about=event.receipt)]
        assert terminal.submit(granted(event.receipt)) == []
        assert terminal.output() == b""
        assert terminal.say(Command.VERIFY_CANCEL, cancel) == []

    def test_the_end_of_the_session_calls_the_question_back(self) -> None:
        terminal = Terminal()
        event = requested(terminal, CARD.encode())
        assert terminal.server.lost(terminal.now) == [VerifyCancelled(about=event.receipt)]

    def test_a_denial_that_grants_opens_nothing(self) -> None:
        terminal = Terminal()
        event = requested(terminal, CARD.encode())
        terminal.submit(Denied(receipt=event.receipt, decision=Decision.GRANTED))
        assert terminal.result() == Result.INTERNAL
        event = requested(terminal, CARD.encode())
        terminal.submit(Denied(receipt=event.receipt, decision=Decision.UNKNOWN))
        assert terminal.answer().number(Tlv.DECISION, 1) == Decision.DENIED

    @pytest.mark.parametrize("claim", ["somebody", "-1", str(2**32)])
    def test_a_claim_that_is_no_number_opens_nothing(self, claim: str) -> None:
        terminal = Terminal()
        event = requested(terminal, CARD.encode())
        terminal.submit(Granted(receipt=event.receipt, claim=claim))
        assert terminal.result() == Result.INTERNAL

    @pytest.mark.parametrize("reason", list(Hesitation))
    def test_hesitations_have_results_of_their_own(self, reason: Hesitation) -> None:
        terminal = Terminal()
        event = requested(terminal, CARD.encode())
        terminal.submit(Undecided(receipt=event.receipt, reason=reason))
        assert terminal.result() == Result[reason.name]

    @given(st.binary(max_size=200), st.booleans())
    def test_no_body_raises_anything_but_refused(self, tail: bytes, protected: bool) -> None:
        for body in (tail, CARD.encode() + tail, put(Tlv.FACE_EMB, tail), V7_BODY[:-2] + tail):
            with suppress(Refused):
                read_inquiry(body, protected=protected, by_picture=True)


class TestTemplates:
    @given(st.binary(max_size=80))
    def test_a_face_is_refused_or_survives(self, value: bytes) -> None:
        try:
            face = read_face(value)
        except Refused:
            return
        assert write_face(face) == value
        declared = layout.FACE_EMB.parse(value)
        assert (declared.algorithm, declared.dimensions) == (face.algorithm, face.dimensions)
        assert (declared.data, declared.normalised) == (face.data, face.normalised)

    @given(st.integers(1, 3), st.lists(st.integers(-128, 127), min_size=1, max_size=64))
    def test_what_can_be_compared_is_taken(self, kind: int, numbers: list[int]) -> None:
        letter = {1: "e", 2: "b", 3: "f"}[kind]
        data = pack(f"<{len(numbers)}{letter}", *numbers)
        value = pack(">HHBBf", 7, len(numbers), kind, 0, 0.5) + data
        if any(numbers):
            assert write_face(read_face(value)) == value
        else:
            with pytest.raises(Refused, match="BAD_TEMPLATE"):
                read_face(value)

    @given(st.integers(1, 2), st.integers(1, 40), st.booleans(), st.data())
    def test_an_iris_is_as_declared(
        self, eye: int, size: int, masked: bool, data: st.DataObject
    ) -> None:
        code = data.draw(st.binary(min_size=size, max_size=size))
        mask = b"\xff" * size if masked else b""
        value = layout.IRIS_CODE.build(
            {"eye": eye, "algorithm": 9, "bits": size * 8, "masked": masked, "code": code}
            | {"mask": mask}
        )
        assert write_iris(read_iris(value)) == value

    @pytest.mark.parametrize(("usable", "taken"), [(16, True), (15, False), (0, False)])
    def test_a_quarter_of_an_iris_must_be_usable(self, usable: int, taken: bool) -> None:
        mask = ((1 << usable) - 1).to_bytes(8, "big")
        value = pack(">BHHB", 1, 9, 64, 1) + bytes(8) + mask
        if taken:
            assert read_iris(value).mask == mask
        else:
            with pytest.raises(Refused, match="BAD_TEMPLATE"):
                read_iris(value)


class TestPair:
    def ask(self, pair: Pair, inquiry: Inquiry, picture: bytes | None = None) -> None:
        pair.told += pair.device.verify(inquiry, pair.now, picture)
        pair.pump()

    def test_the_gate_opens(self) -> None:
        pair = Pair(secure=True).login()
        pair.gateway.verdict = lambda event: granted(event.receipt)
        self.ask(pair, read_inquiry(V7_BODY, protected=True, by_picture=False))
        assert Decided(door=0, decision=1, person=10086, score=9410, open_ds=30) in pair.told

    def test_every_credential_arrives(self) -> None:
        pair = Pair(secure=True).login()
        full = replace(
            read_inquiry(V7_BODY, protected=True, by_picture=False),
            cards=CARD.cards,
            id_card=IdCardRef(digest=bytes(32), kind=2),
            qr=b"YQ1.x",
            candidate=10086,
            door=2,
            direction=2,
        )
        self.ask(pair, full)
        (event,) = pair.gateway.of(VerifyRequested)
        assert isinstance(event, VerifyRequested)
        assert (event.cards, event.id_card, event.qr) == (full.cards, full.id_card, full.qr)
        assert (event.candidate, event.door, event.liveness) == ("10086", 2, 0.98)

    def test_a_silent_gateway_means_fallback_and_its_late_word_nothing(self) -> None:
        pair = Pair().login()
        self.ask(pair, CARD)
        pair.wait(0.25)
        assert FellBack(door=1, reason="no_answer") in pair.told or (
            FellBack(door=1, reason="deadline") in pair.told
        )
        assert not any(isinstance(one, Decided) for one in pair.told)

    def test_offline_means_fallback_at_once(self) -> None:
        assert Pair().device.verify(CARD, Pair().now) == [FellBack(door=1, reason="offline")]

    def test_a_picture_goes_ahead_of_every_other_one(self) -> None:
        pair = Pair(config=replace(BY_PICTURE, max_frame=600), secure=True).login()
        pair.gateway.verdict = lambda event: granted(event.receipt)
        pair.device.record(Draft(time_ms=1, picture=jpeg(5000, "bulk")), pair.now)
        for _ in range(3):
            pair.collect()
            pair.to_server()
            pair.to_device()
        face = jpeg(2000, "waiting")
        pair.told += pair.device.verify(Inquiry(means=1, deadline_ms=1000, door=1), pair.now, face)
        pair.pump()
        kinds = [type(one) for one in pair.told]
        assert kinds.index(Decided) < kinds.index(PictureDelivered)
        (event,) = pair.gateway.of(VerifyRequested)
        assert isinstance(event, VerifyRequested)
        assert (event.picture, event.budget_ms) == (face, 940)
        assert pair.gateway.pictures.keys().isdisjoint({face})
        assert pair.device.idle

    def test_no_piece_of_another_picture_leaves_while_somebody_waits(self) -> None:
        pair = Pair(config=replace(BY_PICTURE, max_frame=600), secure=True).login()
        pair.device.record(Draft(time_ms=1, picture=jpeg(5000, "bulk")), pair.now)
        for _ in range(4):
            pair.collect()
            pair.to_server()
            pair.to_device()
        pair.collect()
        assert any(frame.command == Command.BLOB_DATA for frame in sent(pair.up))
        pair.told += pair.device.verify(CARD, pair.now)
        pair.pump()
        assert not any(isinstance(one, PictureDelivered) for one in pair.told)
        pair.wait(0.25)
        assert any(isinstance(one, PictureDelivered) for one in pair.told)

    def test_many_pictures_one_after_another_leave_nothing_behind(self) -> None:
        pair = Pair(config=BY_PICTURE).login()
        pair.gateway.verdict = lambda event: granted(event.receipt)
        for number in range(12):
            picture = jpeg(6000, f"face {number}")
            self.ask(pair, Inquiry(means=1, deadline_ms=1000, door=1), picture)
        assert sum(isinstance(one, Decided) for one in pair.told) == 12

    def test_two_pictures_at_a_time_are_enough(self) -> None:
        pair = Pair(config=BY_PICTURE, secure=True).login()
        for door in (1, 2, 3):
            named = AwaitedPicture(bytes((door,)) * 32, 9)
            asked = Inquiry(means=1, deadline_ms=1000, door=door, reference=named)
            pair.told += pair.device.verify(asked, pair.now)
        pair.pump()
        assert [one for one in pair.told if isinstance(one, FellBack)] == [
            FellBack(door=3, reason="busy")
        ]

    def test_a_terminal_of_version_1_0_may_not(self) -> None:
        pair = Pair(secure=True).login()
        self.ask(pair, Inquiry(means=1, deadline_ms=1000, door=1), jpeg(3000))
        assert Decided(door=1, decision=0, refusal="forbidden") in pair.told


def test_a_message_nobody_answers_is_not_counted_as_a_request() -> None:
    terminal = Terminal()
    flags = MAC | OW
    raw = terminal.frame(Command.VERIFY_CANCEL, b"", flags=flags)
    (event,) = terminal.feed(raw)
    assert getattr(event, "code", None) == "missing_tlv"
    assert terminal.output() == b""
