"""How FAISS is used here: one probe at a time, on the thread that asks.

The pool has a thread for each core already. FAISS's own threads, and those of BLAS, would take the
cores from one another, and a search would wait for the slowest.
"""

from __future__ import annotations

import faiss
from gateway.matcher.vectors import MOST_DIMENSIONS

# From so many elements of all probes together FAISS takes BLAS: it is slower for a single probe,
# has threads of its own, and is faster from the second one on. FAISS 1.15 itself waits for
# 128,000.
faiss.cvar.distance_compute_blas_threshold = MOST_DIMENSIONS + 1


def one_thread() -> None:
    """Keep FAISS on the calling thread; OpenMP has this setting for each thread by itself."""
    faiss.omp_set_num_threads(1)
