"""G15: deciding who of 100,000 terminals is late or offline."""

from __future__ import annotations

from functools import partial

import numpy as np
from gateway.monitoring.presence import PresenceTable

from benchmarks.bench import Bench, Measurement, timed
from benchmarks.goals import Baseline, Check, Goal, Result
from benchmarks.stats import middle
from gateway.domain.directory import Device
from gateway.domain.ids import DeviceId, Serial

COUNT = 100_000
HEARD_PER_SECOND = COUNT // 30
SWEEPS = 50


def measure(bench: Bench) -> list[Result]:
    """Sweep once a second of made-up time, with a thirtieth of all heard in between."""
    del bench
    table = PresenceTable(started=0.0, default_cadence_s=30)
    slots = [table.attach(_device(number)) for number in range(COUNT)]
    for slot in slots:
        table.touch(slot, 1.0)
    table.sweep(1.5)
    sweeps: list[float] = []
    compares: list[float] = []
    last = np.frombuffer(table.last, dtype=np.float64)
    for second in range(SWEEPS):
        now = 2.0 + second
        at = second * HEARD_PER_SECOND
        for slot in slots[at % COUNT : at % COUNT + HEARD_PER_SECOND]:
            table.touch(slot, now)
        sweeps.append(timed(partial(table.sweep, now + 0.5)) * 1000)
        compares.append(timed(partial(np.less, last, now - 95)) * 1000)
    baseline = Baseline(
        name="one numpy comparison of the same array", value=middle(compares), limit=0.5, unit="ms"
    )
    goal = Goal(name="a sweep", better="less", must=5, stretch=1, unit="ms")
    return [
        Result(
            row="G15",
            what=f"presence sweep over {COUNT:,} terminals",
            ours=f"{middle(sweeps):.2f} ms",
            limit=f"{middle(compares):.2f} ms: {baseline.name}",
            checks=[Check(goal=goal, rounds=sweeps, baselines=[baseline])],
            bound="A dozen passes of numpy over arrays of 100,000 values; memory bandwidth.",
            notes=[f"{SWEEPS} sweeps; {HEARD_PER_SECOND:,} terminals were heard before each"],
        )
    ]


def _device(number: int) -> Device:
    return Device(
        id=DeviceId(number), serial=Serial(f"S{number}"), supplier="ACME", model="A1", dialect="yls"
    )


MEASUREMENTS = (Measurement(rows=("G15",), work=measure),)
