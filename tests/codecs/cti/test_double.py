"""The terminal that the simulator plays: what the interface has words for, and its patience."""

from __future__ import annotations

import random

from gateway.codecs.api import Context
from gateway.codecs.cti import DIALECT
from gateway.codecs.cti.double import BEAT_SECONDS, PATIENCE_SECONDS, RETRY_SECONDS, CtiDouble
from gateway.codecs.double import Happening, Held, Link, Persona, PutOff, Question, Unanswered
from gateway.codecs.kit.desk import Desk
from gateway.codecs.kit.pair import BEGIN, Pair

from gateway.domain.events import Event, Heartbeat
from gateway.domain.requests import Request
from gateway.domain.times import Instant
from gateway.domain.vocabulary import Decision, Direction, Means

PASSED = Happening(time_ms=BEGIN.wall, person=7, means=Means.FACE, picture=b"\xff\xd8\xff\xd9")


class Counting(Desk):
    beats = 0

    def answer(self, event: Event) -> Request | None:
        self.beats += isinstance(event, Heartbeat)
        return super().answer(event)


def bench() -> Pair:
    pair = Pair(DIALECT, CtiDouble, random.Random(3))
    pair.connect()
    return pair


def test_only_what_the_interface_has_words_for_is_kept() -> None:
    double = bench().double
    assert double.record(Happening(time_ms=0, fault="dark"), BEGIN) is None
    denied = Happening(time_ms=0, person=7, decision=Decision.DENIED)
    assert double.record(denied, BEGIN) is None
    assert double.ask(Question(means=Means.FACE), BEGIN) == [Unanswered(reason="mute")]


def test_two_passages_that_would_be_one_record_are_kept_once() -> None:
    double = bench().double
    assert double.record(PASSED, BEGIN) == 1
    assert double.record(PASSED, BEGIN) == 1
    leaving = Happening(time_ms=BEGIN.wall, person=7, direction=Direction.OUT)
    assert double.record(leaving, BEGIN) == 2


def test_what_is_put_off_is_sent_again_after_a_pause() -> None:
    pair = bench()
    pair.desk.defer = 1
    pair.double.record(PASSED, pair.now)
    pair.pump()
    assert pair.told[-1] == PutOff()
    pair.wait(RETRY_SECONDS - 0.1)
    assert not pair.held
    pair.wait(0.2)
    assert Held(numbers=(1,)) in pair.told


def test_it_beats_and_asks_the_time() -> None:
    pair = bench()
    pair.desk = desk = Counting(b"")
    pair.wait(10 * BEAT_SECONDS)
    assert desk.beats == 10


def test_a_gateway_that_says_nothing_is_given_up() -> None:
    double = CtiDouble(Persona(serial="SIM-1"))
    double.connected(Context(entropy=bytes), Link.TCP, BEGIN)
    assert double.deadline() == BEGIN.mono + PATIENCE_SECONDS
    double.record(PASSED, BEGIN)  # must not put the end off
    double.tick(Instant(BEGIN.mono + PATIENCE_SECONDS, BEGIN.wall))
    reasons = [double.closing]
    double.connected(Context(entropy=bytes), Link.TCP, BEGIN)
    reasons.append(double.closing)
    assert reasons == ["no_answer", None]
    assert double.output()
