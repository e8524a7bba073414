"""Orders about people: what leaves is looked up as it leaves, and whether it may."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.domain.command_queue import CommandId, CommandState
from gateway.domain.commands import Outcome
from gateway.domain.directory import Directory
from gateway.domain.errors import GatepostError, StoreUnavailable
from gateway.domain.ids import DeviceId, PersonId, ProjectId, Ticket
from gateway.domain.people import ALL_DOORS, PersonPut, SendPerson
from gateway.domain.workers import Engagement, PersonSheet, Subject, VerificationMode
from gateway.services.command.filling import Filling
from tests.services.command.bench import GATE, NOW, Bench, play
from tests.support.verifying import P1, P2, sites

LI = PersonId(11)
BOTH = frozenset({Subject.FACE_LOCAL, Subject.BIO_NETWORK})
PHOTO = b"\xff\xd8somebody"
NAME = "样本甲"


class Sheets:
    """One person, on one project."""

    def __init__(self) -> None:
        self.known: PersonSheet | GatepostError | None = PersonSheet(
            name=NAME,
            engagement=Engagement(person=LI, project=P1, from_ms=5_000, to_ms=NOW.wall + 1),
            agreed=BOTH,
            photo=PHOTO,
        )
        self.asked: list[tuple[PersonId, ProjectId, int]] = []

    async def sheet(self, person: PersonId, project: ProjectId, at_ms: int) -> PersonSheet | None:
        self.asked.append((person, project, at_ms))
        if isinstance(self.known, GatepostError):
            raise self.known
        return self.known

    def change(self, **changes: object) -> None:
        assert isinstance(self.known, PersonSheet)
        self.known = replace(self.known, **changes)  # type: ignore[arg-type]


async def send(bench: Bench, *, face: bool = True) -> CommandId:
    args = {"person": int(LI), "face": face}
    given = await bench.commands.give(
        GATE, "person_put", args, by="clerk", reason="new", within_s=60
    )
    await bench.settle()
    return given.id


def played(sheets: Sheets, directory: Directory, *, face: bool = True) -> Bench:
    async def main(bench: Bench) -> None:
        bench.commands._fill = Filling(sheets, lambda: directory, lambda: bench.now)
        bench.connect()
        await send(bench, face=face)

    return play(main)


def sent(bench: Bench) -> list[object]:
    return list(bench.sessions[GATE].submitted)


def test_the_order_at_rest_has_a_number_and_the_one_that_leaves_has_the_rest() -> None:
    sheets = Sheets()
    bench = played(sheets, sites())
    (order,) = sent(bench)
    assert order == PersonPut(
        ticket=Ticket(1),
        person=11,
        revision=1,
        name=NAME,
        doors=ALL_DOORS,
        valid_from_ms=5_000,
        valid_to_ms=NOW.wall,
        photo=PHOTO,
    )
    assert sheets.asked == [(LI, P1, NOW.wall)]
    kept = bench.store.known[CommandId(1)]
    assert kept.order.args == {"person": 11, "face": True}
    assert NAME not in repr(kept) + repr(order)


def lacking() -> list[tuple[dict[str, object], VerificationMode, str]]:
    gallery, alone = VerificationMode.CENTRAL_GALLERY, VerificationMode.DEVICE_ONLY
    return [
        ({"engagement": None}, gallery, "command.not_engaged"),
        ({"agreed": frozenset({Subject.BIO_NETWORK})}, gallery, "command.no_consent"),
        ({"agreed": frozenset({Subject.FACE_LOCAL})}, gallery, "command.no_consent"),
        ({"photo": None}, gallery, "command.no_photo"),
        ({}, alone, "command.device_only"),
    ]


@pytest.mark.parametrize(("lacks", "mode", "code"), lacking())
def test_whom_nothing_allows_to_be_sent_is_not(
    lacks: dict[str, object], mode: VerificationMode, code: str
) -> None:
    sheets = Sheets()
    sheets.change(**lacks)
    bench = played(sheets, sites(mode))
    ended = bench.store.known[CommandId(1)]
    assert (ended.state, ended.code, sent(bench)) == (CommandState.REFUSED, code, [])
    told = bench.log.named("command.not_done")
    assert [one["code"] for one in told] == [code]


@pytest.mark.parametrize("mode", list(VerificationMode))
def test_without_a_face_neither_consent_nor_mode_is_asked_for(mode: VerificationMode) -> None:
    sheets = Sheets()
    sheets.change(agreed=frozenset(), photo=None)
    (order,) = sent(played(sheets, sites(mode), face=False))
    assert isinstance(order, PersonPut)
    assert order.photo == b""


def test_a_photo_there_is_stays_here_when_none_was_ordered() -> None:
    (order,) = sent(played(Sheets(), sites(), face=False))
    assert isinstance(order, PersonPut)
    assert order.photo == b""


def test_nobody_and_a_terminal_on_a_shelf_are_refused() -> None:
    sheets = Sheets()
    sheets.known = None
    assert played(sheets, sites()).store.known[CommandId(1)].code == "command.no_person"
    shelf = replace(sites(), mountings={})
    assert played(Sheets(), shelf).store.known[CommandId(1)].code == "command.not_placed"


def test_trouble_with_what_is_kept_ends_the_order_with_its_code() -> None:
    sheets = Sheets()
    sheets.known = GatepostError("store.damaged", "it cannot be opened")
    ended = played(sheets, sites()).store.known[CommandId(1)]
    assert (ended.state, ended.code) == (CommandState.REFUSED, "store.damaged")


def test_a_withdrawal_while_the_order_waits_counts() -> None:
    sheets = Sheets()

    async def main(bench: Bench) -> None:
        bench.commands._fill = Filling(sheets, sites, lambda: bench.now)
        number = await send(bench)
        sheets.change(agreed=frozenset({Subject.FACE_LOCAL}), photo=None)
        session = bench.connect()
        await bench.settle()
        assert (bench.store.known[number].code, session.submitted) == ("command.no_consent", [])

    play(main)


def test_each_attempt_is_looked_up_anew() -> None:
    sheets = Sheets()

    async def main(bench: Bench) -> None:
        bench.commands._fill = Filling(sheets, sites, lambda: bench.now)
        session = bench.connect()
        number = await send(bench)
        await bench.answer(number, Outcome.UNANSWERED, "cut")
        sheets.change(engagement=None)
        await bench.commands.review()
        await bench.settle()
        assert len(session.submitted) == 1
        assert bench.store.known[number].code == "command.not_engaged"

    play(main)


def test_while_nobody_can_be_looked_up_the_order_waits() -> None:
    sheets = Sheets()
    known, sheets.known = sheets.known, StoreUnavailable("the test says so")

    async def main(bench: Bench) -> None:
        bench.commands._fill = Filling(sheets, sites, lambda: bench.now)
        session = bench.connect()
        number = await send(bench)
        assert (bench.state(number), session.submitted) == (CommandState.QUEUED, [])
        sheets.known = known
        await bench.commands.review()
        await bench.settle()
        assert len(session.submitted) == 1

    play(main)


def test_a_terminal_elsewhere_is_asked_for_its_own_project() -> None:
    sheets = Sheets()
    filling = Filling(sheets, sites, lambda: NOW)

    async def main(bench: Bench) -> None:
        del bench
        await filling(DeviceId(2), SendPerson(ticket=Ticket(1), person=LI))

    play(main)
    assert sheets.asked == [(LI, P2, NOW.wall)]


def test_where_nobody_is_known_nobody_is_sent() -> None:
    async def main(bench: Bench) -> None:
        session = bench.connect()
        number = await send(bench)
        assert (bench.store.known[number].code, session.submitted) == ("command.no_person", [])

    play(main)
