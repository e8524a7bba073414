"""V3: one iris among 10,000, masks and turns included, against popcount of the same bytes."""

from __future__ import annotations

from functools import partial

import numpy as np
from gateway.matcher.galleries.gallery import Gallery
from gateway.matcher.galleries.options import GalleryOptions
from gateway.matcher.protection.transform import Protector
from numpy.typing import NDArray

from benchmarks.bench import Bench, Measurement
from benchmarks.goals import Check, Goal, Result
from benchmarks.rows.galleries import cost
from benchmarks.stats import middle
from gateway.domain.matching import Reference
from gateway.domain.templates import Eye, IrisTemplate

BITS = 2048
USABLE = 0.75
SECRET = bytes(range(32))
ALGORITHM = 1
Words = NDArray[np.uint64]


def measure(bench: Bench) -> list[Result]:
    """Search an iris among 10,000 with its mask and 17 turns."""
    count = bench.size(10_000, 2_000)
    rng = np.random.default_rng(1)
    rotations = GalleryOptions().iris.rotations
    gallery, protector = Gallery(SECRET, GalleryOptions()), Protector()
    codes = [_template(rng) for _ in range(count)]
    gallery.load([(Reference(at), protector.protect(SECRET, one)) for at, one in enumerate(codes)])
    words = np.frombuffer(b"".join(one.code + (one.mask or b"") for one in codes), dtype=np.uint64)
    out = np.empty(len(words), dtype=np.uint8)
    ours: list[float] = []
    bare: list[float] = []
    plain: list[float] = []
    for turn in range(bench.rounds):
        probe = codes[turn * 7]
        assert gallery.irises([probe]).candidates[0].reference == turn * 7
        ours.append(cost(partial(gallery.irises, [probe])))
        bare.append(cost(partial(_popcounts, words, out, 2 * rotations + 1)))
        plain.append(cost(partial(_numpy, words.reshape(count, -1), 2 * rotations + 1)))
    what = f"1:{count:,} iris search, {BITS:,} bits, masks, ±{rotations} columns"
    goal = Goal(name="times the bare popcount", better="less", must=5, stretch=2.5)
    told = Goal(name="times numpy's xor, and, popcount", better="less", must=None)
    return [
        Result(
            row="V3",
            what=f"{what}, processor time / popcount of the same bytes for each turn",
            ours=f"{middle(ours) * 1e3:.1f} ms",
            limit=f"{middle(bare) * 1e3:.1f} ms",
            checks=[
                Check(goal=goal, rounds=[a / b for a, b in zip(ours, bare, strict=True)]),
                Check(goal=told, rounds=[a / b for a, b in zip(ours, plain, strict=True)]),
            ],
            bound="Two Hamming distances of each turn instead of one count, and a score of each in "
            "float64.",
            notes=["codes are random; the probe is turned, shuffled and packed within the figure"],
        )
    ]


def _template(rng: np.random.Generator) -> IrisTemplate:
    mask = np.packbits(rng.random(BITS) < USABLE)
    code = rng.bytes(BITS // 8)
    return IrisTemplate(
        eye=Eye.LEFT, algorithm=ALGORITHM, bits=BITS, code=code, mask=mask.tobytes()
    )


def _popcounts(words: Words, out: NDArray[np.uint8], turns: int) -> None:
    for _ in range(turns):
        np.bitwise_count(words, out=out)


def _numpy(rows: Words, turns: int) -> None:
    """What one would write first: the same answer, by way of arrays of everything."""
    codes, masks = np.split(rows, 2, axis=1)
    for turn in range(turns):
        usable = masks & masks[turn]
        different = (codes ^ codes[turn]) & usable
        np.bitwise_count(different).sum(axis=1) / np.bitwise_count(usable).sum(axis=1)


MEASUREMENTS = (Measurement(rows=("V3",), work=measure),)
