"""Every picture compared with every other one, once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float32]
Templates = NDArray[np.float32]
"""One row a picture, length one."""
Persons = NDArray[np.int32]
"""Numbers 0, 1, 2 … of the persons, none left out."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Comparisons:
    """The scores of all pairs and whose pictures they are of."""

    genuine: Scores
    genuine_person: Persons
    impostor: Scores
    impostor_first: Persons
    impostor_second: Persons
    persons: int
    pictures: int


def compare(templates: Templates, persons: Persons) -> Comparisons:
    """Take the cosine of every pair of pictures, of one person and of two."""
    scores = templates @ templates.T
    first, second = np.triu_indices(len(templates), 1)
    one, other = persons[first], persons[second]
    pairs = scores[first, second]
    same = one == other
    return Comparisons(
        genuine=pairs[same],
        genuine_person=one[same],
        impostor=pairs[~same],
        impostor_first=one[~same],
        impostor_second=other[~same],
        persons=int(persons.max()) + 1 if len(persons) else 0,
        pictures=len(templates),
    )
