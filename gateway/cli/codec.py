"""``gatepost codec``: which dialects there are, and whether one keeps its promises."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import click

from gateway.codecs.kit.hooks import load_hooks
from gateway.codecs.kit.run import run
from gateway.codecs.registry import load_dialects
from gateway.codecs.transcript import Transcript, read_transcript
from gateway.domain.errors import GatepostError


@click.group()
def codec() -> None:
    """List dialects and check their codecs."""


@codec.command("list")
def list_() -> None:
    """List the usable dialects, and plug-ins that could not be used with the reason."""
    found = load_dialects()
    for name, dialect in sorted(found.dialects.items()):
        click.echo(f"{name:<12}{dialect.version:<8}{dialect.reach.value:<12}{dialect.summary}")
    for failure in found.failures:
        click.echo(f"{failure.name:<12}unusable: {failure.reason}")


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
    found = load_dialects()
    dialect = found.dialects.get(name)
    if dialect is None:
        reasons = [failure.reason for failure in found.failures if failure.name == name]
        raise GatepostError(
            "codec.unknown",
            f"no usable dialect of that name{': ' if reasons else '.'}{'; '.join(reasons)}",
            place=f"codec {name}",
            remedy="See `gatepost codec list`.",
        )
    transcripts = _transcripts(fixtures or Path("fixtures") / name)
    dice = random.Random(seed)  # noqa: S311 - a report must be repeatable
    report = run(dialect, transcripts, dice, load_hooks(name), effort=effort)
    click.echo(report.text(), nl=False)
    sys.exit(0 if report.passed else 1)


def _transcripts(folder: Path) -> list[Transcript]:
    files = sorted(folder.glob("*.wire"))
    if not files:
        raise GatepostError(
            "codec.no_transcripts",
            "there is no transcript (*.wire) in this folder.",
            place=str(folder),
            remedy="Name the folder with --fixtures; the format is in docs/vendors/transcripts.md.",
        )
    return [read_transcript(file.read_text(encoding="utf-8"), str(file)) for file in files]
