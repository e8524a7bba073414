"""``gatepost capture``: look at input that did not decode, and record a terminal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import click

from gateway.cli.options import config_option, moment, operator, settings_from
from gateway.cli.remote import call

ROW = 16
"""Bytes on one line of a dump."""


@click.group()
def capture() -> None:
    """Look at input that did not decode, and record what a terminal says."""


@capture.command("list")
@config_option
@click.option("--serial", help="Only of this terminal.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(config: Path | None, serial: str | None, as_json: bool) -> None:
    """List what is kept, oldest first."""
    found = call(settings_from(config), "capture.list", serial=serial)
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    for one in found:
        click.echo(
            f"{one['number']:<8}{moment(one['kept_ms']):<22}{one['serial'] or one['peer']:<34}"
            f"{one['dialect']:<12}{one['code']:<24}{one['size']} bytes"
        )
    click.echo(f"{len(found)} captures.")


@capture.command()
@config_option
@click.argument("number", type=int)
def show(config: Path | None, number: int) -> None:
    """Show the capture NUMBER byte by byte; the log notes who looked."""
    found = call(settings_from(config), "capture.show", number=number, by=operator())
    pieces = found.pop("pieces")
    for name, value in found.items():
        click.echo(f"{name}: {moment(value) if name.endswith('_ms') else value}")
    for piece in pieces:
        click.echo(f"\n{'>' if piece['inward'] else '<'} {moment(piece['at_ms'])}")
        for line in _dump(bytes.fromhex(piece["data"])):
            click.echo(line)


@capture.command()
@config_option
@click.argument("number", type=int)
@click.option(
    "--output", "-o", type=click.Path(path_type=Path, dir_okay=False), help="File to write."
)
def export(config: Path | None, number: int, output: Path | None) -> None:
    """Write the capture NUMBER as a transcript, to standard output unless a file is named."""
    text = call(settings_from(config), "capture.export", number=number, by=operator())
    if output is None:
        click.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8")


@capture.command()
@config_option
@click.argument("numbers", type=int, nargs=-1)
@click.option("--serial", help="Everything of this terminal.")
def erase(config: Path | None, numbers: tuple[int, ...], serial: str | None) -> None:
    """Erase the captures NUMBERS before their time is up."""
    if not numbers and serial is None:
        raise click.UsageError("name captures by number, or a terminal with --serial")
    erased = call(
        settings_from(config),
        "capture.erase",
        numbers=list(numbers),
        serial=serial,
        by=operator(),
    )
    click.echo(f"Erased {erased} captures.")


@capture.command()
@config_option
@click.argument("serial")
@click.option("--minutes", type=float, default=10.0, show_default=True, help="How long.")
@click.option("--full", is_flag=True, help="Redact nothing: pictures and templates are stored.")
def start(config: Path | None, serial: str, minutes: float, full: bool) -> None:
    """Record what the terminal SERIAL says and is told, from now on or from its next login.

    The recording is stored when its time or its bytes are used up, or when the session ends. The
    log notes who asked for it.
    """
    told = call(
        settings_from(config),
        "capture.start",
        serial=serial,
        minutes=minutes,
        full=full,
        by=operator(),
    )
    when = "now" if told["connected"] else "when it logs in"
    click.echo(
        f"Recording {serial} for {minutes:g} minutes, at most {told['bytes']} bytes, {when}."
    )


def _dump(data: bytes) -> Iterator[str]:
    for at in range(0, len(data), ROW):
        row = data[at : at + ROW]
        shown = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)
        yield f"  {at:06x}  {row.hex(' '):<{3 * ROW}} {shown}"
