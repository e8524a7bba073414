"""A logged-in session on the gateway's side, apart from records and blobs."""

from __future__ import annotations

import pytest
from gateway.codecs.yls.body import put, put_result
from gateway.codecs.yls.frame import as_duplicate, pack
from gateway.codecs.yls.registers import (
    DIR,
    ENC,
    MAC,
    RSP,
    Command,
    Result,
    Tlv,
    bye_name,
    result_name,
)
from gateway.codecs.yls.status import StatusReport, read_status
from gateway.codecs.yls.wishes import MOST_QUEUED

from gateway.domain.events import (
    ClockMeasured,
    DeviceStatus,
    Heartbeat,
    Misbehaved,
    RangeAnswered,
    UnknownMessage,
)
from gateway.domain.requests import AskRecords, MeasureClock
from gateway.domain.times import ClockQuality, Instant
from tests.codecs.yls import vectors
from tests.codecs.yls.terminal import NOW, Terminal, frames

BEAT = StatusReport().encode(0)
V12_STATUS = DeviceStatus(
    uptime_s=86400,
    persons=5210,
    unacknowledged=3,
    free_store=0.455,
    temperature_c=41.2,
    clock=ClockQuality.FREE_RUNNING,
    on_battery=False,
    faults=frozenset(),
)


class TestHeartbeat:
    def test_the_vector(self) -> None:
        terminal = Terminal(secure=True)
        assert terminal.feed(vectors.V12) == [Heartbeat(status=V12_STATUS)]
        ((frame, body),) = terminal.answers()
        assert frame.flags == DIR | RSP
        assert (frame.seq, frame.sid) == (8, vectors.SESSION)
        assert body.number(Tlv.RESULT, 2) == Result.OK
        assert body.number(Tlv.TIME, 8) == vectors.BASE

    def test_the_answer_has_a_mac_without_tls(self) -> None:
        terminal = Terminal()
        terminal.ask(Command.HEARTBEAT, BEAT)
        (frame,) = frames(terminal.output())
        assert frame.flags == DIR | RSP | MAC

    def test_an_answer_is_protected_as_its_request(self) -> None:
        terminal = Terminal(secure=True)
        for flags in (0, MAC, ENC):
            terminal.ask(Command.HEARTBEAT, BEAT, flags=flags)
            ((frame, body),) = terminal.answers()
            assert frame.flags & (MAC | ENC) == flags
            assert body.number(Tlv.RESULT, 2) == Result.OK

    def test_the_status_may_stand_beside_others_or_be_missing(self) -> None:
        assert read_status(put(0x7000, b"x") + vectors.V12[18:-2]) == V12_STATUS
        assert read_status(vectors.V12[18:-2].replace(b"\x80\x70", b"\x00\x70")) == V12_STATUS
        assert read_status(b"") is None
        longer = put(Tlv.STATUS, vectors.V12[22:-2] + b"later")
        assert read_status(longer) == V12_STATUS

    def test_a_short_status_is_refused(self) -> None:
        terminal = Terminal()
        (event,) = terminal.ask(Command.HEARTBEAT, put(Tlv.STATUS, bytes(25)))
        assert event == Misbehaved(code="bad_length", detail="command 0x0004")
        assert terminal.result() == Result.BAD_LENGTH

    def test_every_fault_has_a_name(self) -> None:
        status = read_status(StatusReport(faults=0x80001101, power=1, time_quality=9).encode(0))
        assert status is not None
        assert status.faults == {"camera", "tamper", "fan", "bit_31"}
        assert status.on_battery
        assert status.clock is ClockQuality.UNKNOWN

    def test_a_status_report_is_one_too(self) -> None:
        terminal = Terminal()
        (event,) = terminal.ask(Command.STATUS_REPORT, BEAT)
        assert isinstance(event, Heartbeat)
        assert terminal.result() == Result.OK


class TestClock:
    def test_the_device_asks(self) -> None:
        terminal = Terminal()
        asked = put(Tlv.TIMES4, (vectors.BASE - 5000).to_bytes(8, "big") + bytes(16))
        assert terminal.ask(Command.TIME_SYNC, asked) == []
        times = terminal.answer().bytes(Tlv.TIMES4, 24)
        assert times == b"".join(
            value.to_bytes(8, "big") for value in (vectors.BASE - 5000, vectors.BASE, vectors.BASE)
        )

    def test_a_question_without_a_time_is_refused(self) -> None:
        terminal = Terminal()
        terminal.ask(Command.TIME_SYNC, b"")
        assert terminal.result() == Result.MISSING_TLV

    def answered(self, terminal: Terminal, second: int, third: int) -> list[object]:
        body = put_result(0) + put(
            Tlv.TIMES4,
            b"".join(v.to_bytes(8, "big") for v in (vectors.BASE, second, third)),
        )
        return list(terminal.ask(Command.TIME_SYNC, body, seq=1, flags=RSP | MAC))

    def test_the_gateway_measures(self) -> None:
        terminal = Terminal()
        terminal.submit(MeasureClock())
        ((frame, body),) = terminal.answers()
        assert (frame.command, frame.seq, frame.flags) == (Command.TIME_SYNC, 1, DIR | MAC)
        assert body.bytes(Tlv.TIMES4) == vectors.BASE.to_bytes(8, "big") + bytes(16)
        terminal.now = Instant(NOW.mono + 0.1, NOW.wall + 5000)  # our wall clock was stepped
        device = vectors.BASE + 3000
        events = self.answered(terminal, device + 40, device + 60)
        assert events == [ClockMeasured(offset_ms=3000, uncertainty_ms=40)]

    def test_an_answer_to_another_question_measures_nothing(self) -> None:
        terminal = Terminal()
        terminal.submit(MeasureClock())
        terminal.output()
        body = put_result(0) + put(Tlv.TIMES4, bytes(24))
        events = terminal.ask(Command.TIME_SYNC, body, seq=1, flags=RSP | MAC)
        assert events == [Misbehaved(code="out_of_range", detail="command 0x0005")]
        assert terminal.ask(Command.TIME_SYNC, body, seq=1, flags=RSP | MAC) == []

    def test_a_device_that_cannot_answer_is_left_alone(self) -> None:
        terminal = Terminal()
        terminal.submit(MeasureClock())
        terminal.output()
        body = put_result(Result.UNKNOWN_CMD)
        assert terminal.ask(Command.TIME_SYNC, body, seq=1, flags=RSP | MAC) == []


class TestOurRequests:
    ASK = AskRecords(series=vectors.EPOCH, first=7, last=9)

    @pytest.mark.parametrize(("result", "accepted"), [(Result.OK, True), (Result.REC_GAP, False)])
    def test_records_are_asked_for(self, result: Result, *, accepted: bool) -> None:
        terminal = Terminal()
        assert terminal.submit(self.ASK) == []
        ((frame, body),) = terminal.answers()
        assert (frame.command, frame.seq) == (Command.REC_RANGE_REQ, 1)
        wanted = b"".join(n.to_bytes(4, "big") for n in (vectors.EPOCH, 7, 9))
        assert body.bytes(Tlv.REC_GAP) == wanted
        events = terminal.ask(Command.REC_RANGE_REQ, put_result(result), seq=1, flags=RSP | MAC)
        assert events == [RangeAnswered(accepted=accepted, code=result)]

    def test_the_devices_window_holds_requests_back(self) -> None:
        terminal = Terminal()  # V1 allows four
        for _ in range(6):
            terminal.submit(self.ASK)
        assert [frame.seq for frame, _ in terminal.answers()] == [1, 2, 3, 4]
        terminal.ask(Command.REC_RANGE_REQ, put_result(0), seq=2, flags=RSP | MAC)
        assert [frame.seq for frame, _ in terminal.answers()] == [5]

    def test_what_does_not_fit_the_queue_is_refused_at_once(self) -> None:
        terminal = Terminal()
        for _ in range(4 + MOST_QUEUED):
            assert terminal.submit(self.ASK) == []
        assert terminal.submit(self.ASK) == [RangeAnswered(accepted=False, code=Result.BUSY)]
        assert terminal.submit(MeasureClock()) == []

    def test_a_request_is_repeated_once_and_then_given_up(self) -> None:
        terminal = Terminal()
        terminal.submit(self.ASK)
        first = terminal.output()
        assert terminal.server.deadline() == NOW.mono + 10
        assert terminal.wait(10) == []
        assert terminal.output() == as_duplicate(first)
        assert terminal.wait(10) == [RangeAnswered(accepted=False, code=Result.DEADLINE)]
        assert terminal.server.deadline() is None
        assert terminal.server.closing is None

    def test_an_answer_needs_a_seal(self) -> None:
        terminal = Terminal()
        terminal.submit(self.ASK)
        terminal.output()
        forged = pack(RSP, 0, Command.REC_RANGE_REQ, 1, vectors.SESSION, put_result(0))
        assert terminal.feed(forged) == [Misbehaved(code="bad_mac")]
        assert terminal.output() == b""


class TestUnknown:
    def test_a_command_of_a_later_version_is_answered_and_reported(self) -> None:
        terminal = Terminal()
        raw = terminal.frame(0x0277, put(Tlv.FACE_EMB, bytes(100)))
        (event,) = terminal.feed(raw)
        assert event == UnknownMessage(command=0x0277, sample=raw[:18])
        assert terminal.result() == Result.UNKNOWN_CMD

    def test_one_that_wants_no_answer_gets_none(self) -> None:
        terminal = Terminal()
        (event,) = terminal.say(0x0277)
        assert isinstance(event, UnknownMessage)
        assert terminal.output() == b""

    def test_critical_elements_are_refused_and_others_skipped(self) -> None:
        terminal = Terminal()
        terminal.ask(Command.TIME_SYNC, put(Tlv.TIMES4, bytes(24)) + put(0x7001, b"x"))
        assert terminal.result() == Result.OK
        odd = put(Tlv.TIMES4, bytes(24)) + put(0x7001, b"x", critical=True)
        terminal.ask(Command.TIME_SYNC, odd)
        assert terminal.result() == Result.UNSUPPORTED_CRITICAL

    def test_an_error_of_the_device_ends_the_session(self) -> None:
        terminal = Terminal()
        events = terminal.say(Command.ERROR, put_result(Result.BAD_FRAME))
        assert events == [Misbehaved(code="peer_error", detail="bad_frame", fatal=True)]
        assert terminal.server.closing == "peer_error"


def test_codes_without_a_name_are_shown_as_numbers() -> None:
    assert [result_name(code) for code in (0x0013, 0x1234)] == ["bad_mac", "result_1234"]
    assert [bye_name(code) for code in (3, 77)] == ["session_taken", "reason_77"]
