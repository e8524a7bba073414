"""``gatepost codec check``: whether a codec keeps its promises."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import click

from gateway.cli.codec.group import codec
from gateway.cli.codec.sources import find, transcripts
from gateway.codecs.kit.run import run


@codec.command()
@click.argument("name")
@click.option(
    "--fixtures",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder with the dialect's transcripts. Default: fixtures/NAME.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="Seed of generated cases.")
@click.option("--effort", type=int, default=1, show_default=True, help="Multiplies the cases.")
def check(name: str, fixtures: Path | None, seed: int, effort: int) -> None:
    """Check the dialect NAME against the properties every codec must have.

    Any split of a stream, concatenation, noise, bit flips, hostile lengths, bounded memory, linear
    cost, and more; each failure comes with the bytes that show it. Needs no network.
    """
    found = find(name, Path.cwd())
    dice = random.Random(seed)  # noqa: S311 - a report must be repeatable
    report = run(found.dialect, transcripts(name, fixtures), dice, found.hooks, effort=effort)
    click.echo(report.text(), nl=False)
    sys.exit(0 if report.passed else 1)
