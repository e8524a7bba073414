"""``gatepost directory``: suppliers, models, areas, projects, channels and devices from a file."""

from __future__ import annotations

from pathlib import Path

import click

from gateway.cli.options import config_option, settings_from
from gateway.cli.remote import call
from gateway.directory_file import read_document

SHOWN = 10
"""So many devices without a key are named."""


@click.group()
def directory() -> None:
    """Suppliers, models, areas, projects, channels and devices."""


@directory.command("import")
@config_option
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def import_(config: Path | None, file: Path) -> None:
    """Import FILE (TOML or JSON), all of it or nothing.

    Entries that exist are updated; what the file does not name stays as it is. A terminal is
    admitted only if its supplier and its model are listed. See docs/operators/directory.md.
    """
    parsed = read_document(file)
    done = call(settings_from(config), "directory.import", document=parsed, place=str(file))
    counted = ", ".join(f"{name} {count}" for name, count in done["imported"].items() if count)
    click.echo(f"Imported: {counted or 'nothing, the file is empty'}.")
    keyless = done["keyless"]
    if keyless:
        named = ", ".join(keyless[:SHOWN]) + (", …" if len(keyless) > SHOWN else "")
        click.echo(f"Without a key, so that they cannot log in: {named}.", err=True)
