"""``gatepost codec``: which dialects there are, and whether one keeps its promises."""

from __future__ import annotations

import os
import random
import sys
from pathlib import Path

import click

from gateway.cli.examine import dialling, examine, listening
from gateway.codecs.kit.exam import Candidate
from gateway.codecs.kit.hooks import load_hooks
from gateway.codecs.kit.run import run
from gateway.codecs.registry import load_dialects
from gateway.codecs.transcript import Transcript, read_transcript
from gateway.domain.errors import GatepostError

DEFAULT_PORT = "7790"
KEY_BYTES = 32


@click.group()
def codec() -> None:
    """List dialects and check their codecs."""


@codec.command("list")
def list_() -> None:
    """List the usable dialects, and plug-ins that could not be used with the reason.

    The order is the one in which they are asked whether the first bytes of a connection are theirs.
    """
    found = load_dialects()
    for name, dialect in found.dialects.items():
        click.echo(
            f"{name:<12}{dialect.version:<8}{dialect.reach.value:<12}"
            f"{dialect.summary} ({found.packages[name]})"
        )
    for failure in found.failures:
        click.echo(f"{failure.name:<12}unusable ({failure.fault.value}): {failure}")


@codec.command()
@click.argument("name")
@click.option(
    "--fixtures",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder with the dialect's transcripts. Default: fixtures/NAME.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="Seed of generated cases.")
@click.option("--effort", type=int, default=1, show_default=True, help="Multiplies the cases.")
@click.option(
    "--device",
    metavar="listen[:PORT]|HOST:PORT",
    help="Examine a real terminal instead: wait for it to dial (default port 7790), or dial it.",
)
@click.option(
    "--key-file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="With --device: a file with the terminal's key, 64 hexadecimal digits.",
)
@click.option("--move-doors", is_flag=True, help="With --device: doors may open; somebody watches.")
@click.option(
    "--seconds",
    type=float,
    default=900.0,
    show_default=True,
    help="With --device: when to end at the latest.",
)
@click.option(
    "--patience",
    type=float,
    default=10.0,
    show_default=True,
    help="With --device: seconds to wait for somebody to pass.",
)
def check(
    name: str,
    fixtures: Path | None,
    seed: int,
    effort: int,
    device: str | None,
    key_file: Path | None,
    move_doors: bool,
    seconds: float,
    patience: float,
) -> None:
    """Check the dialect NAME against the properties every codec must have.

    Any split of a stream, concatenation, noise, bit flips, hostile lengths, bounded memory, linear
    cost, and more; each failure comes with the bytes that show it. Needs no network.

    With --device a maker's terminal is examined against the protocol's clauses, over plain TCP:
    each passes, fails, or is listed as not exercised with the reason.
    """
    if device is not None:
        candidate = Candidate(
            secret=_key(key_file),
            entropy=os.urandom,
            move_doors=move_doors,
            patience_s=patience,
        )
        _examine(name, device, candidate, seconds)
    _check_codec(name, fixtures, seed, effort)


def _check_codec(name: str, fixtures: Path | None, seed: int, effort: int) -> None:
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


def _examine(name: str, device: str, candidate: Candidate, seconds: float) -> None:
    make = load_hooks(name).examine
    if make is None:
        raise GatepostError(
            "codec.no_examiner",
            "this dialect brings no examination of terminals.",
            place=f"codec {name}",
            remedy="Run the check without --device.",
        )
    host, _, port = device.rpartition(":") if ":" in device else (device, "", DEFAULT_PORT)
    examiner = make(candidate)
    if host == "listen":
        server, connect = listening("", int(port))
        with server:
            click.echo(f"Waiting for the terminal on port {server.getsockname()[1]}.", err=True)
            examine(examiner, connect, seconds)
    else:
        examine(examiner, dialling(host, int(port)), seconds)
    report = examiner.report()
    click.echo(report.text(), nl=False)
    sys.exit(0 if report.passed and examiner.done else 1)


def _key(key_file: Path | None) -> bytes:
    try:
        secret = bytes.fromhex(key_file.read_text().strip()) if key_file is not None else b""
    except ValueError:
        secret = b""
    if len(secret) != KEY_BYTES:
        raise GatepostError(
            "codec.key",
            "the terminal's key is needed, 64 hexadecimal digits.",
            place=str(key_file or "--key-file"),
            remedy="Write it into a file that only you can read, and name the file.",
        )
    return secret


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
