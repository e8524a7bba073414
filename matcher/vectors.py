"""Face embeddings from the wire to vectors of length one, and what is refused on the way."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gateway.domain.matching import TemplateRefused
from gateway.domain.templates import ElementType, FaceTemplate

Vector = NDArray[np.float32]
"""One embedding: ``(dimensions,)``, length one within the rounding of float32."""
MOST_DIMENSIONS = 1024
"""As YLS/1 allows; products of 8-bit vectors of this size are still exact in float32."""

_TYPES: dict[ElementType, np.dtype[Any]] = {
    ElementType.FLOAT16: np.dtype("<f2"),
    ElementType.INT8: np.dtype("<i1"),
    ElementType.FLOAT32: np.dtype("<f4"),
}


def decode(template: FaceTemplate) -> Vector:
    """Return the embedding with length one; raises TemplateRefused.

    ``normalised`` is not believed: what was quantised is only nearly of length one.
    """
    kind = _TYPES[template.elements]
    fits = len(template.data) == template.dimensions * kind.itemsize
    if not fits or not 0 < template.dimensions <= MOST_DIMENSIONS:
        raise TemplateRefused(
            "template.dimension",
            f"{len(template.data)} bytes are no {template.dimensions} elements of {kind.name}.",
        )
    return unit(np.frombuffer(template.data, dtype=kind))


def unit(elements: NDArray[np.generic]) -> Vector:
    """Return the direction of a vector; raises TemplateRefused where it has none.

    The scale of an int8 template cancels out here, so it is not needed.
    """
    wide = elements.astype(np.float64)
    if not np.isfinite(wide).all():
        raise TemplateRefused("template.not_finite", "An element is infinite or not a number.")
    length = np.sqrt(np.einsum("i,i->", wide, wide))
    if length == 0:
        raise TemplateRefused("template.zero", "All elements are zero.")
    direction: Vector = (wide / length).astype(np.float32)
    return direction


def encode(algorithm: int, vector: Vector) -> FaceTemplate:
    """Return a template of float32 elements."""
    return FaceTemplate(
        algorithm=algorithm,
        dimensions=len(vector),
        elements=ElementType.FLOAT32,
        normalised=True,
        scale=1.0,
        data=vector.astype("<f4").tobytes(),
    )


def cosine(one: FaceTemplate, other: FaceTemplate) -> float:
    """Compare two templates of one model, −1…1; raises TemplateRefused."""
    if one.algorithm != other.algorithm:
        raise TemplateRefused(
            "template.foreign",
            f"Templates of algorithms {one.algorithm} and {other.algorithm} say nothing about "
            "each other.",
        )
    if one.dimensions != other.dimensions:
        raise TemplateRefused(
            "template.dimension",
            f"{one.dimensions} and {other.dimensions} elements are not of one model.",
        )
    product = np.einsum("i,i->", decode(one), decode(other), dtype=np.float64)
    return float(np.clip(product, -1, 1))
