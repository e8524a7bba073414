"""Templates a terminal made that nobody can compare: none opens a gate, each has its reason."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
import pytest
from gateway.codecs.yls.device_events import Decided, FellBack

from gateway.domain.templates import ElementType, FaceTemplate
from gateway.domain.vocabulary import Decision
from tests.support.faces import portrait
from tests.support.gateways import Site
from tests.support.waiting import wait_for
from tests.verification.askers import Asker, Word, asking
from tests.verification.gates import (
    SERIAL,
    granted,
    pipeline_of,
    ready,
)


@pytest.fixture(scope="module")
def members() -> Mapping[str, tuple[int, ...]]:
    return {"P1": (1,)}


@pytest.fixture(scope="module")
def number(numbers: dict[int, int]) -> int:
    return numbers[1]


@pytest.fixture(scope="module")
def gate(site: Site, number: int) -> Iterator[Asker]:
    del number
    with asking(SERIAL, site.port) as asker:
        ready(asker)
        yield asker


@pytest.fixture(scope="module")
def genuine(site: Site) -> FaceTemplate:
    """A template of the one person enrolled, of another picture than the enrolled one."""
    return pipeline_of(site).analyse(portrait(1, 5)).template


def floats(template: FaceTemplate, *elements: float) -> FaceTemplate:
    """The same template with its first elements replaced."""
    head = struct.pack(f"<{len(elements)}f", *elements)
    return replace(template, data=head + template.data[len(head) :])


def asked(gate: Asker, template: FaceTemplate, claim: int = 0) -> Word:
    """Ask until the machine had time for it: 300 ms may be short on a busy one."""
    heard: list[Word] = []

    def in_time() -> bool:
        heard.append(gate.by_template(template, claim))
        said = heard[-1]
        return not (isinstance(said, FellBack) and said.reason in ("deadline", "no_answer"))

    wait_for(in_time, "an answer in time")
    return heard[-1]


@pytest.mark.parametrize("claiming", [False, True], ids=["search", "claim"])
@pytest.mark.parametrize("element", [float("nan"), float("inf"), float("-inf")])
def test_what_is_no_number_is_refused_by_name(
    gate: Asker, genuine: FaceTemplate, number: int, element: float, claiming: bool
) -> None:
    said = asked(gate, floats(genuine, element), number if claiming else 0)
    assert isinstance(said, Decided)
    assert (said.decision, said.refusal) == (Decision.DENIED, "bad_template")


def test_a_template_without_a_direction_is_refused_by_name(
    gate: Asker, genuine: FaceTemplate
) -> None:
    said = asked(gate, replace(genuine, data=bytes(len(genuine.data))))
    assert isinstance(said, Decided)
    assert said.refusal == "bad_template"


@pytest.mark.parametrize("claiming", [False, True], ids=["search", "claim"])
@pytest.mark.parametrize(
    ("change", "detail"),
    [
        ({"dimensions": 64}, "template.dimension"),
        ({"dimensions": 512}, "template.dimension"),
        ({"algorithm": 0x7777}, "threshold.missing"),
    ],
)
def test_a_template_of_another_kind_is_compared_with_nobody(
    gate: Asker,
    site: Site,
    genuine: FaceTemplate,
    number: int,
    change: dict[str, int],
    detail: str,
    claiming: bool,
) -> None:
    size = 4 * change.get("dimensions", genuine.dimensions)
    foreign = replace(
        genuine,
        algorithm=change.get("algorithm", genuine.algorithm),
        dimensions=change.get("dimensions", genuine.dimensions),
        normalised=False,
        data=(genuine.data * 4)[:size],
    )
    before = reasons(site, detail)
    said = asked(gate, foreign, number if claiming else 0)
    assert isinstance(said, FellBack)
    assert said.reason == "busy"
    wait_for(lambda: reasons(site, detail) > before, "the reason is written down")


def test_a_huge_template_is_measured_by_its_direction(
    gate: Asker, genuine: FaceTemplate, number: int
) -> None:
    """Length adds no likeness: a stranger does not get in by shouting."""
    vector = np.frombuffer(genuine.data, dtype="<f4") * np.float32(1e30)
    loud = replace(genuine, normalised=False, data=vector.astype("<f4").tobytes())
    assert granted(asked(gate, loud), number)
    away = replace(loud, data=(-vector).astype("<f4").tobytes())
    said = asked(gate, away)
    assert isinstance(said, Decided)
    assert said.decision == Decision.STRANGER


@pytest.mark.parametrize("elements", [ElementType.FLOAT16, ElementType.INT8])
def test_a_coarser_form_of_the_same_template_is_the_same_person(
    gate: Asker, genuine: FaceTemplate, number: int, elements: ElementType
) -> None:
    vector = np.frombuffer(genuine.data, dtype="<f4")
    scale = 1.0
    data = vector.astype("<f2").tobytes()
    if elements is ElementType.INT8:
        scale = float(np.abs(vector).max() / 127)
        data = np.round(vector / scale).astype("<i1").tobytes()
    coarse = replace(genuine, elements=elements, scale=scale, data=data)
    assert granted(asked(gate, coarse), number)


def reasons(site: Site, detail: str) -> int:
    """How many questions ended with that detail."""
    (row,) = site.query(
        "select count(*) from decision where because = 'template_refused' and detail = $1", detail
    )
    return int(row["count"])
