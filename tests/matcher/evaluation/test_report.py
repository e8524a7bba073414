"""One evaluation in its three forms: text, JSON and picture."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest
from gateway.matcher.evaluation.acquisition import Failure
from gateway.matcher.evaluation.claims import claims
from gateway.matcher.evaluation.document import document
from gateway.matcher.evaluation.estimates import estimate
from gateway.matcher.evaluation.evaluation import Evaluation, UsedModel
from gateway.matcher.evaluation.extremes import Extremes, Pair
from gateway.matcher.evaluation.figures import Figures, InUse, Question
from gateway.matcher.evaluation.framing import Framing
from gateway.matcher.evaluation.measure import measure
from gateway.matcher.evaluation.picture import draw
from gateway.matcher.evaluation.text import report

from tests.matcher.evaluation.crowds import crowd

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def figures() -> Figures:
    in_use = (InUse(name="1:1", threshold=0.4), InUse(name="1:N", threshold=0.5, margin=0.05))
    return measure(*crowd(30, 6, spread=0.9), Question(in_use=in_use, galleries=(7,), draws=100))


@pytest.fixture(scope="module")
def evaluation(figures: Figures) -> Evaluation:
    network = UsedModel(
        role="embedder",
        name="sface",
        version="2021dec",
        licence="Apache-2.0",
        published="ab" * 32,
        converted="cd" * 32,
        algorithm=257,
    )
    failures = tuple(
        Failure(picture=f"s1/{number}.jpg", codes=("picture.no_face",)) for number in range(7)
    )
    return Evaluation(
        source="a folder",
        credit="somebody",
        framing=Framing(times=3, width=640, height=480),
        passed_over=2,
        models=(network,),
        policy="own",
        waived_rules=("yaw",),
        waived={"yaw": 3},
        acquisition=estimate(7, 187, None),
        failures=failures,
        figures=figures,
        extremes=Extremes(
            strangers=(Pair(one="a/1.png", other="b/2.png", score=0.61),),
            mates=(Pair(one="c/1.png", other="c/9.png", score=0.1),),
        ),
        claims=claims(figures),
    )


def test_the_text_names_what_was_used_and_what_failed(evaluation: Evaluation) -> None:
    text = report(evaluation)
    for wanted in (
        "sface 2021dec (Apache-2.0), algorithm 257",
        "cd" * 32,
        "own, rules waived: yaw",
        "Failure to acquire: 7 of 187 pictures, 3.74% (",
        "picture.no_face: s1/0.jpg, s1/1.jpg, s1/2.jpg, s1/3.jpg, s1/4.jpg and 2 more",
        "let pass: 3 pictures do not meet yaw",
        "enlarged 3 times",
        "450 genuine and 15,660 impostor comparisons of 180 pictures of 30 persons",
        "margin 0.05",
        "strangers   0.6100  a/1.png  b/2.png",
        "one person  0.1000  c/1.png  c/9.png",
        "What this shows and what it cannot show",
    ):
        assert wanted in text
    assert max(len(line) for line in text.splitlines()) < 140


def test_the_text_has_a_line_for_every_point_and_gallery(evaluation: Evaluation) -> None:
    lines = report(evaluation).splitlines()
    figures = evaluation.figures
    of_points = [line for line in lines if line.startswith(("  1:", "  fmr "))]
    assert len(of_points) == len(figures.points) + len(figures.galleries)


def test_without_searches_it_says_so() -> None:
    made = measure(*crowd(30, 2, spread=0.9), Question(draws=10, enrolled=2))
    text = "\n".join(report_of(made).splitlines())
    assert "1:N: not measured" in text
    assert "as at a gate" in text


def report_of(figures: Figures) -> str:
    return report(
        Evaluation(
            source="a folder",
            credit="",
            framing=None,
            passed_over=0,
            models=(),
            policy=None,
            waived_rules=(),
            waived={},
            acquisition=estimate(0, 60, None),
            failures=(),
            figures=figures,
            extremes=Extremes(strangers=(), mates=()),
            claims=(),
        )
    )


def test_the_document_holds_every_figure(evaluation: Evaluation) -> None:
    read = json.loads(json.dumps(document(evaluation), allow_nan=False))
    assert read["format"] == 1
    assert read["models"][0]["converted"] == "cd" * 32
    assert len(read["failures"]) == 7
    first, known = read["figures"]["points"][0], evaluation.figures.points[0]
    assert first["fmr"]["rate"] == known.fmr.errors / known.fmr.trials
    assert first["fmr"]["exact"] == list(known.fmr.exact)
    assert first["fmr"]["upper"] == known.fmr.upper
    assert read["figures"]["equal_error"]["rate"] == evaluation.figures.equal_error.rate
    assert {claim["code"] for claim in read["claims"]} >= {"R-083.1:1", "R-083.1:N", "R-084"}


def test_the_picture_is_small_svg_with_both_curves_and_the_thresholds_in_use(
    figures: Figures,
) -> None:
    text = draw(figures, 'a <set> & "more"')
    assert len(text) < 60_000
    root = ET.fromstring(text)
    assert len(root.findall(f"{SVG}polyline")) == 2
    assert len(root.findall(f"{SVG}polygon")) == 2
    words = [element.text for element in root.iter(f"{SVG}text")]
    assert {'a <set> & "more"', "FMR", "FNMR", "1:1 0.4", "1:N 0.5"} <= set(words)
    for line in root.findall(f"{SVG}polyline"):
        places = [tuple(map(float, at.split(","))) for at in line.attrib["points"].split()]
        assert all(64 <= x <= 700 and 40 <= y <= 372 for x, y in places)


def test_a_threshold_outside_the_scores_and_few_persons_draw_less(figures: Figures) -> None:
    far = replace(figures.question, in_use=(InUse(name="far", threshold=1.5),))
    assert "far" not in draw(replace(figures, question=far), "")
    few = measure(*crowd(4, 4, spread=0.9), Question())
    assert "polygon" not in draw(few, "")
