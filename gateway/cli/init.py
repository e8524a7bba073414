"""``gatepost init``: write a commented configuration."""

from __future__ import annotations

from pathlib import Path

import click

from gateway.config_text import sample
from gateway.domain.errors import GatepostError


@click.command()
@click.argument(
    "file", type=click.Path(path_type=Path, dir_okay=False), default=Path("gatepost.toml")
)
def init(file: Path) -> None:
    """Write a configuration in which every setting is explained to FILE.

    Nothing in it needs changing for a first trial. An existing file is never overwritten.
    """
    try:
        with file.open("x", encoding="utf-8") as out:
            out.write(sample())
    except FileExistsError:
        raise GatepostError(
            "init.exists",
            "the file exists and is left as it is.",
            place=str(file),
            remedy="Name another file, or remove this one first.",
        ) from None
    except OSError as error:
        raise GatepostError(
            "init.unwritable",
            f"{error.strerror}.",
            place=str(file),
            remedy="Name a file in a folder you may write to.",
        ) from None
    click.echo(f"Wrote {file}. Start the gateway with: gatepost serve --config {file}")
