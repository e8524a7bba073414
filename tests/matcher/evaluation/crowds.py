"""People whose templates have a known distribution, and scores that a test writes down itself."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from gateway.matcher.evaluation.comparisons import Comparisons, Persons, Templates


def crowd(
    persons: int, pictures: int, *, spread: float, seed: int = 7, dimensions: int = 64
) -> tuple[Templates, Persons]:
    """Give each person a direction and each picture of it a random deviation."""
    random = np.random.default_rng(seed)
    centres = random.normal(size=(persons, 1, dimensions))
    each = centres + spread * random.normal(size=(persons, pictures, dimensions))
    flat = each.reshape(-1, dimensions)
    flat /= np.linalg.norm(flat, axis=1, keepdims=True)
    return flat.astype(np.float32), np.repeat(np.arange(persons), pictures).astype(np.int32)


def scores(genuine: Sequence[float], impostor: Sequence[float]) -> Comparisons:
    """Make comparisons of a few persons: genuine ones of person 0, 1, 0 …, impostors of both."""
    return Comparisons(
        genuine=np.array(genuine, dtype=np.float32),
        genuine_person=np.arange(len(genuine), dtype=np.int32) % 2,
        impostor=np.array(impostor, dtype=np.float32),
        impostor_first=np.zeros(len(impostor), dtype=np.int32),
        impostor_second=np.ones(len(impostor), dtype=np.int32),
        persons=2,
        pictures=len(genuine) + len(impostor),
    )
