"""A search stays on the thread that asks."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import faiss
import numpy as np
import pytest
from gateway.matcher.galleries.indexes import Flat, Index, Matrix, Quantised
from gateway.matcher.iris.distance import counts, halves, probe
from gateway.matcher.vectors import MOST_DIMENSIONS

from tests.matcher import eyes
from tests.matcher.faces import strangers


def threads_after(work: object) -> int:
    """Let a thread that would use four do ``work``, and ask it how many it uses then."""

    def run() -> int:
        faiss.omp_set_num_threads(4)
        assert callable(work)
        work()
        return int(faiss.omp_get_max_threads())

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(run).result()


@pytest.mark.parametrize("kind", [Flat, Quantised])
def test_searching_faces_takes_one_thread(kind: type[Flat | Quantised]) -> None:
    data: Matrix = strangers(100, 64, np.random.default_rng(1))
    index: Index = kind(data)
    assert threads_after(lambda: index.best(data[0], 5)) == 1


def test_comparing_irises_takes_one_thread() -> None:
    rng = np.random.default_rng(1)
    code = eyes.code(rng)[None]
    row, asked = halves(code, code), probe(code, code)
    assert threads_after(lambda: counts(row, asked)) == 1


def test_a_single_probe_of_any_size_is_not_given_to_blas() -> None:
    assert MOST_DIMENSIONS < faiss.cvar.distance_compute_blas_threshold <= 2 * MOST_DIMENSIONS
