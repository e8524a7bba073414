"""Who had work while a row was measured: gateway, generator, database and strangers, by round.

A figure is the gateway's own only while nobody else was the brake, so rows say in their notes how
much of the time each was running, and how much it stood ready without getting a core.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.goals import Baseline
from benchmarks.load.client import Worker
from benchmarks.processes import Usage, Used, machine_seconds, spent, usage
from benchmarks.site import Gateway, Site
from benchmarks.stats import middle

GATEWAY, GENERATOR, DATABASE = "gateway", "generator", "PostgreSQL"
QUIET_PERCENT = 20.0
"""Others may use so much of one core; above it, they decide how long the gateway waits for one."""


class Watch:
    """Counts processor time of each party."""

    def __init__(self) -> None:
        self._rounds: dict[str, list[Used]] = {GATEWAY: [], GENERATOR: [], DATABASE: []}
        self._seconds: list[float] = []
        self._others: list[float] = []

    @contextmanager
    def round(self, site: Site, gateway: Gateway, load: Worker) -> Iterator[None]:
        """Count what is spent inside the block."""

        def now() -> dict[str, Usage]:
            return {
                GATEWAY: usage([gateway.pid]),
                GENERATOR: usage([load.pid]),
                DATABASE: usage(site.postgres()),
            }

        before, machine, began = now(), machine_seconds(), time.perf_counter()
        yield
        seconds, machine = time.perf_counter() - began, machine_seconds() - machine
        self._seconds.append(seconds)
        for name, after in now().items():
            used = spent(before[name], after)
            self._rounds[name].append(used)
            machine -= used.ran
        self._others.append(max(0.0, machine) / seconds)

    def cpu(self, name: str) -> float:
        """Return the seconds a party spent in the last round."""
        return self._rounds[name][-1].ran

    def note(self) -> str:
        """Say who had work, as medians of the rounds."""
        return (
            "share of the time running (and waiting for a core): "
            + ", ".join(
                f"{name} {self._share(name, 'ran'):.0%} ({self._share(name, 'waited'):.0%})"
                for name in self._rounds
            )
            + f"; others used {middle(self._others):.0%} of a core"
        )

    @property
    def quiet(self) -> Baseline:
        """Whether the machine was ours."""
        return Baseline(
            name="others' processor time, share of a core",
            value=middle(self._others) * 100,
            limit=QUIET_PERCENT,
            unit="%",
        )

    def _share(self, name: str, what: str) -> float:
        rounds = zip(self._rounds[name], self._seconds, strict=True)
        return middle([getattr(used, what) / seconds for used, seconds in rounds])
