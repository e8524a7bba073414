"""No ranking is further from the truth than it says."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest
from gateway.matcher.galleries.indexes import STEPS, Flat, Index, Matrix, Quantised
from hypothesis import given
from hypothesis import strategies as st

from tests.matcher.faces import again, strangers

KINDS: list[Callable[[Matrix], Index]] = [Flat, Quantised]
SIZES = [1, 2, 24, 64, 127, 128, 512, 1024]


def spiky(count: int, dimensions: int, rng: np.random.Generator) -> Matrix:
    """Rows for which one scale is a bad one: some are nearly a single element."""
    rows = strangers(count, dimensions, rng)
    rows[:: max(1, count // 3), 0] += 10
    found: Matrix = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return found


@pytest.mark.parametrize("kind", KINDS)
@given(
    seed=st.integers(0, 2**32 - 1),
    dimensions=st.sampled_from(SIZES),
    rows=st.integers(1, 200),
    make=st.sampled_from([strangers, spiky]),
)
def test_the_error_bound_holds_for_every_row(
    kind: Callable[[Matrix], Index],
    seed: int,
    dimensions: int,
    rows: int,
    make: Callable[[int, int, np.random.Generator], Matrix],
) -> None:
    rng = np.random.default_rng(seed)
    data = make(rows, dimensions, rng)
    probe = again(data[0], rng) if dimensions > 1 else data[0]
    found = kind(data).best(probe, rows)
    assert sorted(found.rows.tolist()) == list(range(rows))
    true = data.astype(np.float64) @ probe.astype(np.float64)
    assert np.abs(found.scores - true[found.rows]).max() <= found.error
    assert (np.diff(found.scores) <= 0).all()


@pytest.mark.parametrize("kind", KINDS)
def test_the_best_come_first_and_no_more_than_asked(kind: Callable[[Matrix], Index]) -> None:
    data = strangers(1000, 128, np.random.default_rng(1))
    index = kind(data)
    found = index.best(data[123], 5)
    assert len(found.rows) == len(found.scores) == 5
    assert found.rows[0] == 123
    assert len(index) == 1000


@pytest.mark.parametrize("dimensions", SIZES)
def test_products_of_whole_numbers_are_exact_on_this_processor(dimensions: int) -> None:
    """FAISS has a kernel for each kind of processor; the fractions of a probe are lost in some."""
    rng = np.random.default_rng(dimensions)
    whole = rng.integers(-STEPS, STEPS + 1, (500, dimensions)).astype(np.float32)
    whole[0] = STEPS
    whole[:, 0] = STEPS  # the largest of every row, so that one scale fits them all: 1
    index = Quantised(whole)
    probe = whole[0]
    found = index.best(probe, 500)
    products = whole.astype(np.int64) @ probe.astype(np.int64)
    assert (np.rint(found.scores).astype(np.int64) == products[found.rows]).all()
    assert index.error < 1e-3


def test_they_are_exact_without_the_processors_vector_instructions_too() -> None:
    """Another kernel of FAISS; it chooses when it is loaded, so in another process."""
    this = f"{__file__}::test_products_of_whole_numbers_are_exact_on_this_processor"
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", this],
        env={**os.environ, "FAISS_SIMD_LEVEL": "NONE"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert f"{len(SIZES)} passed" in ran.stdout, ran.stdout + ran.stderr


def test_a_rotated_gallery_is_kept_within_what_is_documented() -> None:
    data = strangers(20_000, 512, np.random.default_rng(2))
    turn, _ = np.linalg.qr(np.random.default_rng(3).standard_normal((512, 512)))
    assert Quantised((data @ turn).astype(np.float32)).error < 0.015


def test_wiped_rows_score_nothing_and_their_neighbours_as_before() -> None:
    data = strangers(100, 64, np.random.default_rng(4))
    index = Quantised(data)
    before = index.best(data[7], 100)
    index.wipe(np.array([7, 9]))
    after = index.best(data[7], 100)
    scores = dict(zip(after.rows.tolist(), after.scores.tolist(), strict=True))
    assert scores[7] == scores[9] == 0
    old = dict(zip(before.rows.tolist(), before.scores.tolist(), strict=True))
    assert {row: score for row, score in scores.items() if row not in (7, 9)} == {
        row: score for row, score in old.items() if row not in (7, 9)
    }
