"""The gateway's side and a terminal's side against each other, over any cutting of the stream."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.codecs.api import Context
from gateway.codecs.cti.attendance import put_attendances
from gateway.codecs.cti.device import CtiDevice
from gateway.codecs.cti.frame import Frame, pack
from gateway.codecs.cti.limits import MOST_WAITING
from gateway.codecs.cti.registers import Command
from gateway.codecs.cti.server import CtiConversation
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.events import Event, LoginClaimed, Misbehaved, PassageReported
from gateway.domain.requests import Accept, Admit, Defer, MeasureClock
from gateway.domain.times import Instant
from tests.codecs.cti.vectors import LOGIN, PLACED, RECORD, RECORD_MS, SESSION

NOW = Instant(0.0, RECORD_MS)


class Pair:
    """A terminal and a gateway that stores everything but what it is told to defer."""

    def __init__(self, cuts: Iterator[int], device: CtiDevice | None = None) -> None:
        self.server = CtiConversation(Context(entropy=bytes))
        self.device = device or CtiDevice(LOGIN, SESSION)
        self.cuts = cuts
        self.stored: list[bytes] = []
        self.defers = 0
        self.device.connected()

    def run(self) -> None:
        """Carry bytes until both are silent."""
        while data := self.device.output():
            at = 0
            while at < len(data):
                size = next(self.cuts)
                self._handle(self.server.feed(data[at : at + size], NOW))
                at += size
            self.device.feed(self.server.output())

    def _handle(self, events: list[Event]) -> None:
        for event in events:
            if isinstance(event, LoginClaimed):
                admit = Admit(session=1, heartbeat_s=30)
                assert self.server.submit(admit, NOW) == []
                assert self.server.submit(MeasureClock(), NOW) == []
            elif isinstance(event, PassageReported):
                self._store(event)

    def _store(self, event: PassageReported) -> None:
        if self.defers:
            self.defers -= 1
            self._handle(self.server.submit(Defer(receipt=event.receipt), NOW))
            return
        self.stored.append(event.identity)
        self._handle(self.server.submit(Accept(receipt=event.receipt), NOW))


@given(st.lists(st.integers(1, 70), min_size=1), st.integers(0, 3))
def test_whatever_the_cutting_everything_is_stored_and_acknowledged(
    sizes: list[int], defers: int
) -> None:
    pair = Pair(sizes[at % len(sizes)] for at in range(1 << 30))
    pair.defers = defers
    records = [RECORD._replace(worker=worker, placed=PLACED) for worker in range(5)]
    pair.device.record(*records[:3])
    pair.device.record(*records[3:])
    pair.run()
    for _ in range(defers):
        pair.device.retry()
        pair.run()
    assert pair.device.acknowledged == records
    assert len(set(pair.stored)) == 5
    assert len(pair.device.refusals) == defers
    pair.device.beat()
    pair.run()
    pair.device.ask_time()
    pair.run()
    assert (pair.device.beats, pair.device.clock_ms) == (1, RECORD_MS)


def test_a_lost_answer_makes_the_terminal_send_again_and_the_record_is_the_same() -> None:
    pair = Pair(iter([10_000] * 9))
    pair.run()
    pair.device.record(RECORD)
    pair._handle(pair.server.feed(pair.device.output(), NOW))
    again = Pair(iter([10_000] * 9), pair.device)
    again.run()
    assert again.device.acknowledged == [RECORD]
    assert again.stored == pair.stored


def test_a_terminal_that_does_not_wait_for_answers_is_slowed_down() -> None:
    pair = Pair(iter([10_000] * 9))
    pair.run()
    frames = [
        pack(Frame(Command.ATTENDANCE, SESSION, put_attendances([RECORD._replace(worker=worker)])))
        for worker in range(MOST_WAITING + 1)
    ]
    events = pair.server.feed(b"".join(frames), NOW)
    assert [type(event) for event in events] == [PassageReported] * MOST_WAITING + [Misbehaved]
    assert isinstance(events[-1], Misbehaved)
    assert events[-1].code == "busy"


def test_before_the_login_no_more_is_held_than_a_login_needs() -> None:
    server = CtiConversation(Context(entropy=bytes))
    server.feed(b"\x01\x00\x00\x08\x00", NOW)
    assert server.closing == "length"
