"""The best two references are those of an exhaustive float64 comparison: always, not usually."""

from __future__ import annotations

import numpy as np
import pytest
from gateway.matcher.galleries import nearest as module
from gateway.matcher.galleries.indexes import Flat, Index, Matrix, Quantised, Ranking
from gateway.matcher.galleries.nearest import Segment, among, best, merged, nearest
from gateway.matcher.galleries.rows import View
from gateway.matcher.vectors import Vector
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.matching import Candidate, Reference
from tests.matcher.faces import again, strangers


def view(data: Matrix, references: list[int], struck: list[int] | None = None) -> View:
    marks = np.zeros(len(data), dtype=np.bool_)
    marks[struck or []] = True
    return View(data, np.array(references, dtype=np.int64), marks)


def truth(seen: View, probe: Vector, most: int = 2) -> list[tuple[int, float]]:
    """Return the best score of every reference, best first, the slow way."""
    scores = seen.data.astype(np.float64) @ probe.astype(np.float64)
    best: dict[int, float] = {}
    for at in np.flatnonzero(~seen.struck):
        reference = int(seen.references[at])
        best[reference] = max(best.get(reference, -2.0), float(scores[at]))
    return sorted(best.items(), key=lambda one: (-one[1], one[0]))[:most]


def plain(found: tuple[Candidate, ...]) -> list[int]:
    return [int(one.reference) for one in found]


def crowded(count: int, dimensions: int, rng: np.random.Generator) -> Matrix:
    """People so alike that bytes cannot tell them apart: within a tenth of their rounding."""
    middle = strangers(1, dimensions, rng)[0]
    rows = middle + strangers(count, dimensions, rng) * 1e-3
    found: Matrix = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return found


@given(
    seed=st.integers(0, 2**32 - 1),
    rows=st.integers(1, 400),
    people=st.integers(1, 60),
    dimensions=st.sampled_from([16, 128]),
    crowd=st.booleans(),
    gone=st.floats(0, 1),
    covered=st.floats(0, 1),
    depth=st.sampled_from([1, 2, 8, 64]),
)
def test_it_is_always_the_true_two(
    seed: int,
    rows: int,
    people: int,
    dimensions: int,
    crowd: bool,
    gone: float,
    covered: float,
    depth: int,
) -> None:
    """Whatever share is struck, however few rows are ranked at first, bytes and rest mixed."""
    rng = np.random.default_rng(seed)
    data = (crowded if crowd else strangers)(rows, dimensions, rng)
    struck = np.flatnonzero(rng.random(rows) < gone).tolist()
    seen = view(data, rng.integers(1, people + 1, rows).tolist(), struck)
    cut = int(covered * rows)
    segments = [Segment(Quantised(data[:cut]), 0)] if cut else []
    if cut < rows:
        segments.append(Segment(Flat(data[cut:]), cut))
    probe = again(data[rng.integers(rows)], rng)
    found = nearest(seen, segments, probe, depth)
    wanted = truth(seen, probe)
    assert plain(found) == [reference for reference, _ in wanted]
    assert [one.score for one in found] == pytest.approx([score for _, score in wanted], abs=1e-12)


class Counting:
    """An index that notes how deep it was asked."""

    def __init__(self, index: Index) -> None:
        self.index = index
        self.depths: list[int] = []

    def __len__(self) -> int:
        return len(self.index)

    def best(self, probe: Vector, depth: int) -> Ranking:
        self.depths.append(depth)
        return self.index.best(probe, depth)


def test_people_alike_are_ranked_once() -> None:
    """The usual case: 64 rows prove it, of 20,000."""
    rng = np.random.default_rng(1)
    data = strangers(20_000, 128, rng)
    turn, _ = np.linalg.qr(rng.standard_normal((128, 128)))
    data = (data @ turn).astype(np.float32)
    seen = view(data, list(range(20_000)))
    index = Counting(Quantised(data))
    for at in range(50):
        probe = again(data[at * 17], rng)
        assert plain(nearest(seen, [Segment(index, 0)], probe, 64))[0] == at * 17
    assert index.depths == [64] * 50


def test_where_bytes_cannot_tell_people_apart_it_looks_deeper() -> None:
    """The true best is ranked behind hundreds, and found all the same."""
    rng = np.random.default_rng(2)
    data = crowded(3000, 128, rng)
    seen = view(data, list(range(3000)))
    index = Counting(Quantised(data))
    late = 0
    for at in range(20):
        probe = data[at * 100]
        assert plain(nearest(seen, [Segment(index, 0)], probe, 4))[0] == at * 100
        late += at * 100 not in index.index.best(probe, 4).rows
    assert late > 10, "the case is not what it claims to be"
    assert max(index.depths) > 4


def test_a_thousand_twins_end_in_a_look_at_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "DEEPEST", 64)
    data = np.repeat(strangers(1, 64, np.random.default_rng(3)), 1000, axis=0)
    seen = view(data, list(range(1000, 0, -1)))
    assert plain(nearest(seen, [Segment(Quantised(data), 0)], data[0], 8)) == [1, 2]


def test_one_person_with_many_templates_leaves_room_for_the_next() -> None:
    rng = np.random.default_rng(4)
    one, other = strangers(2, 64, rng)
    mine = np.array([again(one, rng, 0.99) for _ in range(500)])
    seen = view(np.vstack([mine, other]), [5] * 500 + [9])
    assert plain(nearest(seen, [Segment(Flat(seen.data), 0)], one, 64)) == [5, 9]


def test_nobody_is_found_where_everybody_is_struck() -> None:
    data = strangers(10, 16, np.random.default_rng(5))
    seen = view(data, list(range(10)), list(range(10)))
    assert nearest(seen, [Segment(Flat(data), 0)], data[0], 64) == ()


def test_only_those_named_are_compared() -> None:
    data = strangers(10, 16, np.random.default_rng(6))
    seen = view(data, [1, 2, 3, 4, 5, 1, 2, 3, 4, 5], [2])
    found = among(seen, frozenset({Reference(3), Reference(77)}), data[2])
    assert plain(found) == [3]
    assert found[0].score == pytest.approx(float(data[7] @ data[2]), abs=1e-6)
    assert among(seen, frozenset(), data[0]) == ()


@pytest.mark.parametrize("most", [1, 3, 10, 200])
def test_as_many_as_are_wanted_are_the_true_ones(most: int) -> None:
    rng = np.random.default_rng(7)
    data = crowded(300, 32, rng)
    seen = view(data, [at // 3 for at in range(300)], [5, 6, 7])
    segments = [Segment(Quantised(data[:200]), 0), Segment(Flat(data[200:]), 200)]
    for probe in data[::50]:
        wanted = [reference for reference, _ in truth(seen, probe, most)]
        assert plain(nearest(seen, segments, probe, 4, most)) == wanted
        everybody = frozenset(map(Reference, range(100)))
        assert plain(among(seen, everybody, probe, most)) == wanted
    assert len(wanted) == min(most, 100)


def test_a_score_is_never_above_one() -> None:
    references = np.array([1, 2, 3])
    found = best(references, np.array([1.0000001, -1.0000001, -1.1]))
    assert [one.score for one in found] == [1, -1]


def test_several_probes_of_one_person_count_by_their_best() -> None:
    def two(*pairs: tuple[int, float]) -> tuple[Candidate, ...]:
        return tuple(Candidate(reference=Reference(r), score=s) for r, s in pairs)

    found = merged([two((1, 0.5), (2, 0.4)), two((3, 0.6), (1, 0.55)), ()])
    assert found == two((3, 0.6), (1, 0.55))
    assert merged([]) == ()
