"""What is refused is counted, what is waived is said."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from gateway.matcher.evaluation.acquisition import Analyse, Failure, acquire
from gateway.matcher.evaluation.listing import Listed

from gateway.domain.matching import Analysis, PictureRefused
from gateway.domain.quality import Finding, PictureReport, QualityPolicy
from gateway.domain.templates import ElementType, FaceTemplate

STRICT = QualityPolicy(name="strict")
JPEG = b"\xff\xd8\xff"


def analysis(*unmet: str, elements: tuple[float, ...] = (1, 0)) -> Analysis:
    findings = tuple(
        Finding(rule="R-062", code=code, measured=1.0, limit=">= 2", met=False) for code in unmet
    )
    return Analysis(
        report=PictureReport(format="jpeg", width=1, height=1, faces=1, findings=findings),
        template=FaceTemplate(
            algorithm=1,
            dimensions=len(elements),
            elements=ElementType.FLOAT32,
            normalised=True,
            scale=1.0,
            data=np.array(elements, dtype="<f4").tobytes(),
        ),
        liveness=None,
    )


@pytest.fixture
def pictures(tmp_path: Path) -> list[Listed]:
    made = []
    for identity, number in (("b", 1), ("a", 1), ("b", 2)):
        path = tmp_path / identity / f"{number}.jpg"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(JPEG + f"{identity}{number}".encode())
        made.append(Listed(identity=identity, path=path))
    return made


def answering(**answers: Analysis | PictureRefused) -> Analyse:
    def analyse(picture: bytes) -> Analysis:
        answer = answers[picture.removeprefix(JPEG).decode()]
        if isinstance(answer, PictureRefused):
            raise answer
        return answer

    return analyse


def test_templates_keep_the_order_and_the_persons_of_their_pictures(
    pictures: list[Listed],
) -> None:
    analyse = answering(
        b1=analysis(), a1=analysis(elements=(0, 1)), b2=analysis(elements=(0.6, 0.8))
    )
    templates, persons = acquire(pictures, analyse, STRICT).arrays()
    assert templates.tolist() == [[1, 0], [0, 1], [pytest.approx(0.6), pytest.approx(0.8)]]
    assert persons.tolist() == [0, 1, 0]


def test_refusals_are_failures_with_their_codes(pictures: list[Listed]) -> None:
    analyse = answering(
        b1=PictureRefused("picture.no_face", "none."),
        a1=analysis("eye_distance", "yaw"),
        b2=analysis("yaw"),
    )
    policy = QualityPolicy(name="own", waived=frozenset({"yaw"}))
    found = acquire(pictures, analyse, policy)
    assert found.failures == (
        Failure(picture="b/1.jpg", codes=("picture.no_face",)),
        Failure(picture="a/1.jpg", codes=("eye_distance",)),
    )
    assert (found.attempts, found.pictures, found.waived) == (3, (pictures[2],), {"yaw": 1})


def test_what_only_data_sets_may_be_is_a_failure_when_it_is_broken(pictures: list[Listed]) -> None:
    pictures[0].path.write_bytes(b"P5\n10 12\n255\n")
    found = acquire(pictures, answering(a1=analysis(), b2=analysis()), STRICT)
    assert found.failures == (Failure(picture="b/1.jpg", codes=("picture.unreadable",)),)


def test_an_error_that_is_no_refusal_is_not_swallowed(pictures: list[Listed]) -> None:
    broken: Callable[[bytes], Analysis] = answering()
    with pytest.raises(KeyError):
        acquire(pictures, broken, STRICT)


def test_nothing_acquired_makes_empty_arrays(pictures: list[Listed]) -> None:
    refused = PictureRefused("picture.no_face", "none.")
    found = acquire(pictures, answering(b1=refused, a1=refused, b2=refused), STRICT)
    templates, persons = found.arrays()
    assert len(templates) == len(persons) == 0
