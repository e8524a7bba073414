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

from gateway.cli.options import config_option, settings_from
from gateway.database import admin_socket
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
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - read, not listened on
NOWHERE = ("serial", 0)
"""The address of a gateway that no terminal dials."""
FILE = click.Path(path_type=Path, dir_okay=False, exists=True)


@click.command(context_settings={"show_default": True})
@config_option
@click.option(
    "--terminals", "-n", "count", type=click.IntRange(0, 100_000), default=100, help="How many."
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
    host, port = _address(settings, options) if options["count"] else NOWHERE
    lines = options["lines"]
    count = options["count"] + len(lines)
    if not count:
        raise GatepostError(
            "simulate.nobody",
            "there is no terminal to simulate.",
            place="--terminals 0",
            remedy="Name a serial device with --serial, or ask for terminals.",
        )
    wanted = options["processes"] or max(1, min(os.cpu_count() or 1, -(-count // PER_PROCESS)))
    fleet = FleetSpec(
        host=host,
        port=port,
        epoch=fresh_epoch(),
        seed=options["seed"],
        script=Script(
            duration_s=options["duration"],
            speed=options["speed"],
            passages_per_terminal=options["passages"],
            snapshots=options["snapshots"],
        ),
        terminals=terminals(options["count"], at, host, lines),
        tls_ca=str(options["tls_ca"]) if options["tls_ca"] else None,
        connect_s=connect_seconds(count),
    )
    return Run(fleet=fleet, sites=at, outages=_outages(options["outages"], at), processes=wanted)


def _outages(texts: Sequence[str], at: Sequence[Site]) -> list[cuts.Outage]:
    return [cuts.parse(text, [site.code for site in at]) for text in texts]


def _address(settings: Settings, options: dict[str, Any]) -> tuple[str, int]:
    listen = settings.listen.tls if options["tls_ca"] else settings.listen.tcp
    host = options["host"] or (listen and EVERYWHERE.get(listen.host, listen.host))
    port = options["port"] or (listen and listen.port)
    if not host or not port:
        raise GatepostError(
            "simulate.address",
            "the configuration names no such listener.",
            place="setting listen.tls" if options["tls_ca"] else "setting listen.tcp",
            remedy="Name it with --host and --port.",
        )
    return host, port
