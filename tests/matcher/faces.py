"""Embeddings that behave like those of a real model: strangers are not quite unrelated."""

from __future__ import annotations

import numpy as np
from gateway.matcher.vectors import Vector, encode

from gateway.domain.matching import Reference
from gateway.domain.templates import ElementType, FaceTemplate

ALGORITHM = 7


def strangers(count: int, dimensions: int, rng: np.random.Generator) -> Vector:
    """Return so many people, ``(count, dimensions)``; few directions carry most of the variance."""
    weights = np.exp(-np.arange(dimensions) / (dimensions / 5) / 2)
    found = rng.standard_normal((count, dimensions)) * weights
    found /= np.linalg.norm(found, axis=1, keepdims=True)
    return found.astype(np.float32)


def again(person: Vector, rng: np.random.Generator, cosine: float = 0.73) -> Vector:
    """Return another picture of a person, so alike."""
    other = strangers(1, len(person), rng)[0]
    aside = other - person * np.dot(other, person)
    aside /= np.linalg.norm(aside)
    seen: Vector = (person * cosine + aside * np.sqrt(1 - cosine**2)).astype(np.float32)
    return seen


def face(vector: Vector, algorithm: int = ALGORITHM) -> FaceTemplate:
    return encode(algorithm, vector)


def int8_face(vector: Vector, algorithm: int = ALGORITHM) -> FaceTemplate:
    scale = float(np.abs(vector).max()) / 127
    return FaceTemplate(
        algorithm=algorithm,
        dimensions=len(vector),
        elements=ElementType.INT8,
        normalised=True,
        scale=scale,
        data=np.rint(vector / scale).astype(np.int8).tobytes(),
    )


def references(count: int, first: int = 1) -> list[Reference]:
    """Return numbers that are not the positions of rows."""
    return [Reference((first + at) * 1_000_003) for at in range(count)]
