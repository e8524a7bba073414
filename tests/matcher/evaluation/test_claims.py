"""What may be claimed, and what a report has to deny."""

from __future__ import annotations

from gateway.matcher.evaluation.claims import Claim, claims, rate_text
from gateway.matcher.evaluation.figures import Question
from gateway.matcher.evaluation.measure import measure

from tests.matcher.evaluation.crowds import crowd


def judged(persons: int, pictures: int, spread: float, **question: int) -> dict[str, Claim]:
    templates, numbers = crowd(persons, pictures, spread=spread)
    galleries = (question.get("gallery", 5_000),)
    figures = measure(templates, numbers, Question(draws=50, galleries=galleries))
    return {one.code: one for one in claims(figures)}


def test_a_small_set_shows_no_target_and_says_how_much_would() -> None:
    found = judged(12, 4, 0.5)
    # 12 · 11 / 2 · 16 pairs.
    assert "With 1,056 impostor comparisons nothing below FMR 0.28%" in found["fmr.floor"].text
    assert not found["R-083.1:1"].shown
    assert "29,956 impostor comparisons" in found["R-083.1:1"].text
    assert "2,995,731 impostor and 2,995 genuine" in found["R-084"].text
    assert "12 persons" in found["persons"].text


def test_a_large_set_of_people_far_apart_shows_the_first_target() -> None:
    found = judged(60, 6, 0.1)
    assert found["R-083.1:1"].shown
    assert found["R-083.1:1"].text.startswith("Shown on this set: FMR < 1.0e-04 and FNMR < 1%")


def test_people_who_look_alike_do_not_show_it() -> None:
    found = judged(60, 6, 1.4)
    assert not found["R-083.1:1"].shown
    assert "upper limits" in found["R-083.1:1"].text


def test_galleries_larger_than_the_set_are_never_projected() -> None:
    found = judged(12, 4, 0.5, gallery=10_000)
    assert not found["R-083.1:N"].shown
    assert found["R-083.1:N"].text.startswith("Not measured: FPIR and FNIR at 5,000 persons.")
    assert "more than 11 persons are not measured" in claims_of_gallery(12)
    assert "10,000 persons" in found["gallery"].text


def test_galleries_that_were_measured_are_not_called_unmeasured() -> None:
    figures = measure(*crowd(12, 4, spread=0.5), Question(draws=50, galleries=(5, 11)))
    told = [one.text for one in claims(figures) if "persons. FPIR" in one.text]
    assert len(told) == 1
    assert "5,000 persons" in told[0]


def claims_of_gallery(persons: int) -> str:
    figures = measure(*crowd(persons, 4, spread=0.5), Question(draws=50))
    return next(one.text for one in claims(figures) if one.code == "gallery")


def test_rates_keep_their_digits() -> None:
    assert [rate_text(rate) for rate in (0.0, 3.8e-05, 0.00099, 0.0072, 1.0)] == [
        "0.00%",
        "3.8e-05",
        "9.9e-04",
        "0.72%",
        "100.00%",
    ]
