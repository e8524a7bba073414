"""`python -m benchmarks`: measure the rows and write RESULTS.md."""

from __future__ import annotations

import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path

import click

from benchmarks import machine, report
from benchmarks.bench import Bench, Measurement, opened
from benchmarks.goals import Result, Verdict, not_measured
from benchmarks.rows import (
    accounts,
    accuracy,
    crowd,
    decisions,
    galleries,
    hikvision,
    irises,
    latency,
    parsing,
    pictures,
    reassembly,
    records,
    scrape,
    serial,
    snapshots,
    starts,
    storm,
    sweep,
    templates,
    transport,
    vendors,
)

MEASUREMENTS = (
    *transport.MEASUREMENTS,
    *records.MEASUREMENTS,
    *latency.MEASUREMENTS,
    *crowd.MEASUREMENTS,
    *storm.MEASUREMENTS,
    *snapshots.MEASUREMENTS,
    *parsing.MEASUREMENTS,
    *scrape.MEASUREMENTS,
    *accounts.MEASUREMENTS,
    *sweep.MEASUREMENTS,
    *starts.MEASUREMENTS,
    *reassembly.MEASUREMENTS,
    *serial.MEASUREMENTS,
    *hikvision.MEASUREMENTS,
    *galleries.MEASUREMENTS,
    *irises.MEASUREMENTS,
    *templates.MEASUREMENTS,
    *pictures.MEASUREMENTS,
    *decisions.MEASUREMENTS,
    *accuracy.MEASUREMENTS,
    *vendors.MEASUREMENTS,
)
"""In the order they run; the heavy ones first, while the machine is as it was found."""


@click.command()
@click.option("--only", help="Rows to measure, such as G1,G3; the report then has only these.")
@click.option("--quick", is_flag=True, help="Small and noisy, for development.")
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where to write. Default: benchmarks/RESULTS.md, with --only or --quick standard output.",
)
def main(only: str | None, quick: bool, output: Path | None) -> None:
    """Measure both sides of every ratio and write the report."""
    wanted = {row.strip().upper() for row in only.split(",")} if only else None
    chosen = [one for one in MEASUREMENTS if wanted is None or wanted & set(one.rows)]
    before, began = machine.load(), time.monotonic()
    facts = list(machine.facts())
    with opened(quick) as bench:
        results = [result for one in chosen for result in measure(bench, one)]
        rounds = bench.rounds
    run = report.Circumstances(
        command=machine.command(),
        facts=facts,
        load_before=before,
        load_after=machine.load(),
        seconds=time.monotonic() - began,
        rounds=rounds,
        quick=quick,
    )
    if output is None and (quick or wanted):
        click.echo(report.render(results, run))
    else:
        report.write(results, run, output or report.RESULTS)
    summary(results)


def measure(bench: Bench, one: Measurement) -> Sequence[Result]:
    """Measure rows; what fails says so in the report, and what comes next starts afresh."""
    bench.say(f"{', '.join(one.rows)}: {(one.work.__doc__ or '').splitlines()[0]}")
    began = time.monotonic()
    try:
        results = one.work(bench)
    except Exception as error:
        traceback.print_exc()
        bench.close()
        results = [not_measured(row, f"{type(error).__name__}: {error}") for row in one.rows]
    bench.say(f"      {time.monotonic() - began:.0f} s")
    return results


def summary(results: Sequence[Result]) -> None:
    """Tell the verdicts; a goal that must be met and is not makes the command fail."""
    for result in results:
        print(f"{result.row:<4} {result.verdict.value}", file=sys.stderr)
    bad = (Verdict.SHORT, Verdict.NOT_MEASURED)
    if any(result.verdict in bad for result in results):
        sys.exit(1)


if __name__ == "__main__":
    main()
