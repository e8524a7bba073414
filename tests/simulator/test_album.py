"""Faces that come to simulated gates, and what becomes of them held against the truth."""

from __future__ import annotations

from pathlib import Path

import pytest
from gateway.codecs.double import Decided, Happening, Unanswered
from gateway.codecs.jpeg import judge

from gateway.domain.errors import GatepostError
from gateway.domain.vocabulary import Direction, Means
from gateway.simulator.album import Album, Face
from gateway.simulator.counts import Counts
from gateway.simulator.day import Arrival, Script, arrivals
from gateway.simulator.gate import Gate
from gateway.simulator.visitor import Visitor
from tests.support.jpegs import jpeg


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("17-1.jpg", "17-2.jpg", "18-1.jpg", "0-1.jpg"):
        (tmp_path / name).write_bytes(jpeg(2_000, note=name))
    return tmp_path


def test_everybody_comes_and_no_picture_comes_twice(folder: Path) -> None:
    visits = [Album(folder).visit("gate", number) for number in range(200)]
    assert {visit.person for visit in visits} == {0, 17, 18}
    assert len({visit.picture for visit in visits}) == 200
    assert all(judge(visit.picture) is None for visit in visits)
    again = [Album(folder).visit("gate", number) for number in range(200)]
    assert again == visits


@pytest.mark.parametrize("name", ["nobody.jpg", "x-1.jpg"])
def test_a_folder_without_faces_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"")
    with pytest.raises(GatepostError) as caught:
        Album(tmp_path)
    assert caught.value.code == "simulate.album"


def asking() -> Arrival:
    script = Script(duration_s=1, passages_per_terminal=5, verify=1.0)
    return arrivals(script, 1, 1, range(1, 9))[0]


def test_only_who_asks_has_a_face(folder: Path) -> None:
    arrival = asking()
    assert Gate([], "gate", Direction.IN, Album(folder)).face(arrival) is not None
    assert Gate([], "gate", Direction.IN).face(arrival) is None
    script = Script(duration_s=1, passages_per_terminal=5)
    silent = arrivals(script, 1, 1, range(1, 9))[0]
    assert Gate([], "gate", Direction.IN, Album(folder)).face(silent) is None


@pytest.mark.parametrize(
    ("truth", "word", "counted"),
    [
        (17, Decided(granted=True, person=17), "recognised"),
        (17, Decided(granted=True, person=18), "mistaken"),
        (0, Decided(granted=True, person=18), "mistaken"),
        (17, Decided(granted=False, person=0), "missed"),
        (0, Decided(granted=False, person=0), "turned_away"),
    ],
)
def test_a_decision_is_held_against_the_truth(truth: int, word: Decided, counted: str) -> None:
    counts = Counts()
    visitor = Visitor(asking(), Happening(time_ms=0), True, 1.0, Face(truth, b"jpeg"))
    question = visitor.question(by_picture=False)
    assert (question.picture, question.face, question.means) == (b"jpeg", None, Means.FACE)
    visitor.count(word, counts, 1.2)
    visitor.count(Unanswered(reason="busy"), counts, 1.3)
    assert (counts.asked, getattr(counts, counted)) == (2, 1)
    seen = counts.recognised + counts.mistaken + counts.missed + counts.turned_away
    assert seen == 1


def test_without_an_album_nobody_knows_the_truth() -> None:
    counts = Counts()
    Visitor(asking(), Happening(time_ms=0), True, 1.0).count(
        Decided(granted=True, person=1), counts, 1.1
    )
    assert (counts.asked, counts.recognised, counts.mistaken) == (1, 0, 0)
