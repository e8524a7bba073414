"""G16: from the command to a gateway that takes terminals, with its own database."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from gateway.storage.layout import Layout
from gateway.storage.postgres_files import wheel_files
from gateway.storage.privilege import server_user
from gateway.storage.supervisor import EmbeddedServer

from benchmarks.bench import Bench, Measurement, timed
from benchmarks.goals import Baseline, Check, Goal, Result
from benchmarks.site import await_start, configuration, end, workspace
from benchmarks.stats import middle

QUIET_FIRST_S, QUIET_WARM_S = 2.5, 0.6
"""What the database alone needs on a machine that is not busy with other things."""


def measure(bench: Bench) -> list[Result]:
    """Start a gateway and a bare server in fresh folders, each a second time in the same folder."""
    firsts: list[float] = []
    warms: list[float] = []
    bare_firsts: list[float] = []
    bare_warms: list[float] = []
    for _ in range(bench.rounds):
        with workspace() as folder:
            firsts.append(_gateway(folder, "first"))
            warms.append(_gateway(folder, "warm"))
        with workspace() as folder:
            bare_firsts.append(_server(folder))
            bare_warms.append(_server(folder))
    first, warm = middle(bare_firsts), middle(bare_warms)
    return [
        Result(
            row="G16",
            what="first start with the embedded database / warm start, to the first listener",
            ours=f"{middle(firsts):.2f} s / {middle(warms):.2f} s",
            limit=f"{first:.2f} s / {warm:.2f} s: the database alone",
            checks=[
                Check(
                    goal=Goal(name="first start", better="less", must=5, stretch=3, unit="s"),
                    rounds=firsts,
                    baselines=[
                        Baseline(
                            name="first start of the database alone",
                            value=first,
                            limit=QUIET_FIRST_S,
                            unit="s",
                        )
                    ],
                ),
                Check(
                    goal=Goal(name="warm start", better="less", must=2, stretch=1, unit="s"),
                    rounds=warms,
                    baselines=[
                        Baseline(
                            name="warm start of the database alone",
                            value=warm,
                            limit=QUIET_WARM_S,
                            unit="s",
                        )
                    ],
                ),
            ],
            bound="initdb, then the import of Twisted, asyncpg, numpy and pydantic, then the "
            "migrations.",
        )
    ]


def _gateway(folder: Path, name: str) -> float:
    config, log = folder / f"{name}.toml", folder / f"{name}.jsonl"
    config.write_text(configuration(folder / "data", log, "", name, {}))
    with (folder / f"{name}.err").open("w") as errors:
        began = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "gateway", "serve", "--config", str(config)],
            stderr=errors,
            text=True,
        )
    try:
        await_start(process, log)
        return time.perf_counter() - began
    finally:
        end(process)


def _server(folder: Path) -> float:
    server = EmbeddedServer(Layout(root=folder / "bare"), wheel_files(), server_user())
    seconds = timed(server.start)
    server.stop()
    return seconds


MEASUREMENTS = (Measurement(rows=("G16",), work=measure),)
