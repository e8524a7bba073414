"""The terminal's side: what it says, whom it trusts, how it behaves when things go wrong."""

from __future__ import annotations

from dataclasses import replace

import pytest
from gateway.codecs.yls import calls
from gateway.codecs.yls.body import put, put_number, put_result
from gateway.codecs.yls.device import YlsDevice
from gateway.codecs.yls.device_events import (
    ClockCompared,
    Closed,
    Conflicting,
    HeartbeatAnswered,
    RangeAsked,
    RecordsRefused,
    RetryLater,
)
from gateway.codecs.yls.drafts import Draft
from gateway.codecs.yls.frame import as_duplicate, pack
from gateway.codecs.yls.registers import (
    DIR,
    ENC,
    MAC,
    OW,
    RSP,
    Bye,
    Command,
    Result,
    Tlv,
)
from gateway.codecs.yls.status import StatusReport
from gateway.codecs.yls.store import RecordStore

from gateway.domain.events import ClockMeasured, Heartbeat, PassageReported, RangeAnswered
from gateway.domain.ids import Receipt
from gateway.domain.requests import (
    AskRecords,
    Defer,
    Farewell,
    MeasureClock,
    Parting,
)
from gateway.domain.times import Instant
from tests.codecs.yls import vectors
from tests.codecs.yls.pair import Gateway, Pair
from tests.codecs.yls.scripted import NOW, V1_CONFIG, Server, context, v1_store


class TestRecords:
    def test_records_are_sent_again_after_a_pause(self) -> None:
        pair = Pair().login()
        pair.gateway.answers[1] = Defer(receipt=Receipt(0), retry_after_s=5)
        pair.device.record(Draft(time_ms=1), pair.now)
        pair.pump()
        assert RetryLater(seconds=5) in pair.told
        assert pair.store.unacknowledged == 1
        assert pair.device.deadline() == pair.now.mono + 5
        pair.wait(4.9)
        assert pair.store.unacknowledged == 1
        pair.wait(0.2)
        assert pair.store.unacknowledged == 0
        assert pair.device.idle

    def test_a_record_in_conflict_is_freed_and_reported(self) -> None:
        gateway = Gateway()
        pair = Pair(gateway).login()
        pair.device.record(Draft(time_ms=1), pair.now)
        pair.pump()
        clone = Pair(gateway, RecordStore(vectors.EPOCH))
        gateway.held.clear()
        clone.login()
        clone.device.record(Draft(time_ms=2), clone.now)
        clone.pump()
        assert Conflicting(keys=((vectors.EPOCH, 1),)) in clone.told
        assert clone.store.unacknowledged == 0

    def test_a_final_refusal_frees_nothing_and_is_not_repeated(self) -> None:
        server = Server()
        (record,) = [frame for frame in server.sent() if frame.command == Command.REC_BACKFILL]
        told = server.say(RSP | MAC, record.command, record.seq, put_result(Result.BAD_TLV))
        keys = tuple((vectors.EPOCH, number) for number in (1202, 1203, 1204))
        assert told == [RecordsRefused(result="bad_tlv", keys=keys)]
        assert server.store.unacknowledged == 3
        assert server.sent() == []

    def test_an_ok_that_acknowledges_nothing_is_answered_after_a_pause(self) -> None:
        server = Server()
        record = server.sent()[-1]
        assert server.say(RSP | MAC, record.command, record.seq, put_result(0)) == []
        assert server.sent() == []
        server.device.tick(Instant(NOW.mono + 1, NOW.wall))
        assert [frame.command for frame in server.sent()] == [Command.REC_BACKFILL]

    def test_the_gateways_window_is_respected(self) -> None:
        server = Server()
        assert len(server.sent()) == 3
        for _ in range(5):
            server.device.record(Draft(time_ms=1), NOW)
        live = server.sent()
        assert [frame.command for frame in live] == [Command.REC_REALTIME]
        server.say(RSP | MAC, Command.HEARTBEAT, 4, put_result(0))
        assert [frame.command for frame in server.sent()] == [Command.REC_REALTIME]

    def test_without_an_answer_it_repeats_once_and_then_reconnects(self) -> None:
        server = Server()
        first = [frame.raw for frame in server.sent()]
        assert server.device.deadline() == 510.0
        assert server.device.tick(Instant(510.0, NOW.wall)) == []
        assert [frame.raw for frame in server.sent()] == [as_duplicate(raw) for raw in first]
        assert server.device.tick(Instant(520.0, NOW.wall)) == [Closed(reason="timeout")]
        assert server.device.closing == "timeout"
        assert server.store.unacknowledged == 3

    def test_the_next_connection_sends_what_the_last_one_left(self) -> None:
        gateway, store = Gateway(), RecordStore(vectors.EPOCH)
        pair = Pair(gateway, store).login()
        pair.device.record(Draft(time_ms=1), pair.now)
        pair.to_server()  # stored, but the acknowledgement is lost
        pair.drop()
        assert store.unacknowledged == 1
        assert gateway.numbers() == {1}
        again = Pair(gateway, store, seed="again").login()
        assert store.unacknowledged == 0
        assert [e for e in again.events if isinstance(e, PassageReported)] == []

    def test_records_made_before_the_login_are_back_fill(self) -> None:
        pair = Pair()
        assert pair.device.record(Draft(time_ms=1), pair.now) == 1
        assert pair.device.output() == b""
        pair.login()
        assert pair.gateway.numbers() == {1}

    def test_the_gateway_asks_for_records_again(self) -> None:
        store = RecordStore(vectors.EPOCH, history=10)
        pair = Pair(store=store).login()
        for _ in range(3):
            pair.device.record(Draft(time_ms=1), pair.now)
        pair.pump()
        pair.submit(AskRecords(series=vectors.EPOCH, first=2, last=9))
        pair.pump()
        wanted = RangeAsked(epoch=vectors.EPOCH, first=2, last=9, held=True)
        assert wanted in pair.told
        assert RangeAnswered(accepted=True, code=0) in pair.events
        again = [e.number for e in pair.events if isinstance(e, PassageReported)]
        assert again == [1, 2, 3, 2, 3]
        assert store.unacknowledged == 0
        pair.submit(AskRecords(series=vectors.EPOCH + 1, first=2, last=9))
        pair.pump()
        assert RangeAnswered(accepted=False, code=Result.REC_GAP) in pair.events


class TestLife:
    def test_heartbeats_follow_the_gateways_rhythm(self) -> None:
        pair = Pair().login()
        pair.device.status = StatusReport(persons=5)
        assert pair.device.deadline() == pair.now.mono + 30
        for _ in range(3):
            pair.wait(30)
        beats = [e for e in pair.events if isinstance(e, Heartbeat)]
        assert len(beats) == 4
        assert pair.told.count(HeartbeatAnswered()) == 4
        assert beats[-1].status is not None
        assert beats[-1].status.persons == 5

    def test_the_clock_is_compared_every_hour(self) -> None:
        pair = Pair().login()
        for _ in range(120):
            pair.wait(30)
        assert sum(isinstance(event, ClockCompared) for event in pair.told) == 2

    def test_the_gateway_measures_the_clock(self) -> None:
        pair = Pair().login()
        pair.submit(MeasureClock())
        pair.pump()
        assert ClockMeasured(offset_ms=0, uncertainty_ms=0) in pair.events

    @pytest.mark.parametrize(
        ("reason", "name"),
        [(Parting.TAKEN_OVER, "session_taken"), (Parting.DRAINING, "server_drain")],
    )
    def test_a_farewell_is_understood(self, reason: Parting, name: str) -> None:
        pair = Pair().login()
        pair.submit(Farewell(reason=reason))
        pair.pump()
        assert pair.told[-1] == Closed(reason=name)
        assert pair.device.closing == name
        assert not pair.device.online

    def test_it_says_goodbye(self) -> None:
        pair = Pair().login()
        pair.device.part(Bye.REBOOT)
        pair.pump()
        assert pair.device.closing == "reboot"
        assert pair.server.closing == "goodbye"

    def test_an_error_closes(self) -> None:
        server = Server()
        assert server.say(OW | MAC, Command.ERROR, 1, put_result(Result.WINDOW)) == [
            Closed(reason="window")
        ]

    def test_unsealed_frames_are_ignored_and_counted(self) -> None:
        server = Server()
        forged = pack(DIR | OW, 0, Command.BYE, 1, vectors.SESSION, b"")
        for _ in range(15):
            assert server.device.feed(forged, NOW) == []
        assert server.device.feed(forged, NOW) == [Closed(reason="bad_mac")]

    def test_a_command_it_does_not_know_is_answered(self) -> None:
        server = Server()
        server.sent()
        assert server.say(MAC, 0x0577, 1, put_number(Tlv.DOOR, 1, 1)) == []
        (frame,) = server.sent()
        assert frame.body[:-8] == put_result(Result.UNKNOWN_CMD)
        server.say(MAC, 0x0577, 1, put_number(Tlv.DOOR, 1, 1))
        assert server.sent() == [frame]
        server.say(MAC, 0x0577, 34, put_number(Tlv.DOOR, 1, 1))
        server.sent()
        for _ in range(2):
            server.say(MAC, 0x0577, 1, put_number(Tlv.DOOR, 1, 1))
        assert {f.body[:-8] for f in server.sent()} == {put_result(Result.REPLAY)}

    @pytest.mark.parametrize("command", [Command.TIME_SYNC, Command.REC_RANGE_REQ])
    def test_a_question_that_says_too_little_is_refused(self, command: int) -> None:
        server = Server()
        server.sent()
        assert server.say(MAC, command, 1, b"") == []
        (frame,) = server.sent()
        assert frame.body[:-8] == put_result(Result.MISSING_TLV)

    def test_what_means_nothing_changes_nothing(self) -> None:
        server = Server()
        server.sent()
        assert server.device.feed(pack(DIR | OW, 0, 0, 1, vectors.SESSION, b""), NOW) == []
        assert server.say(OW | MAC, 0x0502, 1, b"") == []
        assert server.say(RSP | MAC, Command.HEARTBEAT, 99, put_result(0)) == []
        assert server.say(RSP | MAC, Command.HEARTBEAT, 4, put_result(Result.BUSY)) == []
        assert server.sent() == []
        assert server.device.online

    def test_an_answer_that_is_broken_ends_the_session(self) -> None:
        server = Server()
        assert server.say(RSP | MAC, Command.HEARTBEAT, 4, b"\0") == [Closed(reason="bad_tlv")]

    def test_a_replayed_command_is_answered_and_not_obeyed_again(self) -> None:
        server = Server()
        server.sent()
        ask = put(Tlv.REC_GAP, b"".join(n.to_bytes(4, "big") for n in (vectors.EPOCH, 1, 2)))
        raw = server.seal.pack(MAC, Command.REC_RANGE_REQ, 1, ask)
        assert len(server.device.feed(raw, NOW)) == 1
        said = server.sent()
        assert server.device.feed(as_duplicate(raw), NOW) == []  # N3
        assert server.sent() == said

    def test_a_session_ends_before_its_numbers_do(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(calls, "LAST_SEQ", 8)
        pair = Pair().login()
        assert pair.device.online
        for _ in range(4):
            pair.device.record(Draft(time_ms=1), pair.now)
        pair.pump()
        assert pair.device.closing == "normal"
        assert pair.server.closing == "goodbye"

    def test_damage_on_tcp_closes(self) -> None:
        server = Server()
        assert server.device.feed(b"GET / HTTP/1.1\r\n", NOW) == [Closed(reason="magic")]

    def test_its_own_frames_reflected_are_ignored(self) -> None:
        server = Server()
        assert server.device.feed(server.sent()[0].raw, NOW) == []
        assert server.device.online

    def test_a_hint_to_log_in_is_taken_at_most_every_thirty_seconds(self) -> None:
        server = Server()
        server.sent()
        hint = pack(DIR | RSP, 0, Command.HEARTBEAT, 4, 0, put_result(Result.NOT_LOGGED_IN))
        assert server.device.feed(hint, NOW) == []
        assert server.sent() == []
        later = Instant(NOW.mono + 30, NOW.wall)
        server.device.feed(hint, later)
        assert [frame.command for frame in server.sent()] == [Command.HELLO]
        server.device.feed(hint, later)
        assert server.sent() == []
        assert server.device.deadline() == 510.0

    def test_noise_on_a_serial_line_is_survived(self) -> None:
        device = YlsDevice(V1_CONFIG, replace(context(), resync=True), v1_store())
        device.start(NOW)
        device.output()
        assert device.feed(b"\x00\xff\x59" + vectors.V2[:20], NOW) == []
        assert device.deadline() == NOW.mono + 0.05
        assert device.tick(Instant(NOW.mono + 0.06, NOW.wall)) == []
        device.feed(vectors.V2, NOW)
        assert device.output() == vectors.V3


def test_an_encrypted_heartbeat_answer_is_understood() -> None:
    server = Server()
    server.sent()
    told = server.say(RSP | ENC, Command.HEARTBEAT, 4, put_result(0))
    assert told == [HeartbeatAnswered()]
