"""Whom a session believes: order, seals, damage."""

from __future__ import annotations

from gateway.codecs.yls.body import put_result
from gateway.codecs.yls.frame import as_duplicate, close, pack
from gateway.codecs.yls.registers import (
    DIR,
    ENC,
    GRANT,
    MAC,
    OW,
    RSP,
    Command,
    Result,
    Tlv,
)
from gateway.codecs.yls.status import StatusReport

from gateway.domain.events import (
    FrameDamaged,
    Heartbeat,
    Misbehaved,
)
from gateway.domain.requests import Accept, MeasureClock
from tests.codecs.yls import vectors
from tests.codecs.yls.terminal import NOW, Terminal, record

BEAT = StatusReport().encode(0)


class TestSequence:
    def test_a_repeated_request_is_answered_byte_for_byte(self) -> None:
        terminal = Terminal()
        raw = terminal.frame(Command.HEARTBEAT, BEAT)
        terminal.feed(raw)
        said = terminal.output()
        terminal.wait(5)
        for again in (raw, as_duplicate(raw)):
            assert terminal.feed(again) == []
            assert terminal.output() == said

    def test_even_an_encrypted_answer_is_repeated_and_never_made_again(self) -> None:
        terminal = Terminal()
        raw = terminal.frame(Command.HEARTBEAT, BEAT, flags=ENC)
        terminal.feed(raw)
        said = terminal.output()
        terminal.wait(5)
        terminal.feed(raw)
        assert terminal.output() == said
        for _ in range(32):
            terminal.ask(Command.HEARTBEAT, BEAT)
        terminal.output()
        assert terminal.feed(raw) == [Misbehaved(code="replay")]
        ((frame, body),) = terminal.answers()
        assert frame.flags & (MAC | ENC) == MAC
        assert body.number(Tlv.RESULT, 2) == Result.REPLAY

    def test_numbers_may_arrive_out_of_order(self) -> None:
        terminal = Terminal()
        late = [terminal.frame(Command.HEARTBEAT, BEAT) for _ in range(10)]
        for raw in reversed(late):
            assert len(terminal.feed(raw)) == 1
            assert terminal.result() == Result.OK

    def test_below_the_bitmap_there_is_only_replay(self) -> None:
        terminal = Terminal()
        old = terminal.frame(Command.HEARTBEAT, BEAT)
        terminal.ask(Command.HEARTBEAT, BEAT, seq=3 + 33)
        terminal.output()
        assert terminal.feed(old) == [Misbehaved(code="replay")]
        assert terminal.result() == Result.REPLAY

    def test_a_forged_number_does_not_move_the_window(self) -> None:
        terminal = Terminal()
        forged = pack(MAC, 0, Command.HEARTBEAT, 1_000_000, vectors.SESSION, BEAT + bytes(8))
        assert terminal.feed(forged) == [Misbehaved(code="bad_mac")]
        assert terminal.result() == Result.BAD_MAC
        terminal.ask(Command.HEARTBEAT, BEAT)
        assert terminal.result() == Result.OK

    def test_a_request_that_waits_for_its_answer_is_not_answered_twice(self) -> None:
        terminal = Terminal()
        raw = terminal.frame(Command.REC_REALTIME, record(1202))
        (event,) = terminal.feed(raw)
        assert terminal.feed(as_duplicate(raw)) == []
        assert terminal.output() == b""
        terminal.submit(Accept(receipt=event.receipt))  # type: ignore[union-attr]
        said = terminal.output()
        terminal.feed(as_duplicate(raw))
        assert terminal.output() == said

    def test_one_request_too_many_ends_the_session(self) -> None:
        terminal = Terminal()
        for number in range(1202, 1206):
            terminal.ask(Command.REC_REALTIME, record(number))
        assert terminal.output() == b""
        events = terminal.ask(Command.HEARTBEAT, BEAT)
        assert events == [Misbehaved(code="window", fatal=True)]
        ((frame, body),) = terminal.answers()
        assert (frame.command, frame.flags) == (Command.ERROR, DIR | OW | MAC)
        assert body.number(Tlv.RESULT, 2) == Result.WINDOW
        assert terminal.server.closing == "window"


class TestTrust:
    def test_sixteen_bad_macs_end_the_session(self) -> None:
        terminal = Terminal()
        bad = pack(MAC, 0, Command.HEARTBEAT, 3, vectors.SESSION, bytes(38))
        for _ in range(15):
            assert terminal.feed(bad) == [Misbehaved(code="bad_mac", fatal=False)]
            assert terminal.result() == Result.BAD_MAC
        assert terminal.feed(bad) == [Misbehaved(code="bad_mac", fatal=True)]
        ((frame, body),) = terminal.answers()
        assert frame.command == Command.ERROR
        assert body.number(Tlv.RESULT, 2) == Result.BAD_MAC
        assert terminal.server.closing == "bad_mac"

    def test_an_unprotected_frame_is_refused_without_tls(self) -> None:
        terminal = Terminal()
        assert terminal.feed(vectors.V12) == [Misbehaved(code="bad_mac")]
        assert terminal.result() == Result.BAD_MAC

    def test_an_edited_record_is_refused(self) -> None:
        terminal = Terminal()
        at = vectors.V5.index(bytes.fromhex("00002766"))
        edited = vectors.V5[: at + 3] + b"\x67" + vectors.V5[at + 4 :]
        raw = close(edited[:16], edited[18:-2])  # N5
        assert terminal.feed(raw) == [Misbehaved(code="bad_mac")]
        assert terminal.result() == Result.BAD_MAC

    def test_a_frame_of_another_session_gets_a_hint(self) -> None:
        terminal = Terminal()
        raw = pack(MAC, 0, Command.HEARTBEAT, 3, 0x0999, BEAT + bytes(8))
        assert terminal.feed(raw) == [Misbehaved(code="not_logged_in")]
        hint = pack(DIR | RSP, 0, Command.HEARTBEAT, 3, 0, put_result(Result.NOT_LOGGED_IN))
        assert terminal.output() == hint  # without our seal: anybody could have asked
        assert terminal.server.closing is None

    def test_a_forged_frame_below_the_window_is_dropped(self) -> None:
        terminal = Terminal()
        terminal.ask(Command.HEARTBEAT, BEAT, seq=100)
        terminal.output()
        for seq, answered in ((67, False), (68, True), (101, True)):
            forged = pack(MAC, 0, Command.HEARTBEAT, seq, vectors.SESSION, BEAT + bytes(8))
            assert terminal.feed(forged) == [Misbehaved(code="bad_mac")]
            assert bool(terminal.output()) is answered

    def test_our_own_frames_reflected_end_the_connection(self) -> None:
        terminal = Terminal()
        terminal.ask(Command.HEARTBEAT, BEAT)
        (event,) = terminal.feed(terminal.output())
        assert isinstance(event, FrameDamaged)
        assert event.code == "direction"
        assert terminal.server.closing == "direction"

    def test_a_frame_for_another_address_is_counted_and_not_processed(self) -> None:
        terminal = Terminal()
        (event,) = terminal.feed(vectors.V7)
        assert event == Misbehaved(code="foreign_address", detail="0x0011")
        assert terminal.output() == b""

    def test_a_poll_needs_no_seal_and_gets_no_answer(self) -> None:
        terminal = Terminal()
        for sid in (vectors.SESSION, 0, 7):
            assert terminal.feed(pack(OW | GRANT, 0, Command.POLL, 3, sid, b"")) == []
        assert terminal.output() == b""

    def test_any_other_empty_frame_needs_a_seal(self) -> None:
        terminal = Terminal()
        for raw in (
            pack(0, 0, Command.POLL, 3, vectors.SESSION, b""),
            pack(OW, 0, Command.BYE, 3, vectors.SESSION, b""),
        ):
            assert terminal.feed(raw) == [Misbehaved(code="bad_mac")]


class TestDamage:
    def test_on_tcp_it_is_said_and_ends_the_connection(self) -> None:
        terminal = Terminal()
        good = terminal.frame(Command.HEARTBEAT, BEAT)
        bad = bytearray(terminal.frame(Command.HEARTBEAT, BEAT))
        bad[30] ^= 1
        events = terminal.feed(good + bytes(bad))
        assert [type(event) for event in events] == [Heartbeat, FrameDamaged]
        _, (frame, body) = terminal.answers()
        assert frame.command == Command.ERROR
        assert body.number(Tlv.RESULT, 2) == Result.BAD_FRAME
        assert terminal.server.closing == "checksum"

    def test_a_frame_above_the_negotiated_size_is_refused_by_its_header(self) -> None:
        terminal = Terminal()
        raw = pack(MAC, 0, Command.HEARTBEAT, 3, vectors.SESSION, bytes(2048 - 19))
        (event,) = terminal.feed(raw[:18])
        assert isinstance(event, FrameDamaged)
        assert event.code == "length"
        ((_, body),) = terminal.answers()
        assert body.number(Tlv.RESULT, 2) == Result.BAD_LENGTH

    def test_on_a_line_that_loses_bytes_the_hunt_goes_on(self) -> None:
        terminal = Terminal(resync=True)
        bad = bytearray(terminal.frame(Command.HEARTBEAT, BEAT))
        bad[30] ^= 1
        good = terminal.frame(Command.HEARTBEAT, BEAT)
        events = terminal.feed(b"noise" + bytes(bad) + good)
        assert [type(event) for event in events] == [FrameDamaged, Heartbeat]
        assert terminal.server.closing is None

    def test_an_echo_on_such_a_line_is_dropped(self) -> None:
        terminal = Terminal(resync=True)
        terminal.ask(Command.HEARTBEAT, BEAT)
        assert terminal.feed(terminal.output()) == []
        assert terminal.server.closing is None

    def test_a_silent_line_ends_a_partial_frame(self) -> None:
        terminal = Terminal(resync=True, gap_ms=50)
        raw = terminal.frame(Command.HEARTBEAT, BEAT)
        assert terminal.feed(raw[:25]) == []
        assert terminal.server.deadline() == NOW.mono + 0.05
        assert terminal.wait(0.02) == []
        (event,) = terminal.wait(0.04)
        assert isinstance(event, FrameDamaged)
        assert (event.code, event.size) == ("gap", 25)
        assert terminal.server.deadline() is None
        assert len(terminal.feed(raw)) == 1

    def test_a_login_succeeds_behind_noise_on_such_a_line(self) -> None:
        assert Terminal(resync=True).server.closing is None

    def test_every_flip_of_a_live_record_is_refused(self) -> None:
        for bit in range(8 * len(vectors.V5)):
            raw = bytearray(vectors.V5)
            raw[bit // 8] ^= 1 << bit % 8
            terminal = Terminal()
            events = terminal.feed(bytes(raw))
            assert all(isinstance(event, FrameDamaged | Misbehaved) for event in events)


def test_nothing_is_said_after_the_end() -> None:
    terminal = Terminal()
    terminal.say(Command.BYE)
    assert terminal.ask(Command.HEARTBEAT, BEAT) == []
    assert terminal.submit(MeasureClock()) == []
    assert terminal.wait(60) == []
    assert terminal.server.lost(terminal.now) == []
    assert terminal.output() == b""
