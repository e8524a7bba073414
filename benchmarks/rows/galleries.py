"""V2 and V4: galleries of faces, against reading the same bytes once and copying them once.

Strangers are made with the spread of a real model's scores, and probes at a cosine of 0.73,
because how many people are nearly alike decides how many are compared exactly. Everything runs on
one thread.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import chain
from multiprocessing import get_context

import faiss
import numpy as np
from gateway.matcher.galleries.indexes import Matrix
from gateway.matcher.galleries.nearest import best, everything, nearest
from gateway.matcher.galleries.options import GalleryOptions
from gateway.matcher.galleries.rows import Rows, View
from gateway.matcher.galleries.shelves import FaceShelf
from gateway.matcher.vectors import Vector

from benchmarks.bench import Bench, Measurement
from benchmarks.goals import Check, Goal, Result
from benchmarks.processes import resident_bytes
from benchmarks.stats import middle
from gateway.domain.matching import Candidate

SIZES = (
    (5_000, 128),
    (5_000, 512),
    (100_000, 128),
    (100_000, 512),
    (1_000_000, 128),
    (1_000_000, 512),
)
"""The largest takes 4.6 GB: vectors, bytes, and the vectors once more for IndexFlatIP."""
QUICK = ((5_000, 128), (5_000, 512), (20_000, 128))
REPEATS = 5
COSINE = 0.73
BLOCK = 20_000
REBUILT = (100_000, 128)


def search(bench: Bench) -> list[Result]:
    """Search exactly among 5,000 to 1,000,000 faces."""
    checks, ours, limits, notes = [], [], [], []
    for count, dimensions in QUICK if bench.quick else SIZES:
        name = f"{count:,} x {dimensions}"
        seen = _measured(count, dimensions, bench.rounds)
        mine, read = seen["ours"], seen["read"]
        ours.append(f"{name}: {middle(mine) * 1e3:.2f} ms")
        limits.append(f"{middle(read) * 1e3:.2f} ms")
        goal = Goal(name=f"{name}, times the read", better="less", must=4, stretch=1.5)
        checks.append(Check(goal=goal, rounds=_ratios(mine, read)))
        found = Goal(name=f"{name}, rank 1 as in exact float32", better="more", must=1)
        checks.append(Check(goal=found, rounds=seen["recall"]))
        for other in ("IndexFlatIP", "numpy"):
            goal = Goal(name=f"{name}, times {other}", better="less", must=None)
            checks.append(Check(goal=goal, rounds=_ratios(mine, seen[other])))
        notes.append(
            f"{name}: IndexFlatIP {middle(seen['IndexFlatIP']) * 1e3:.2f} ms, numpy "
            f"{middle(seen['numpy']) * 1e3:.2f} ms in all threads"
        )
    return [
        Result(
            row="V2",
            what="exact search for the best two of N, processor time / reading the same bytes once",
            ours="; ".join(ours),
            limit="; ".join(limits) + ": the vectors, or above 100,000 their bytes",
            checks=checks,
            bound="Memory bandwidth; of a small gallery, the calls from Python and the second, "
            "exact look at 64 rows.",
            notes=[
                *notes,
                (
                    f"{REPEATS} probes a round; who is found first is held against IndexFlatIP "
                    "each time, both candidates and their scores against float64 once a round"
                ),
            ],
        )
    ]


def rebuild(bench: Bench) -> list[Result]:
    """Build a gallery anew without a tenth of its people."""
    count, dimensions = (20_000, 128) if bench.quick else REBUILT
    options = GalleryOptions(quantise_above=count // 2)
    people = list(_blocks(count, dimensions))
    took, limits = [], []
    for _ in range(bench.rounds):
        shelf = _shelf(people, count, options)
        shelf.rows.strike(np.arange(0, count, 10))
        view = shelf.rows.view()
        limits.append(cost(partial(_bare, view)))
        took.append(cost(partial(_renew, shelf, view)))
    # In a process of its own, which has no memory to use again.
    with get_context("spawn").Pool(1) as child:
        held = [child.apply(_held, (4 * count, dimensions, options)) / (4 * dimensions)]
    goal = Goal(name="times the bare copy", better="less", must=4, stretch=2)
    memory = Goal(name="memory a template, times its float32", better="less", must=1.6, stretch=1.3)
    size = 4 * dimensions
    return [
        Result(
            row="V4",
            what=f"rebuild of {count:,} x {dimensions} without a tenth / copying rows and bytes",
            ours=f"{middle(took) * 1e3:.0f} ms; {middle(held) * size:.0f} bytes a template",
            limit=f"{middle(limits) * 1e3:.0f} ms; {size} bytes",
            checks=[
                Check(goal=goal, rounds=_ratios(took, limits)),
                Check(goal=memory, rounds=held),
            ],
            bound="Finding the scale, rounding, and measuring the error of every row; each is a "
            "pass over the vectors. Memory: a template's elements, a byte for each, and nine more.",
            settings=f"quantise_above = {options.quantise_above:,}",
            notes=["searches and changes go on meanwhile; no lock is held but for the swap"],
        )
    ]


def _measured(count: int, dimensions: int, rounds: int) -> dict[str, list[float]]:
    """Return seconds a search, by who searches, and how often the right one was found.

    All in turn.
    """
    shelf = _shelf(_blocks(count, dimensions), count, GalleryOptions())
    if shelf.due:
        shelf.adopt(shelf.prepare(shelf.rows.view()))
    view = shelf.rows.view()
    segments = shelf.segments(view)
    flat = faiss.IndexFlatIP(dimensions)
    flat.add(view.data)
    searched = count * dimensions * (4 if shelf.quantised is None else 1)
    read = view.data.reshape(-1).view(np.uint64)[: searched // 8]
    faiss.omp_set_num_threads(1)

    def mine(probe: Vector) -> tuple[Candidate, ...]:
        return nearest(view, segments, probe, 64)

    def exact(probe: Vector) -> int:
        return int(flat.search(probe[None], 2)[1][0, 0])

    sides: dict[str, Callable[[Vector], object]] = {
        "ours": mine,
        "read": lambda _: np.bitwise_or.reduce(read),
        "IndexFlatIP": exact,
        "numpy": lambda probe: (view.data @ probe).argmax(),
    }
    seen: dict[str, list[float]] = {name: [] for name in (*sides, "recall")}
    for turn in range(rounds):
        probes = [_probe(view.data[turn * 100 + at], turn * 100 + at) for at in range(REPEATS)]
        assert mine(probes[0]) == best(*everything(view, probes[0]))
        right = [mine(probe)[0].reference == exact(probe) for probe in probes]
        seen["recall"].append(sum(right) / len(right))
        for name, work in sides.items():
            seen[name].append(middle([cost(partial(work, probe)) for probe in probes]))
    return seen


def _shelf(people: Iterable[Matrix], count: int, options: GalleryOptions) -> FaceShelf:
    """Put ``count`` people on a shelf; made one block at a time, they are never there twice."""
    blocks = iter(people)
    some = next(blocks)
    shelf = FaceShelf(1, some.shape[1], bytes(8), options)
    shelf.rows = Rows(some.shape[1], np.float32, capacity=count)
    for block in chain((some,), blocks):
        first = len(shelf.rows)
        shelf.rows.append(np.arange(first, first + len(block)), block)
    return shelf


def _renew(shelf: FaceShelf, view: View) -> None:
    shelf.adopt(shelf.prepare(view))


def _held(count: int, dimensions: int, options: GalleryOptions) -> float:
    """Return the bytes of memory that a template takes, its people's own array not counted."""
    people = list(_blocks(count, dimensions))
    before = resident_bytes(os.getpid())
    shelf = _shelf(people, count, options)
    _renew(shelf, shelf.rows.view())
    return (resident_bytes(os.getpid()) - before) / count


def strangers(count: int, dimensions: int, seed: int = 1) -> Matrix:
    """Return people whose scores with one another spread as those of SFace do (0.12 at 128)."""
    return np.concatenate(list(_blocks(count, dimensions, seed)))


def _blocks(count: int, dimensions: int, seed: int = 1) -> Iterator[Matrix]:
    rng = np.random.default_rng(seed)
    weights = np.exp(-np.arange(dimensions) / (dimensions / 2.5)).astype(np.float32)
    turn, _ = np.linalg.qr(np.random.default_rng(dimensions).standard_normal((dimensions,) * 2))
    turn = turn.astype(np.float32)
    for at in range(0, count, BLOCK):
        size = min(BLOCK, count - at)
        rows = rng.standard_normal((size, dimensions), dtype=np.float32) * weights @ turn
        yield rows / np.linalg.norm(rows, axis=1, keepdims=True)


def _probe(person: Vector, seed: int) -> Vector:
    other = strangers(1, len(person), seed + 1_000_000_007)[0]
    aside = other - person * np.dot(other, person)
    aside /= np.linalg.norm(aside)
    seen: Vector = (person * COSINE + aside * np.sqrt(1 - COSINE**2)).astype(np.float32)
    return seen


def _bare(view: View) -> object:
    kept = view.data[np.flatnonzero(~view.struck)]
    return kept, kept.astype(np.uint8)


def cost(work: Callable[[], object]) -> float:
    """Return the processor seconds of one call; a neighbour would decide a figure otherwise."""
    began = time.process_time()
    work()
    return time.process_time() - began


def _ratios(mine: list[float], theirs: list[float]) -> list[float]:
    return [one / other for one, other in zip(mine, theirs, strict=True)]


MEASUREMENTS = (
    Measurement(rows=("V2",), work=search),
    Measurement(rows=("V4",), work=rebuild),
)
