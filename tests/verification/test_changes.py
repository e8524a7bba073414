"""People, terminals and projects that change while questions are asked, at a real gateway."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from gateway.codecs.yls.device_events import Decided, FellBack

from gateway.domain.vocabulary import Decision
from tests.support.faces import portrait
from tests.support.gateways import Gateway, Site
from tests.support.waiting import wait_for
from tests.verification.askers import Asker, Word, asking
from tests.verification.gates import (
    ELSEWHERE,
    SERIAL,
    directory,
    enrol,
    gatepost,
    granted,
    place,
    ready,
    told_number,
)

MEMBERS = range(1, 5)
NEIGHBOUR = 20
"""Somebody of the other project."""


@pytest.fixture(scope="module")
def members() -> Mapping[str, tuple[int, ...]]:
    return {"P1": tuple(MEMBERS), "P2": (NEIGHBOUR,)}


@pytest.fixture
def gate(gateway: Gateway, site: Site, numbers: dict[int, int]) -> Iterator[Asker]:
    """The terminal of the first project, where everything is as usual."""
    del numbers
    place(gateway)
    with asking(SERIAL, site.port) as asker:
        ready(asker)
        yield asker


def decision(word: Word) -> int | None:
    return word.decision if isinstance(word, Decided) and not word.refusal else None


@contextmanager
def asked_all_the_while(gate: Asker, *people: int) -> Iterator[list[tuple[int, Word]]]:
    """Show these people's faces in turn, from another thread, until the block ends."""
    over, said = threading.Event(), list[tuple[int, Word]]()

    def ask() -> None:
        while not over.is_set():
            said.extend((person, gate.by_picture(portrait(person, 5))) for person in people)

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        wait_for(lambda: len(said) >= len(people), "the first answers")
        yield said
    finally:
        over.set()
        thread.join(60)


def test_two_enrolments_and_a_removal_race_with_questions(
    gate: Asker, site: Site, numbers: dict[int, int], tmp_path: Path
) -> None:
    leaving = numbers[4]
    with asked_all_the_while(gate, 1, 4) as said, ThreadPoolExecutor(3) as at_once:
        added = [at_once.submit(enrol, site, tmp_path, person) for person in (6, 7)]
        gone = at_once.submit(gatepost, site, "person", "dismiss", str(leaving), "--project", "P1")
        outcomes = [one.result() for one in (*added, gone)]
    assert [code for code, _ in outcomes] == [0, 0, 0], outcomes
    for person, word in said:
        number = numbers[person]
        if granted(word, number):
            continue
        # Who stays is let in by each answer there is; only who leaves may be turned away.
        assert person == 4 or isinstance(word, FellBack), word
    assert not granted(gate.by_picture(portrait(4, 5)), leaving)
    for person, (_, told) in zip((6, 7), outcomes, strict=False):
        assert granted(gate.by_picture(portrait(person, 5)), told_number(told))
    assert granted(gate.by_picture(portrait(1, 6)), numbers[1])


def test_who_is_enrolled_anew_is_never_a_stranger_meanwhile(
    gate: Asker, site: Site, numbers: dict[int, int], tmp_path: Path
) -> None:
    """Another photo takes the place of the first one in one step, however often it does."""
    with asked_all_the_while(gate, 1) as said:
        for number in (2, 3, 4, 1):
            code, told = enrol(site, tmp_path, 1, picture=number)
            assert (code, told_number(told)) == (0, numbers[1]), told
        before = len(said)
        wait_for(lambda: len(said) > before, "an answer after the last one")
    assert len(said) > 4
    for _, word in said:
        assert granted(word, numbers[1]) or isinstance(word, FellBack), word
    held = site.query("select 1 from template where person = $1", numbers[1])
    assert len(held) == 1


def test_consent_that_is_withdrawn_in_mid_flight_opens_no_gate_afterwards(
    gate: Asker, site: Site, numbers: dict[int, int]
) -> None:
    leaving = numbers[3]
    with asked_all_the_while(gate, 3) as said:
        wait_for(lambda: any(granted(word, leaving) for _, word in said), "let in before")
        code, told = gatepost(site, "person", "withdraw", str(leaving), "bio_network")
        assert code == 0, told
        # The answer to the question that was open when the command ended is the last to be excused.
        excused = len(said) + 1
        wait_for(lambda: len(said) > excused + 3, "answers afterwards")
    assert not any(granted(word, leaving) for _, word in said[excused:])
    kept = site.query(
        "select person, score from decision where because = 'no_consent' and"
        " (person is not null or score is not null)"
    )
    assert kept == []


def test_a_decision_alone_makes_no_city_wide_gallery(
    gate: Asker, site: Site, numbers: dict[int, int], tmp_path: Path
) -> None:
    """The setting is off here: nobody is added or compared, whatever was decided and agreed to."""
    del gate
    paper = tmp_path / "paper.txt"
    paper.write_text("It is decided.")
    decided = ("--area", "990000", "--text", str(paper), "--decided-by", "Sample office")
    agreed = ("--consent-text", str(paper), "--how", "signature")
    for words in (
        ("city", "decide", *decided),
        ("person", "consent", str(numbers[1]), "city_gallery", *agreed),
    ):
        code, told = gatepost(site, *words)
        assert code == 0, told
    code, told = enrol(site, tmp_path, 1)
    assert (code, "city-wide" in told) == (0, False), told
    assert site.query("select 1 from city_template") == []
    code, told = gatepost(site, "person", "dispute", str(tmp_path / "1.jpg"), "--reason", "x")
    assert (code, "[city.off]" in told) == (1, True), told
    assert "city_gallery.enabled is off" in gatepost(site, "city", "show")[1]
    assert gatepost(site, "city", "end", "--reason", "never used")[0] == 0


def test_a_terminal_that_is_moved_asks_the_people_of_its_new_project(
    gate: Asker, gateway: Gateway, site: Site, numbers: dict[int, int]
) -> None:
    del site
    assert granted(gate.by_picture(portrait(1, 5)), numbers[1])
    place(gateway, directory(places={SERIAL: "P2"}))
    wait_for(
        lambda: granted(gate.by_picture(portrait(NEIGHBOUR, 5)), numbers[NEIGHBOUR]),
        "the other project's people are let in",
    )
    assert decision(gate.by_picture(portrait(1, 5))) == Decision.STRANGER
    assert decision(gate.by_picture(portrait(1, 5), claim=numbers[1])) == Decision.NOT_ON_ROSTER


def test_a_project_that_goes_back_to_its_terminals_leaves_memory_and_database(
    gate: Asker, gateway: Gateway, site: Site, numbers: dict[int, int]
) -> None:
    with asking(ELSEWHERE, site.port) as elsewhere:
        ready(elsewhere)
        assert granted(elsewhere.by_picture(portrait(NEIGHBOUR, 5)), numbers[NEIGHBOUR])
        open_before = gateway.figure("gatepost_galleries_open")
        place(gateway, directory(modes={"P2": "device_only"}))
        word = elsewhere.by_picture(portrait(NEIGHBOUR, 5))
        assert isinstance(word, FellBack)
        wait_for(
            lambda: gateway.figure("gatepost_galleries_open") == open_before - 1,
            "the gallery is gone",
        )
        held = "select 1 from template t join project p on p.id = t.project where p.code = 'P2'"
        assert site.query(held) == []
        # Back again it knows nobody: what was destroyed does not come back from memory.
        place(gateway)
        ready(elsewhere)
        assert decision(elsewhere.by_picture(portrait(NEIGHBOUR, 5))) == Decision.STRANGER
    assert granted(gate.by_picture(portrait(1, 5)), numbers[1])
