"""The terminal that the simulator plays: what it tells, what it does when the gateway orders."""

from __future__ import annotations

import random
from dataclasses import replace

from gateway.codecs.double import Admitted, Decided, Happening, Obeyed, PutOff, Question, Unanswered
from gateway.codecs.drawn import drawn_face
from gateway.codecs.kit.desk import Desk
from gateway.codecs.kit.pair import Pair
from gateway.codecs.yls import DIALECT
from gateway.codecs.yls.double import MAKER, YlsDouble

from gateway.domain.commands import (
    CommandOutcome,
    DoorAction,
    DoorCommand,
    OutcomeBase,
    ReadConfig,
    Reboot,
    WriteConfig,
)
from gateway.domain.events import BlobCompleted, Event, FaultReported, PassageReported
from gateway.domain.ids import Ticket
from gateway.domain.maintenance import (
    ApplyFirmware,
    AskStatus,
    ChangeKey,
    FirmwareInstalled,
    KeyKind,
)
from gateway.domain.objects import ObjectKind, PullLog, SendObject
from gateway.domain.people import Enrol, PersonDelete, PersonEnrolled, PersonPut
from gateway.domain.requests import Accept, AskRecords, Request
from gateway.domain.times import Instant
from gateway.domain.verification import Denied, Granted, Hesitation, Undecided, VerifyRequested
from gateway.domain.vocabulary import Decision, Means, VerifiedBy
from tests.codecs.yls import test_upkeep as upkeep
from tests.support.jpegs import jpeg


class Watched(Desk):
    """Remembers every event, and says who may pass."""

    def __init__(self, secret: bytes | None) -> None:
        super().__init__(secret)
        self.events: list[Event] = []
        self.word = "granted"

    def answer(self, event: Event) -> Request | None:
        self.events.append(event)
        match event:
            case PersonEnrolled(receipt=receipt) | FirmwareInstalled(receipt=receipt):
                return Accept(receipt=receipt)
            case VerifyRequested(receipt=receipt):
                answers: dict[str, Request] = {
                    "granted": Granted(receipt=receipt, claim="10086"),
                    "denied": Denied(receipt=receipt, decision=Decision.ON_STOP_LIST),
                    "busy": Undecided(receipt=receipt, reason=Hesitation.BUSY),
                }
                return answers.get(self.word)
        return super().answer(event)


class Bench(Pair):
    """A terminal that is logged in, and a desk that sees everything."""

    def __init__(self) -> None:
        super().__init__(DIALECT, YlsDouble, random.Random(5))
        self.desk = self.seen = Watched(self.desk._secret)
        self.connect()
        assert Admitted() in self.told

    def order(self, request: Request) -> list[Event]:
        """Give an order and return what came of it."""
        before = len(self.seen.events)
        assert self._server is not None
        self._handle(self._server.submit(request, self.now))
        self.pump()
        return self.seen.events[before:]

    def done(self, request: Request) -> bool:
        events = self.order(request)
        return any(isinstance(one, OutcomeBase) and one.code == "ok" for one in events)

    def obeyed(self) -> list[str]:
        return [one.what for one in self.told if isinstance(one, Obeyed)]

    def ask(self, question: Question) -> list[Decided | Unanswered]:
        before = len(self.told)
        self.told += self.double.ask(question, self.now)
        self.pump()
        return [one for one in self.told[before:] if isinstance(one, Decided | Unanswered)]


def test_a_question_by_template_and_by_picture_is_answered() -> None:
    bench = Bench()
    for question in (
        Question(means=Means.FACE, face=drawn_face("1")),
        Question(means=Means.FACE, picture=jpeg(30_000, "visitor")),
    ):
        for word, said in (
            ("granted", Decided(granted=True, person=10086)),
            ("denied", Decided(granted=False)),
            ("busy", Unanswered(reason="busy")),
        ):
            bench.seen.word = word
            assert bench.ask(question) == [said]
    asked = [one for one in bench.seen.events if isinstance(one, VerifyRequested)]
    assert [bool(one.picture) for one in asked] == [False] * 3 + [True] * 3


def test_an_answer_that_comes_too_late_is_counted() -> None:
    bench = Bench()
    bench.double.ask(Question(means=Means.FACE, face=drawn_face("1")), bench.now)
    bench.up()  # the answer is on its way, and stays there too long
    later = Instant(bench.now.mono + 1, bench.now.wall + 1_000)
    assert bench.double.tick(later) == [Unanswered(reason="no_answer")]
    bench.down()
    assert bench.double.late == 1


def test_a_gateway_that_cannot_decide_says_so_before_the_terminal_gives_up() -> None:
    bench = Bench()
    bench.seen.word = "silent"
    assert bench.ask(Question(means=Means.FACE, face=drawn_face("1"))) == []
    bench.wait(1.0)
    assert Unanswered(reason="deadline") in bench.told
    assert bench.double.late == 0


def test_a_question_without_a_connection_is_answered_at_once() -> None:
    bench = Bench()
    bench.drop()
    assert bench.ask(Question(means=Means.FACE, face=drawn_face("1"))) == [
        Unanswered(reason="offline")
    ]


def test_who_decided_stands_in_the_record() -> None:
    bench = Bench()
    plain = Happening(time_ms=bench.now.wall, person=7)
    for happening in (
        plain,
        replace(plain, by_gateway=True),
        replace(plain, fell_back=True),
        replace(plain, fault="picture too dark"),
    ):
        bench.double.record(happening, bench.now)
        bench.pump()
    records = [e for e in bench.seen.events if isinstance(e, PassageReported | FaultReported)]
    assert [one.verified_by for one in records if isinstance(one, PassageReported)] == [
        VerifiedBy.TERMINAL,
        VerifiedBy.GATEWAY,
        VerifiedBy.TERMINAL_AFTER_DEADLINE,
    ]
    assert isinstance(records[-1], FaultReported)
    bench.desk.defer = 1
    bench.double.record(Happening(time_ms=bench.now.wall), bench.now)
    bench.pump()
    assert PutOff() in bench.told


def test_doors_settings_status_and_log() -> None:
    bench = Bench()
    door = DoorCommand(ticket=Ticket(1), door=1, action=DoorAction.PULSE, valid_ms=5_000)
    assert bench.done(door)
    assert bench.done(WriteConfig(ticket=Ticket(2), values=((1, b"\x1e"),)))
    (read,) = bench.order(ReadConfig(ticket=Ticket(3), keys=(1,)))
    assert isinstance(read, CommandOutcome)
    assert read.config == ((1, b"\x1e"),)
    assert bench.done(AskStatus(ticket=Ticket(4)))
    came = bench.order(PullLog(ticket=Ticket(5), from_ms=0, to_ms=bench.now.wall))
    bench.wait(5.0)
    logs = [e for e in [*came, *bench.seen.events] if isinstance(e, BlobCompleted)]
    assert logs[0].data == b"simulated\n"
    bench.order(AskRecords(series=1, first=1, last=2))
    assert bench.obeyed() == ["door", "range"]


def test_people_are_kept_and_somebody_is_enrolled() -> None:
    bench = Bench()
    assert bench.done(PersonPut(ticket=Ticket(1), person=7, revision=1, name="Someone", doors=1))
    assert bench.done(Enrol(ticket=Ticket(2), person=7, means=Means.FACE))
    enrolled = [one for one in bench.seen.events if isinstance(one, PersonEnrolled)]
    assert [(one.person, one.code, len(one.faces)) for one in enrolled] == [(7, "ok", 1)]
    assert bench.done(PersonDelete(ticket=Ticket(3), person=7, revision=2))
    assert bench.obeyed() == ["people", "enrolment", "people"]


def test_a_new_key_is_used_from_the_next_login_on() -> None:
    bench = Bench()
    key = bytes(range(64, 96))
    assert bench.done(ChangeKey(ticket=Ticket(1), kind=KeyKind.DEVICE, key_id=2, key=key))
    bench.desk._secret = key
    bench.drop()
    bench.told.clear()
    bench.connect()
    assert Admitted() in bench.told


def test_an_upgrade_ends_the_session_and_the_new_version_tells_of_it() -> None:
    assert upkeep.SECRET.public_key().public_bytes_raw() == MAKER
    bench = Bench()
    made = upkeep.manifest(version="1.1.0", least_version="1.0")
    assert bench.done(upkeep.offer(made))
    image = SendObject(ticket=Ticket(2), kind=ObjectKind.FIRMWARE, data=upkeep.IMAGE)
    assert bench.done(image)
    apply = ApplyFirmware(
        ticket=Ticket(3),
        digest=upkeep.DIGEST,
        not_before_ms=bench.now.wall,
        not_after_ms=bench.now.wall + 60_000,
    )
    assert bench.done(apply)
    bench.wait(5.0)
    installed = [one for one in bench.seen.events if isinstance(one, FirmwareInstalled)]
    assert [(one.version, one.applied) for one in installed] == [("1.1.0", True)]
    assert bench.obeyed() == ["object", "upgrade"]


def test_a_reboot_ends_the_session_and_the_terminal_comes_back() -> None:
    bench = Bench()
    bench.order(Reboot(ticket=Ticket(1), valid_ms=5_000))
    bench.told.append(Obeyed(what="between"))
    bench.wait(1.0)
    assert bench.obeyed() == ["reboot", "between"]
    assert bench.told[-1:] != [Obeyed(what="between")]
