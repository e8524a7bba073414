"""A line for many: turns, addresses, and what is believed of a frame to everybody."""

from __future__ import annotations

from dataclasses import replace

import pytest
from gateway.codecs.api import Context
from gateway.codecs.yls import bus
from gateway.codecs.yls.body import Refused, put, put_number
from gateway.codecs.yls.device import YlsDevice
from gateway.codecs.yls.device_events import Online, Overheard
from gateway.codecs.yls.drafts import Draft
from gateway.codecs.yls.frame import Frame, marked, pack, parse
from gateway.codecs.yls.registers import DIR, GRANT, OW, RSP, Command, Tlv
from gateway.codecs.yls.station import Station
from gateway.codecs.yls.status import StatusReport
from gateway.codecs.yls.store import RecordStore
from gateway.codecs.yls.turns import MOST_BYTES, MOST_FRAMES, Turns
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.commands import CommandOutcome, DoorAction, DoorCommand, Outcome
from gateway.domain.ids import Ticket
from gateway.domain.maintenance import AssignAddress
from gateway.domain.times import Instant
from tests.codecs.yls import vectors
from tests.codecs.yls.pair import CONFIG, Pair
from tests.codecs.yls.terminal import frames

GROUP = bytes(range(64, 96))
NOW = Instant(100.0, vectors.BASE)
TEXT = put(Tlv.PROMPT, "全体注意".encode())


def device(station: Station, draw: int = 5) -> YlsDevice:
    context = Context(entropy=lambda size: bytes((draw,)) * size)
    return YlsDevice(CONFIG, context, RecordStore(vectors.EPOCH), station)


def heard(station: Station, raw: bytes, now: Instant = NOW) -> list[object]:
    one = device(station)
    told = one.feed(raw, now)
    assert one.output() == b""
    return list(told)


def poll(address: int = 0x11) -> bytes:
    return pack(DIR | OW | GRANT, address, Command.POLL, 1, 0, b"")


def sent(data: bytes) -> list[Frame]:
    found = []
    while data:
        size = int.from_bytes(data[14:16], "big") + 20
        found.append(parse(data[:size]))
        data = data[size:]
    return found


class TestBroadcast:
    def test_one_by_the_group_is_believed_once(self) -> None:
        station = Station(group_keys={3: GROUP})
        raw = bus.broadcast(GROUP, Command.PROMPT, 1, TEXT, vectors.BASE)
        assert heard(station, raw) == [Overheard(command=Command.PROMPT, time_ms=vectors.BASE)]
        assert station.panel.shown == ["全体注意"]
        assert heard(station, raw) == []

    @pytest.mark.parametrize(
        "raw",
        [
            bus.broadcast(bytes(32), Command.PROMPT, 1, TEXT, vectors.BASE),
            bus.broadcast(GROUP, Command.PROMPT, 1, TEXT, vectors.BASE + 10_001),
            bus.broadcast(GROUP, Command.PROMPT, 1, TEXT, vectors.BASE - 10_001),
            bus.broadcast(GROUP, Command.DOOR_CTRL, 1, vectors.V9[18:-10], vectors.BASE),
            bus.broadcast(GROUP, Command.REBOOT, 1, b"", vectors.BASE),
            bus.bare_broadcast(Command.PROMPT, 1, TEXT),
            bus.bare_broadcast(Command.TIME_SYNC, 1, put_number(Tlv.TIME, vectors.BASE, 8)),
        ],
    )
    def test_any_other_changes_nothing(self, raw: bytes) -> None:
        station = Station(group_keys={3: GROUP})
        assert heard(station, raw) == []
        assert station.panel.shown == []
        assert station.panel.doors[1].pulses == 0

    def test_a_tag_that_is_not_last_is_none(self) -> None:
        raw = bus.broadcast(GROUP, Command.PROMPT, 1, TEXT, vectors.BASE)
        body = raw[18:-2] + put(Tlv.VOICE, b"\0\1")
        assert (
            heard(Station(group_keys={3: GROUP}), bus.bare_broadcast(Command.PROMPT, 1, body)) == []
        )

    def test_a_clock_that_was_never_set_takes_time_from_anybody_and_nothing_else(self) -> None:
        one = device(Station())
        one.status = StatusReport(time_quality=0)
        time = put_number(Tlv.TIME, vectors.BASE, 8)
        assert one.feed(bus.bare_broadcast(Command.PROMPT, 1, TEXT + time), NOW) == []
        assert one.feed(bus.bare_broadcast(Command.TIME_SYNC, 1, time), NOW) == [
            Overheard(command=Command.TIME_SYNC, time_ms=vectors.BASE)
        ]

    @given(st.integers(0, 2**32), st.integers(-9_000, 9_000))
    def test_time_only_goes_up(self, seq: int, step: int) -> None:
        guard = bus.Broadcasts()
        first = parse(bus.broadcast(GROUP, Command.ENROLL, 1, b"", vectors.BASE))
        guard.judge(first, {1: GROUP}, vectors.BASE, clock_set=True)
        later = parse(bus.broadcast(GROUP, Command.ENROLL, seq % 2**32, b"", vectors.BASE + step))
        if step > 0:
            guard.judge(later, {1: GROUP}, vectors.BASE, clock_set=True)
        else:
            with pytest.raises(Refused, match="REPLAY"):
                guard.judge(later, {1: GROUP}, vectors.BASE, clock_set=True)

    @given(st.binary(max_size=60))
    def test_noise_to_everybody_is_harmless(self, body: bytes) -> None:
        station = Station(group_keys={3: GROUP})
        for command in (Command.ENUM, Command.PROMPT, Command.TIME_SYNC, Command.DOOR_CTRL):
            assert heard(station, bus.bare_broadcast(command, 1, body)) == []


class TestCommissioning:
    def test_a_terminal_without_address_answers_a_search_in_its_slot(self) -> None:
        one = device(Station(), draw=0x25)
        one.feed(bus.bare_broadcast(Command.ENUM, 9, bus.write_search("YLS-")), NOW)
        assert one.output() == b""
        due = NOW.mono + 5 * 0.03
        assert one.deadline() == pytest.approx(due)
        one.tick(Instant(due - 0.001, vectors.BASE))
        assert one.output() == b""
        one.tick(Instant(due + 0.001, vectors.BASE))
        (frame,) = sent(one.output())
        assert (frame.command, frame.seq, frame.flags) == (Command.ENUM, 9, RSP)
        assert frame.body == put(Tlv.SN, vectors.SERIAL.encode(), critical=True)

    def test_one_that_is_not_meant_or_has_an_address_is_silent(self) -> None:
        for station, prefix in ((Station(), "XYZ"), (Station(address=4), "YLS")):
            one = device(station)
            one.feed(bus.bare_broadcast(Command.ENUM, 9, bus.write_search(prefix)), NOW)
            assert one.deadline() is None

    def give(self, serial: str, address: int) -> bytes:
        body = put(Tlv.SN, serial.encode()) + put_number(Tlv.BUS_ADDR, address, 2)
        return pack(DIR, 0, Command.SET_ADDR, 3, 0, body)

    def test_an_address_is_given_by_the_full_serial_number_and_once(self) -> None:
        station = Station()
        one = device(station)
        for serial, address in (("YLS-00000178", 7), (vectors.SERIAL, 0), (vectors.SERIAL, 248)):
            one.feed(self.give(serial, address), NOW)
            assert one.output() == b""
        one.feed(self.give(vectors.SERIAL, 7), NOW)
        (frame,) = sent(one.output())
        assert (frame.command, frame.flags, frame.address) == (Command.SET_ADDR, RSP, 0)
        assert station.address == 7
        one.feed(self.give(vectors.SERIAL, 8), NOW)
        assert station.address == 7


class TestTurns:
    def test_nothing_is_said_before_it_is_granted(self) -> None:
        one = device(Station(address=0x11))
        one.start(NOW)
        assert one.output() == b""
        one.feed(poll(0x12), NOW)
        assert one.output() == b""
        one.feed(poll(), NOW)
        (frame,) = sent(one.output())
        assert (frame.command, frame.address) == (Command.HELLO, 0x11)
        assert frame.flags & GRANT
        one.feed(poll(), NOW)
        (frame,) = sent(one.output())
        assert (frame.command, frame.flags) == (Command.POLL, OW | GRANT)
        assert one.output() == b""

    def test_a_login_and_orders_on_the_bus(self) -> None:
        pair = Pair(station=Station(address=0x11), bus_address=0x11)
        pair.device.start(pair.now)
        for _ in range(8):
            pair.collect()
            pair.down += poll()
            pair.pump()
        assert any(isinstance(one, Online) for one in pair.told)
        order = DoorCommand(ticket=Ticket(4), door=1, action=DoorAction.PULSE)
        pair.act(pair.server.submit(order, pair.now))
        pair.pump()
        outcome = pair.events[-1]
        assert isinstance(outcome, CommandOutcome)
        assert outcome.outcome is Outcome.DONE

    def test_an_address_given_in_a_session_is_used_by_both(self) -> None:
        station = Station()
        pair = Pair(station=station).login()
        give = AssignAddress(ticket=Ticket(1), serial=vectors.SERIAL, address=0x11)
        pair.act(pair.server.submit(give, pair.now))
        pair.pump()
        outcome = pair.events[-1]
        assert isinstance(outcome, CommandOutcome)
        assert outcome.outcome is Outcome.DONE
        assert station.address == 0x11
        order = DoorCommand(ticket=Ticket(2), door=1, action=DoorAction.PULSE)
        pair.act(pair.server.submit(order, pair.now))
        pair.collect()
        (frame,) = frames(pair.down)
        assert (frame.address, frame.flags & GRANT) == (0x11, GRANT)
        pair.pump()
        moved = pair.events[-1]
        assert isinstance(moved, CommandOutcome)
        assert (moved.ticket, moved.outcome) == (2, Outcome.DONE)

    def test_a_burst_is_bounded_and_its_last_frame_gives_the_line_back(self) -> None:
        pair = Pair(station=Station(), config=replace(CONFIG, window=16)).login()
        pair.device._station.address = 0x11
        pair.device._turns._address = 0x11
        for number in range(12):
            pair.device.record(Draft(time_ms=number), pair.now)
        seen = 0
        while True:
            pair.device._turns.take(parse(poll()), 0x11, pair.device._out, pair.device._idle)
            burst = sent(pair.device.output())
            assert len(burst) <= MOST_FRAMES
            assert len(burst) == 1 or sum(len(f.raw) for f in burst) <= MOST_BYTES
            assert [bool(f.flags & GRANT) for f in burst] == [*[False] * (len(burst) - 1), True]
            if burst[0].command == Command.POLL:
                break
            seen += len(burst)
        assert seen == 4  # the gateway's window


@given(st.lists(st.integers(0, 580), max_size=20))
def test_bursts_carry_everything_in_order_within_their_bounds(sizes: list[int]) -> None:
    said = [pack(OW, 0x11, Command.BYE, seq, 1, bytes(size)) for seq, size in enumerate(sizes, 1)]
    waiting, turns = list(said), Turns(0x11)
    idle = pack(OW, 0x11, Command.POLL, 99, 1, b"")
    heard: list[Frame] = []
    while waiting:
        turns.take(parse(poll()), 0x11, waiting, lambda: idle)
        burst = sent(turns.output())
        assert len(burst) <= MOST_FRAMES
        assert len(burst) == 1 or sum(len(frame.raw) for frame in burst) <= MOST_BYTES
        assert [frame.flags & GRANT for frame in burst] == [*[0] * (len(burst) - 1), GRANT]
        heard += burst
    assert [frame.seq for frame in heard] == list(range(1, len(said) + 1))


def test_a_granted_frame_keeps_its_mac() -> None:
    assert marked(vectors.V8, GRANT)[18:-2] == vectors.V8[18:-2]
