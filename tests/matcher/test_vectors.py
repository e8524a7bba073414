"""Embeddings as they travel become vectors of length one, or are refused with a code."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from gateway.matcher.vectors import MOST_DIMENSIONS, cosine, decode, encode

from gateway.domain.matching import TemplateRefused
from gateway.domain.templates import ElementType, FaceTemplate
from tests.matcher.faces import again, face, int8_face, strangers

RNG = np.random.default_rng(1)
PERSON = strangers(1, 128, RNG)[0]


def template(data: bytes, dimensions: int = 4, **changes: Any) -> FaceTemplate:
    kinds: dict[str, Any] = {
        "algorithm": 1,
        "elements": ElementType.FLOAT32,
        "normalised": False,
        "scale": 1.0,
    }
    return FaceTemplate(**{**kinds, "dimensions": dimensions, "data": data, **changes})


def refused(code: str, one: FaceTemplate) -> None:
    with pytest.raises(TemplateRefused) as caught:
        decode(one)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        (ElementType.FLOAT16, (PERSON * 3).astype("<f2")),
        (ElementType.FLOAT32, (PERSON * 1e-20).astype("<f4")),
        (ElementType.INT8, np.rint(PERSON / np.abs(PERSON).max() * 127).astype("i1")),
    ],
)
def test_every_element_type_gives_the_same_direction(
    kind: ElementType, written: np.ndarray[Any, Any]
) -> None:
    found = decode(template(written.tobytes(), 128, elements=kind, scale=0.01))
    assert found.dtype == np.float32
    assert np.linalg.norm(found) == pytest.approx(1, abs=1e-6)
    assert float(found @ PERSON) == pytest.approx(1, abs=1e-4)


def test_what_calls_itself_normalised_is_normalised_all_the_same() -> None:
    data = np.array([3, 4, 0, 0], dtype="<f4").tobytes()
    assert decode(template(data, normalised=True)).tolist() == pytest.approx([0.6, 0.8, 0, 0])


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("kind", ["<f4", "<f2"])
def test_what_is_not_finite_is_refused(bad: float, kind: str) -> None:
    elements = ElementType.FLOAT32 if kind == "<f4" else ElementType.FLOAT16
    data = np.array([1, bad, 0, 0], dtype=kind).tobytes()
    refused("template.not_finite", template(data, elements=elements))


def test_the_zero_vector_is_refused() -> None:
    refused("template.zero", template(bytes(16)))


def test_a_vector_of_the_largest_numbers_has_a_direction() -> None:
    data = np.full(4, np.finfo(np.float32).max, dtype="<f4").tobytes()
    assert decode(template(data)).tolist() == pytest.approx([0.5] * 4)


@pytest.mark.parametrize("dimensions", [0, 3, 5, 8])
def test_data_of_another_size_is_refused(dimensions: int) -> None:
    refused("template.dimension", template(bytes(16), dimensions))


def test_more_dimensions_than_the_protocol_has_are_refused() -> None:
    size = MOST_DIMENSIONS + 1
    refused("template.dimension", template(np.ones(size, "<f4").tobytes(), size))


def test_a_template_made_here_is_read_back() -> None:
    assert np.array_equal(decode(encode(1, PERSON)), PERSON)


def test_two_templates_are_compared_across_element_types() -> None:
    other = again(PERSON, RNG, 0.6)
    assert cosine(face(PERSON), int8_face(other)) == pytest.approx(0.6, abs=5e-3)
    assert cosine(face(PERSON), face(PERSON)) <= 1


def test_templates_of_two_models_are_not_compared() -> None:
    with pytest.raises(TemplateRefused) as caught:
        cosine(face(PERSON, 1), face(PERSON, 2))
    assert caught.value.code == "template.foreign"
    with pytest.raises(TemplateRefused) as caught:
        cosine(face(PERSON), face(PERSON[:64]))
    assert caught.value.code == "template.dimension"
