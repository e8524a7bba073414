"""Every property catches the mistake it is there for, and nothing else cries wolf."""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator
from dataclasses import replace

import pytest
from gateway.codecs.api import Limits
from gateway.codecs.checksum import crc16_modbus
from gateway.codecs.kit import coverage
from gateway.codecs.kit.hooks import Hooks
from gateway.codecs.kit.report import Report, Verdict
from gateway.codecs.kit.run import CHECKS, run

from gateway.domain.events import Event, Heartbeat, Misbehaved, PassageReported
from gateway.domain.ids import Receipt
from gateway.domain.times import Instant
from tests.codecs.acme import PASSAGE, AcmeConversation
from tests.codecs.acme_hooks import HOOKS
from tests.codecs.fixtures import check, dialect, finding, subclass, transcripts, unnamed, until
from tests.codecs.kit import broken


def failed(report: Report, code: str) -> str:
    found = finding(report, code)
    assert found.verdict is Verdict.FAILED, str(found)
    return found.detail


def test_the_healthy_dialect_passes_everything() -> None:
    report = check(AcmeConversation, hooks=HOOKS)
    open_ = {f.code: f.detail for f in report.findings if f.verdict is Verdict.NOT_APPLICABLE}
    assert report.passed, report.text()
    assert set(open_) == {"P11", "P12", "P13", "P21", "G1", "G3", "G4", "G5", "G6"}
    assert {f.code for f in report.findings} == set(CHECKS)
    assert all(found.cases for found in report.findings if found.code not in open_)


def test_a_correct_framer_passes_the_stream_properties() -> None:
    report = check(broken.acme_with(broken.Framer), "acme.wire")
    assert [f.code for f in report.findings if f.verdict is Verdict.FAILED] == []


@pytest.mark.parametrize(
    ("framer", "code", "said"),
    [
        (broken.SizeFromWhatArrived, "P1", "byte by byte"),
        (broken.HalfMagicRejected, "P1", "byte by byte"),
        (broken.EarlyBird, "P1", "before the last byte"),
        (broken.SecondFrameLost, "P2", "with neighbours"),
        (broken.LengthBelieved, "P4", "kept"),
        (broken.Stumbler, "P4", "IndexError: what is this?"),
        (broken.ChecksumIgnored, "P6", "Refuse it in the framing's check"),
    ],
)
def test_a_mistake_in_framing_is_caught(framer: type[broken.Framer], code: str, said: str) -> None:
    report = check(broken.acme_with(framer), "acme.wire")
    assert finding(report, "P0").verdict is Verdict.PASSED
    assert said in failed(report, code)


def test_noise_that_takes_a_frame_with_it_is_caught() -> None:
    serial = [
        replace(until("Accept", t), header=replace(t.header, resync=True))
        for t in transcripts("acme.wire")
    ]
    for framer, verdict in [
        (broken.Framer, Verdict.PASSED),
        (broken.NoiseDropsEverything, Verdict.FAILED),
    ]:
        report = run(dialect(broken.acme_with(framer)), serial, random.Random(3))
        assert finding(report, "P3").verdict is verdict


@pytest.mark.parametrize(
    ("framer", "max_frame", "said"),
    [
        (broken.CopiedWithEveryRead, 16_384, "bytes allocated"),
        (broken.ParsedFromTheStart, 2048, "lines executed"),
    ],
)
def test_quadratic_cost_is_caught(framer: type[broken.Framer], max_frame: int, said: str) -> None:
    slow = replace(dialect(broken.acme_with(framer)), limits=Limits(max_frame=max_frame))
    report = run(slow, transcripts("acme.wire"), random.Random(3))
    assert said in failed(report, "P4")


def test_an_answer_given_twice_is_caught() -> None:
    def settle(self: AcmeConversation, receipt: Receipt) -> int | None:
        return self._tickets.get(receipt)

    assert "receipt 1 again" in failed(
        check(subclass(AcmeConversation, settle=settle), "acme.wire"), "P7"
    )


def test_a_receipt_handed_out_twice_is_caught() -> None:
    def receipt(self: AcmeConversation, ticket: int) -> Receipt:
        self._tickets[Receipt(1)] = ticket
        return Receipt(1)

    loose = [unnamed("receipt", until("Accept", t)) for t in transcripts("acme.wire")]
    report = run(dialect(subclass(AcmeConversation, receipt=receipt)), loose, random.Random(3))
    assert "handed out twice" in failed(report, "P7")


class Forgetful(AcmeConversation):
    """Makes the identity of something that is not the record's own."""

    def of(self, event: PassageReported, now: Instant) -> bytes:
        return now.wall.to_bytes(8, "big")

    def read(self, frame: bytes, now: Instant) -> Iterator[Event]:
        for event in super().read(frame, now):
            if isinstance(event, PassageReported):
                yield replace(event, identity=self.of(event, now))
            else:
                yield event


@pytest.mark.parametrize(
    ("identity", "said"),
    [
        (lambda self, event, now: now.wall.to_bytes(8, "big"), "a day later"),
        (lambda self, event, now: b"same", "share the identity"),
        (lambda self, event, now: bytes(65), "65 bytes"),
        (lambda self, event, now: b"", "0 bytes"),
    ],
)
def test_an_identity_that_is_not_the_records_own_is_caught(identity: object, said: str) -> None:
    loose = [unnamed("identity", t) for t in transcripts("acme.wire")]
    report = run(dialect(subclass(Forgetful, of=identity)), loose, random.Random(3))
    assert said in failed(report, "P8")


def test_zero_treated_as_missing_is_caught_by_a_boundary_line() -> None:
    class Falsy(AcmeConversation):
        """Drops what is falsy, as ThingsBoard's sample converter does."""

        def read(self, frame: bytes, now: Instant) -> Iterator[Event]:
            for event in super().read(frame, now):
                if not isinstance(event, PassageReported) or event.device_ms:
                    yield event

    detail = failed(check(Falsy, "acme.wire"), "P0")
    assert "acme.wire:25" in detail
    assert '"device_ms": 0' in detail


def test_a_body_of_exact_length_is_caught() -> None:
    class Exact(AcmeConversation):
        """Ignores a record that has grown."""

        def read(self, frame: bytes, now: Instant) -> Iterator[Event]:
            if len(frame) <= PASSAGE.size + 9:
                yield from super().read(frame, now)

    assert "got no event" in failed(check(Exact, hooks=HOOKS), "P10")


@pytest.mark.parametrize(
    ("events", "closing", "grows", "verdict"),
    [
        ([Misbehaved(code="length")], None, False, Verdict.PASSED),
        ([Misbehaved(code="length")], None, True, Verdict.FAILED),
        ([Misbehaved(code="length")], "length", False, Verdict.FAILED),
        ([], None, False, Verdict.FAILED),
        ([Misbehaved(code="length"), Heartbeat()], None, False, Verdict.FAILED),
    ],
)
def test_where_there_is_no_room_a_longer_body_is_refused_whole_and_aloud(
    events: list[Event], closing: str | None, grows: bool, verdict: Verdict
) -> None:
    class Fixed(AcmeConversation):
        def read(self, frame: bytes, now: Instant) -> Iterator[Event]:
            if len(frame) <= PASSAGE.size + 9:
                yield from super().read(frame, now)
            else:
                self.closing = closing
                yield from events

    found = finding(check(Fixed, hooks=replace(HOOKS, grows=grows)), "P10")
    assert found.verdict is verdict
    assert "refused whole" in found.detail or "Hooks(grows=False)" in found.detail


def test_a_checksum_that_nobody_knows_wants_a_hook(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coverage, "find_seals", lambda frames: [])
    assert "Give Hooks(reseal=…)" in failed(check(AcmeConversation), "P14")
    reseal = Hooks(reseal=lambda frame: frame[:-2] + crc16_modbus(frame[:-2]).to_bytes(2))
    resealed = check(AcmeConversation, hooks=reseal)
    assert finding(resealed, "P14").verdict is Verdict.PASSED


def test_a_fast_path_that_differs_is_caught() -> None:
    signed = struct.Struct(">I8sIb")
    twin = replace(HOOKS.twins[0], fast=signed.unpack_from)
    assert "layout:" in failed(check(AcmeConversation, hooks=Hooks(twins=(twin,))), "P9")


def test_a_round_trip_that_loses_something_is_caught() -> None:
    kind = HOOKS.messages[0]
    lossy = replace(kind, decode=lambda data: kind.decode(data)._replace(number=1))
    assert "passage" in failed(check(AcmeConversation, hooks=Hooks(messages=(lossy,))), "P5")


def test_recorded_bytes_that_change_are_caught() -> None:
    kind = HOOKS.messages[0]
    sloppy = replace(kind, goldens=(PASSAGE.pack(1, b"A\0junk\0\0", 2, 1),))
    assert "became" in failed(check(AcmeConversation, hooks=Hooks(messages=(sloppy,))), "P5")


def test_no_transcript_is_a_failure_and_not_a_pass() -> None:
    report = run(dialect(AcmeConversation), [], random.Random(3))
    assert "unproven" in failed(report, "P0")
    assert not report.passed


def test_an_opening_that_refuses_the_dialects_own_bytes_is_caught() -> None:
    deaf = replace(dialect(AcmeConversation), opening=lambda first: first == b"AC")
    report = run(deaf, transcripts("acme.wire"), random.Random(3))
    assert "opening() refuses 41" in failed(report, "P0")


def test_a_check_that_breaks_is_a_finding() -> None:
    def bad(frame: bytes) -> bytes:
        raise KeyError("vendor mistake")

    report = check(AcmeConversation, hooks=Hooks(lengthen=bad))
    assert "KeyError" in failed(report, "P10")


def test_transcripts_of_a_side_that_cannot_be_made_are_named() -> None:
    device = [replace(t, header=replace(t.header, role="device")) for t in transcripts()]
    report = run(dialect(AcmeConversation), device, random.Random(3))
    assert not report.passed


def test_the_same_dice_give_the_same_report() -> None:
    framer = broken.acme_with(broken.SizeFromWhatArrived)
    assert check(framer).text() == check(framer).text()


def test_a_report_reads_well() -> None:
    text = check(broken.acme_with(broken.SecondFrameLost), "acme.wire").text()
    assert text.startswith("acme/1: ")
    assert "P2  FAILED         frames that share a read all arrive" in text
    assert "P9  not applicable the fast path equals" in text
    assert "\n      acme.wire:6 (with neighbours): expected CredentialWanted" in text
