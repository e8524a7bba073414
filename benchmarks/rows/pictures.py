"""V1: one picture from its bytes to its template, against the same networks run bare.

In processor time of one thread: the networks use one, and a neighbour would decide a wall clock.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from gateway.matcher.models.registry import Registry
from gateway.matcher.models.runtime import Network
from gateway.matcher.pictures.align import align
from gateway.matcher.pictures.decode import Bounds, decode
from gateway.matcher.pictures.detect import to_batch
from gateway.matcher.pictures.pipeline import Pipeline, load
from gateway.matcher.pictures.rules import FaceRules
from gateway.matcher.pictures.tensor import to_tensor

from benchmarks.bench import Bench, Measurement
from benchmarks.goals import Check, Goal, Result
from benchmarks.portraits import portrait
from benchmarks.stats import middle

WHAT = "analyse a 640x480 JPEG / its detector and embedder alone in onnxruntime"


def measure(bench: Bench) -> list[Result]:
    """Analyse whole pictures and run the two networks on ready tensors, in turn."""
    times = bench.size(40, 10)
    with tempfile.TemporaryDirectory(prefix="gatepost-bench-") as folder:
        named = Registry(folder=Path(folder))
        list(named.prepare())
        pipeline = load(named, rules=FaceRules(), bounds=Bounds())
        bare = bare_chain(named, pipeline)
        picture = portrait(1)
        whole = lambda: pipeline.analyse(picture)  # noqa: E731
        for work in (whole, bare):
            cost(work, 5)
        ours: list[float] = []
        limit: list[float] = []
        for _ in range(max(5, bench.rounds)):
            ours.append(cost(whole, times))
            limit.append(cost(bare, times))
    goal = Goal(name=WHAT, better="less", must=1.25, stretch=1.1)
    return [
        Result(
            row="V1",
            what=WHAT,
            ours=f"{middle(ours) * 1e3:.1f} ms",
            limit=f"{middle(limit) * 1e3:.1f} ms",
            checks=[Check(goal=goal, rounds=[a / b for a, b in zip(ours, limit, strict=True)])],
            bound="Decoding the JPEG and laying out its planes for the detector are most of the "
            "difference; cutting out, measuring and judging the face come to half a millisecond.",
            notes=["one face of 200 pixels, upright; a tilted or small one is looked at twice"],
        )
    ]


def bare_chain(named: Registry, pipeline: Pipeline) -> Callable[[], object]:
    """Return what runs both networks once on what the picture becomes."""
    detector = Network(named.detector.model, named.verified(named.detector).path)
    embedder = Network(named.embedder.model, named.verified(named.embedder).path)
    image = decode(portrait(1), Bounds()).image
    batch = to_batch(image)
    (face,) = pipeline.detector.find(image)
    tensor = to_tensor(align(image, face.points), named.embedder.model.input)
    return lambda: (detector.run(batch), embedder.run(tensor))


def cost(work: Callable[[], object], times: int) -> float:
    """Return the processor seconds of one run."""
    began = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - began) / times


MEASUREMENTS = (Measurement(rows=("V1",), work=measure),)
