"""The simulated terminal: what it records by itself, when it hangs up, how it tries again."""

from __future__ import annotations

from random import Random
from typing import TypeVar

import pytest
from gateway.codecs.double import (
    Admitted,
    Decided,
    Happening,
    Held,
    HungUp,
    Persona,
    PictureHeld,
    PutOff,
    Question,
    Recorded,
    Told,
    TurnedAway,
    Unanswered,
)
from gateway.codecs.hikvision.dialect import DIALECT
from gateway.codecs.hikvision.double import HikvisionDouble
from gateway.codecs.hikvision.firmware import FIRMWARES
from gateway.codecs.kit.pair import Pair

from gateway.domain.events import Event
from gateway.domain.verification import Denied, Granted, VerifyRequested
from gateway.domain.vocabulary import Decision, Means
from tests.support.jpegs import jpeg

VARIANTS = range(len(FIRMWARES))
PLAIN, SCHEDULED, RESULT, CLOSES = 0, 1, 2, 3
Word = TypeVar("Word")
QUESTION = Question(means=Means.FACE, time_ms=1_788_325_456_000, picture=jpeg(9_000, "asks"))


class Talk(Pair):
    """A terminal of one firmware and a gateway that answers questions as it is told."""

    def __init__(self, variant: int, verdict: str = "yes") -> None:
        def make(persona: Persona) -> HikvisionDouble:
            return HikvisionDouble(
                Persona(serial=persona.serial, secret=persona.secret, variant=variant)
            )

        super().__init__(DIALECT, make, Random(7))
        self.verdict = verdict
        self.connect()

    def _handle(self, events: list[Event]) -> None:
        for event in events:
            if isinstance(event, VerifyRequested):
                self._answer(event)
            else:
                super()._handle([event])

    def _answer(self, asked: VerifyRequested) -> None:
        server = self._server
        assert server is not None
        if self.verdict == "yes":
            granted = Granted(receipt=asked.receipt, claim="17")
            super()._handle(server.submit(granted, self.now))
        elif self.verdict == "no":
            denied = Denied(receipt=asked.receipt, decision=Decision.STRANGER)
            super()._handle(server.submit(denied, self.now))

    def ask(self) -> list[Told]:
        told = self.double.ask(QUESTION, self.now)
        self.told += told
        self.pump()
        return told

    def pass_by(self) -> None:
        self.now = self.now._replace(wall=self.now.wall + 1_000)
        face = jpeg(9_000, str(self.now.wall))
        self.double.record(Happening(time_ms=self.now.wall, person=7, picture=face), self.now)
        self.pump()

    def settle(self) -> None:
        """Dial as often as it hangs up with something left to say."""
        for _ in range(20):
            if self._server is not None:
                return
            self.connect()
            if told(self, HungUp)[-1].until > self.now.mono:
                return
        raise AssertionError("it never comes to rest")


def told(talk: Talk, kind: type[Word]) -> list[Word]:
    return [one for one in talk.told if isinstance(one, kind)]


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_firmware_keeps_its_promises(variant: int) -> None:
    talk = Talk(variant)
    talk.settle()
    assert talk.told[:1] == [Admitted()]
    for _ in range(2):
        talk.pass_by()
        talk.settle()
    talk.ask()
    talk.settle()
    talk.desk.defer = 1
    talk.pass_by()
    talk.drop()
    talk.connect()
    talk.settle()
    assert sorted(talk.held) == list(range(1, len(talk.desk.records) + 1))
    assert {talk.double.identity(number) for number in talk.held} == set(talk.desk.records)
    assert talk.desk.disputed == []
    assert len(talk.desk.pictures) == len(talk.pictured) == 4
    assert Decided(granted=True, person=17) in talk.told


def test_a_question_is_a_record_and_an_open_door_two_more() -> None:
    talk = Talk(PLAIN)
    (asked,) = talk.ask()
    assert asked == Recorded(number=1, picture=QUESTION.picture)
    assert talk.told[2:] == [
        Decided(granted=True, person=17),
        Held(numbers=(1,)),
        PictureHeld(number=1),
        Recorded(number=2, fault=True),
        Recorded(number=3, fault=True),
        Held(numbers=(2,)),
        Held(numbers=(3,)),
    ]


def test_a_refusal_opens_nothing_and_newer_firmware_says_how_it_ended() -> None:
    talk = Talk(RESULT, "no")
    talk.ask()
    assert Decided(granted=False) in talk.told
    assert [one.number for one in told(talk, Recorded)] == [1, 2]
    assert not any(one.fault for one in told(talk, Recorded))


def test_nobody_waits_longer_than_the_terminal_was_told() -> None:
    talk = Talk(PLAIN, "silence")
    talk.ask()
    talk.wait(3.9)
    assert told(talk, Decided) + told(talk, Unanswered) == []
    talk.wait(0.2)
    assert told(talk, Decided) == [Decided(granted=False)]


def test_a_question_behind_a_pause_is_given_up_and_comes_later_as_a_stored_one() -> None:
    talk = Talk(PLAIN)
    talk.desk.defer = 2
    talk.pass_by()
    talk.wait(2.0)
    talk.ask()
    talk.wait(4.9)
    assert told(talk, Unanswered) == []
    talk.wait(0.2)
    assert told(talk, Unanswered) == [Unanswered(reason="no_answer")]
    talk.wait(10.0)
    assert talk.held == [1, 2]
    assert told(talk, Decided) == []
    assert talk.double.late == 0


def test_a_question_cut_off_is_refused_at_once_and_stored_later() -> None:
    talk = Talk(RESULT, "silence")
    talk.ask()
    talk.told += talk.double.lost()
    assert told(talk, Unanswered) == [Unanswered(reason="no_answer")]
    assert [one.number for one in told(talk, Recorded)] == [1, 2]
    talk._server = None
    talk.connect()
    assert sorted(talk.held) == [1, 2]


def test_offline_it_asks_nobody() -> None:
    talk = Talk(PLAIN)
    talk.drop()
    assert talk.double.ask(QUESTION, talk.now) == [Unanswered(reason="offline")]
    assert talk.double.closing is not None


def test_it_sends_again_by_its_own_schedule() -> None:
    talk = Talk(SCHEDULED)
    talk.desk.defer = 6
    talk.pass_by()
    for pause, tries in ((1.0, 2), (2.0, 3), (4.0, 4), (8.0, 5), (8.0, 6)):
        talk.wait(pause - 0.1)
        assert len(told(talk, PutOff)) == tries - 1
        talk.wait(0.1)
        assert len(told(talk, PutOff)) == tries
    talk.wait(8.0)
    assert talk.held == [1]


def test_silence_ends_the_connection_and_what_is_kept_is_sent_again() -> None:
    talk = Talk(RESULT)
    deaf = talk._server
    talk._server = None
    talk.now = talk.now._replace(wall=talk.now.wall + 1_000)
    talk.double.record(Happening(time_ms=talk.now.wall, person=7), talk.now)
    assert talk.double.output()
    talk._server = deaf
    talk.wait(9.9)
    assert talk.held == []
    talk.wait(0.2)
    talk.connect()
    assert talk.held == [1]


def test_one_that_closes_after_each_answer_rests_until_something_happens() -> None:
    talk = Talk(CLOSES)
    assert talk.told == [Admitted(), HungUp(until=talk.now.mono + 30.0)]
    assert talk.double.ask(QUESTION, talk.now) == [Recorded(number=1, picture=QUESTION.picture)]
    talk.connect()
    assert Decided(granted=True, person=17) in talk.told
    assert talk.told[-1] == HungUp(until=talk.now.mono)
    talk.settle()
    assert talk.held == [1, 2, 3]
    assert told(talk, Admitted) == [Admitted()]


def test_one_that_is_turned_away_says_so() -> None:
    talk = Talk(PLAIN)
    talk.drop()
    talk.desk._secret = bytes(32)
    talk.connect()
    assert told(talk, TurnedAway) == [TurnedAway()]
