"""``gatepost simulate``: simulated terminals against a running gateway, and the proof."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from gateway.cli.cast import MOST, Wanted, cast, parse_counts
from gateway.cli.options import config_option, settings_from
from gateway.codecs.registry import load_dialects
from gateway.database import admin_socket
from gateway.directory_tables import DEFAULT_DIALECT
from gateway.domain.errors import GatepostError
from gateway.settings import Settings
from gateway.simulator import outages as cuts
from gateway.simulator.asking import gateway_at
from gateway.simulator.counts import Counts
from gateway.simulator.day import Script
from gateway.simulator.plan import Site, sites, terminals
from gateway.simulator.report import as_json, as_text
from gateway.simulator.run import (
    Result,
    Run,
    connect_seconds,
    fresh_epoch,
    play,
    require_trial,
)
from gateway.simulator.specification import FleetSpec

PER_PROCESS = 1_000
"""Terminals of one process before another is started."""
TERMINALS = 100
"""How many are simulated where nobody says."""
FILE = click.Path(path_type=Path, dir_okay=False, exists=True)


@click.command(context_settings={"show_default": True})
@config_option
@click.option(
    "--terminals",
    "-n",
    "count",
    type=click.IntRange(0, MOST),
    help=f"How many that speak {DEFAULT_DIALECT}.  [default: {TERMINALS}]",
)
@click.option(
    "--dialect",
    "dialects",
    metavar="NAME:COUNT,…",
    help="Terminals of several protocols instead, such as yls:200,cti:10,hikvision/push:5.",
)
@click.option(
    "--serial",
    "lines",
    multiple=True,
    metavar="PATH",
    help="One more terminal on this serial device, 115200 8N1. May be repeated.",
)
@click.option("--seed", type=int, default=1, help="The same seed plays the same day.")
@click.option("--duration", type=click.FloatRange(1), default=600, help="Seconds on the site.")
@click.option("--speed", type=click.FloatRange(0.1, 1_000), default=10, help="Times faster.")
@click.option("--passages", type=click.FloatRange(0), default=20, help="Mean at each terminal.")
@click.option(
    "--sites",
    "site_count",
    type=click.IntRange(1, 1_000),
    default=4,
    help="Over which the terminals are spread.",
)
@click.option(
    "--outage",
    "outages",
    multiple=True,
    metavar="SITE:FROM:LENGTH",
    help="Cut a site's network; seconds as played. May be repeated. Sites: SIM-A, SIM-B, …",
)
@click.option(
    "--verify",
    type=click.FloatRange(0, 1),
    default=0,
    metavar="RATE",
    help="Share of arrivals at which the terminal asks the gateway who it is.",
)
@click.option("--snapshots", type=click.FloatRange(0, 1), default=1, help="Share with a picture.")
@click.option("--host", help="Where the gateway listens. Default: its configuration.")
@click.option("--port", type=click.IntRange(1, 65_535), help="Default: its configuration.")
@click.option("--tls-ca", type=FILE, help="Use TLS and trust this authority (PEM).")
@click.option("--processes", type=click.IntRange(1, 64), help="Default: one per 1,000 terminals.")
@click.option("--json", "in_json", is_flag=True, help="Print the result as JSON.")
@click.option("--yes", is_flag=True, help="Also beside real terminals of a production gateway.")
def simulate(config: Path | None, in_json: bool, yes: bool, **options: Any) -> None:
    """Play a scripted day against a running gateway and prove that sent equals stored.

    Registers simulated terminals (serial numbers SIM-…), lets people pass them with a morning peak,
    cuts networks, drains, and compares what every terminal was told with what the database holds.
    Exits with status 1 if a promise was broken. Start `gatepost serve` first.
    """
    settings = settings_from(config)
    run = _run(settings, options)
    result = asyncio.run(_simulate(settings, run, check=not yes, quiet=in_json))
    if in_json:
        click.echo(json.dumps(as_json(result), indent=2))
    else:
        click.echo(as_text(result))
    sys.exit(0 if result.verdict.kept else 1)


async def _simulate(settings: Settings, run: Run, *, check: bool, quiet: bool) -> Result:
    call = gateway_at(admin_socket(settings))
    if check:
        await require_trial(call, settings.gateway.mode)
    return await play(run, call, _Progress(quiet))


class _Progress:
    """Prints a line a second."""

    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet
        self._last: tuple[str, int] | None = None

    def __call__(self, phase: str, elapsed_s: float, counts: Counts) -> None:
        now = phase, int(elapsed_s)
        if self._quiet or now == self._last:
            return
        self._last = now
        click.echo(
            f"{phase:<8}{now[1]:>4} s  {counts.online_total:>6} online"
            f"  {counts.recorded:>8} sent  {counts.acknowledged:>8} acknowledged"
            f"  {counts.delivered:>8} pictures"
        )


def _run(settings: Settings, options: dict[str, Any]) -> Run:
    at = sites(options["site_count"])
    wanted = Wanted(
        counts=_counts(options["count"], options["dialects"]),
        lines=options["lines"],
        host=options["host"],
        port=options["port"],
        tls=options["tls_ca"] is not None,
    )
    seats, doors = cast(wanted, settings, load_dialects().dialects)
    count = len(seats)
    processes = options["processes"] or max(1, min(os.cpu_count() or 1, -(-count // PER_PROCESS)))
    fleet = FleetSpec(
        doors=doors,
        epoch=fresh_epoch(),
        seed=options["seed"],
        script=Script(
            duration_s=options["duration"],
            speed=options["speed"],
            passages_per_terminal=options["passages"],
            snapshots=options["snapshots"],
            verify=options["verify"],
        ),
        terminals=terminals(seats, at),
        tls_ca=str(options["tls_ca"]) if options["tls_ca"] else None,
        connect_s=connect_seconds(count),
    )
    return Run(fleet=fleet, sites=at, outages=_outages(options["outages"], at), processes=processes)


def _counts(count: int | None, dialects: str | None) -> dict[str, int]:
    if dialects is None:
        return {DEFAULT_DIALECT: TERMINALS if count is None else count}
    if count is not None:
        raise GatepostError(
            "simulate.dialect",
            "--terminals and --dialect both say how many.",
            place=f"--dialect {dialects}",
            remedy="Name one of them.",
        )
    return parse_counts(dialects)


def _outages(texts: Sequence[str], at: Sequence[Site]) -> list[cuts.Outage]:
    return [cuts.parse(text, [site.code for site in at]) for text in texts]
