"""Doors, relays, screens, settings: at most once, never too late, and the truth about both."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import pytest
from gateway.codecs.yls.body import RESULT_OK, Refused, put_number
from gateway.codecs.yls.config import read_values, write_values
from gateway.codecs.yls.device_events import Closed, DoorMoved
from gateway.codecs.yls.frame import as_duplicate
from gateway.codecs.yls.orders import Order
from gateway.codecs.yls.panel import Door, Panel
from gateway.codecs.yls.registers import DIR, MAC, RSP, Command, Tlv
from gateway.codecs.yls.seal import Seal
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.commands import (
    CommandOutcome,
    DoorAction,
    DoorCommand,
    DoorState,
    Outcome,
    ReadConfig,
    Reboot,
    RelayCommand,
    ShowPrompt,
    WriteConfig,
)
from gateway.domain.ids import Ticket
from gateway.domain.requests import AskRecords, Request
from gateway.domain.times import Instant
from tests.codecs.yls import vectors
from tests.codecs.yls.pair import Pair
from tests.codecs.yls.scripted import Server
from tests.codecs.yls.terminal import Terminal, frames

V9_BODY = vectors.V9[18:-10]
PULSE = DoorCommand(ticket=Ticket(1), door=1, action=DoorAction.PULSE, duration_ms=3000)
NOW = Instant(0.0, vectors.BASE)


def outcome(pair: Pair, request: Request) -> CommandOutcome:
    pair.act(pair.server.submit(request, pair.now))
    pair.pump()
    found = pair.events[-1]
    assert isinstance(found, CommandOutcome)
    return found


def test_the_vector_is_written_to_the_byte() -> None:
    assert Order(PULSE, NOW).body(NOW) == V9_BODY


class TestDevice:
    def panel(self, server: Server) -> Panel:
        return server.device._station.panel

    def result(self, server: Server) -> int:
        (frame,) = server.sent()
        return int.from_bytes(frame.body[4:6], "big")

    def test_a_replay_never_pulses_again(self) -> None:
        server = Server()
        server.sent()
        raw = server.seal.pack(MAC, Command.DOOR_CTRL, 41, V9_BODY)
        assert server.device.feed(raw, server.now) == [DoorMoved(door=1, action=1)]
        answer = server.device.output()
        for again in (raw, as_duplicate(raw), raw):  # N3, N4
            assert server.device.feed(again, server.now) == []
            assert server.device.output() == answer
        assert self.panel(server).doors[1].pulses == 1

    def test_a_replay_in_a_later_session_is_not_believed(self) -> None:
        server = Server()
        server.sent()
        other = Seal(bytes(32), bytes(16), sid=vectors.SESSION, direction=DIR, bare=False)
        raw = other.pack(MAC, Command.DOOR_CTRL, 41, V9_BODY)
        assert server.device.feed(raw, server.now) == []
        assert server.device.output() == b""
        assert self.panel(server).doors[1].pulses == 0

    @pytest.mark.parametrize(
        ("expires", "result"),
        [(-1, "EXPIRED"), (0, "OK"), (10_000, "OK"), (10_001, "OUT_OF_RANGE")],
    )
    def test_an_order_is_good_for_ten_seconds(self, expires: int, result: str) -> None:
        panel = Panel()
        body = V9_BODY[:-8] + (vectors.BASE + expires).to_bytes(8, "big")
        if result == "OK":
            assert panel.door(body, vectors.BASE).startswith(RESULT_OK)
        else:
            with pytest.raises(Refused, match=result):
                panel.door(body, vectors.BASE)
        assert panel.doors[1].pulses == (result == "OK")

    def test_an_air_lock_opens_one_door_at_a_time(self) -> None:
        panel = Panel(doors={1: Door(locked_with=2), 2: Door(locked_with=1, state=DoorState.OPEN)})
        with pytest.raises(Refused, match="INTERLOCK"):
            panel.door(V9_BODY, vectors.BASE)
        panel.doors[2].state = DoorState.CLOSED
        panel.door(V9_BODY, vectors.BASE)

    def test_nobody_shuts_a_door_people_flee_through(self) -> None:
        panel = Panel(doors={1: Door(evacuating=True, state=DoorState.OPEN)})
        close = V9_BODY.replace(b"\x80\x61\x00\x01\x01", b"\x80\x61\x00\x01\x03")
        with pytest.raises(Refused, match="INTERLOCK"):
            panel.door(close, vectors.BASE)
        assert panel.doors[1].state is DoorState.OPEN

    @given(st.binary(max_size=60))
    def test_no_body_raises_anything_but_refused(self, tail: bytes) -> None:
        panel = Panel(config={1: b"x"})
        for body in (tail, V9_BODY + tail, V9_BODY[:20] + tail):
            for take in (panel.prompt, panel.read_config, panel.write_config):
                with suppress(Refused):
                    take(body)
            for move in (panel.door, panel.relay):
                with suppress(Refused):
                    move(body, vectors.BASE)


class TestPair:
    def test_orders_are_carried_out_and_reported(self) -> None:
        pair = Pair().login()
        panel = pair.device._station.panel
        panel.config = {1: b"a", 2: b"b"}
        assert outcome(pair, PULSE).door is DoorState.OPEN
        relay = RelayCommand(ticket=Ticket(2), relay=1, action=DoorAction.HOLD_OPEN)
        assert outcome(pair, relay).outcome is Outcome.DONE
        assert panel.relays == {1: True}
        assert outcome(pair, ShowPrompt(ticket=Ticket(3), text="请通行\n")).outcome is Outcome.DONE
        assert panel.shown == ["请通行"]
        assert outcome(pair, ReadConfig(ticket=Ticket(4))).config == ((1, b"a"), (2, b"b"))
        change = WriteConfig(ticket=Ticket(5), values=((2, b"c"),))
        assert outcome(pair, change).config == ((2, b"b"),)
        both = WriteConfig(ticket=Ticket(6), values=((1, b"z"), (9, b"z")))
        assert outcome(pair, both).code == "out_of_range"
        assert panel.config == {1: b"a", 2: b"c"}

    def test_a_fault_is_a_refusal_with_its_name(self) -> None:
        pair = Pair().login()
        pair.device._station.panel.doors[1].stuck = True
        found = outcome(pair, PULSE)
        assert (found.outcome, found.code) == (Outcome.REFUSED, "door_fault")

    def test_a_reboot_ends_the_session(self) -> None:
        pair = Pair().login()
        pair.act(pair.server.submit(Reboot(ticket=Ticket(1)), pair.now))
        pair.pump()
        assert Closed(reason="reboot") in pair.told
        assert pair.server.closing == "goodbye"

    def test_a_clock_that_runs_ahead_refuses_the_order(self) -> None:
        pair = Pair().login()
        pair.act(pair.server.submit(PULSE, pair.now))
        pair.collect()
        pair.now = pair.now._replace(wall=pair.now.wall + 10_001)
        pair.pump()
        found = pair.events[-1]
        assert isinstance(found, CommandOutcome)
        assert (found.outcome, found.code) == (Outcome.REFUSED, "expired")


class TestGateway:
    def test_an_order_is_never_repeated(self) -> None:
        terminal = Terminal()
        terminal.submit(PULSE)
        assert len(terminal.output()) == len(vectors.V9)
        (found,) = terminal.wait(10)
        assert found == CommandOutcome(
            ticket=Ticket(1), outcome=Outcome.UNANSWERED, code="deadline"
        )
        assert terminal.output() == b""

    def test_what_never_left_was_not_carried_out(self) -> None:
        terminal = Terminal()
        for number in range(1, 10):
            terminal.submit(DoorCommand(ticket=Ticket(number), door=1, action=DoorAction.CLOSE))
        ends = {
            event.ticket: event.outcome
            for event in terminal.server.lost(terminal.now)
            if isinstance(event, CommandOutcome)
        }
        sent, kept = Outcome.UNANSWERED, Outcome.NOT_SENT
        assert ends == {n: sent if n <= 4 else kept for n in range(1, 10)}

    def test_an_order_grows_old_while_it_waits_for_the_window(self) -> None:
        terminal = Terminal()
        for _ in range(4):
            terminal.submit(AskRecords(series=1, first=1, last=1))
        terminal.output()
        assert terminal.submit(replace(PULSE, valid_ms=9_000)) == []
        terminal.now = Instant(terminal.now.mono + 4, terminal.now.wall + 4_000)
        terminal.ask(Command.REC_RANGE_REQ, RESULT_OK, seq=1, flags=RSP | MAC)
        (frame,) = frames(terminal.output())
        assert frame.body[-16:-8] == (vectors.BASE + 9_000).to_bytes(8, "big")
        assert terminal.submit(replace(PULSE, ticket=Ticket(2), valid_ms=3_000)) == []
        terminal.now = Instant(terminal.now.mono + 3, terminal.now.wall + 3_000)
        events = terminal.ask(Command.REC_RANGE_REQ, RESULT_OK, seq=2, flags=RSP | MAC)
        expired = CommandOutcome(ticket=Ticket(2), outcome=Outcome.NOT_SENT, code="expired")
        assert expired in events
        assert terminal.output() == b""

    @pytest.mark.parametrize(
        ("order", "code"),
        [
            (DoorCommand(ticket=Ticket(1), door=300, action=DoorAction.CLOSE), "out_of_range"),
            (WriteConfig(ticket=Ticket(1), values=((70_000, b""),)), "out_of_range"),
            (
                WriteConfig(ticket=Ticket(1), values=tuple((n, bytes(200)) for n in range(20))),
                "too_large",
            ),
        ],
    )
    def test_what_no_frame_can_carry_is_not_sent(self, order: Request, code: str) -> None:
        terminal = Terminal()
        (found,) = terminal.submit(order)
        assert isinstance(found, CommandOutcome)
        assert (found.outcome, found.code) == (Outcome.NOT_SENT, code)
        assert terminal.output() == b""
        assert terminal.server.closing is None

    def test_an_answer_that_cannot_be_read_leaves_the_outcome_unknown(self) -> None:
        terminal = Terminal()
        terminal.submit(PULSE)
        body = RESULT_OK + put_number(Tlv.DOOR_STATE, 1, 2)
        raw = terminal.seal.pack(RSP | MAC, Command.DOOR_CTRL, 1, body)
        _, found = terminal.feed(raw)
        assert isinstance(found, CommandOutcome)
        assert (found.outcome, found.code) == (Outcome.UNANSWERED, "bad_length")


@given(st.dictionaries(st.integers(0, 0xFFFF), st.binary(max_size=255), max_size=8))
def test_settings_survive_the_way(values: dict[int, bytes]) -> None:
    row = tuple(values.items())
    assert read_values(write_values(row)) == row


@given(st.binary(max_size=40))
def test_a_broken_row_of_settings_is_refused_and_a_good_one_kept(data: bytes) -> None:
    with suppress(Refused):
        assert write_values(read_values(data)) == data
